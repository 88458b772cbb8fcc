// A gateway of one's own, to stop and to start again: with rate limits, on a database that goes with it. Imported before
// gateway.mjs, which asks it from then on. GATEWAY_BINARY says which one, OWN_PORT where.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { BINARY, surroundings } from './documents/gateway.mjs';

const { OWN_PORT = '18081' } = process.env;
process.env.GATEWAY_URL = `http://127.0.0.1:${OWN_PORT}`;
process.env.DEV_OTP = '123456';
process.env.TOKEN_SECRET ??= 'known-to-the-gateway-and-to-its-clients';

const folder = mkdtempSync(join(tmpdir(), 'gateway-'));
// The database may run as somebody else.
chmodSync(folder, 0o755);
const { DEV_OTP, TOKEN_SECRET } = process.env;
const settings = { LISTEN: `127.0.0.1:${OWN_PORT}`, DATA_DIR: folder, RATE_LIMITS: 'on', RUST_LOG: 'warn', DEV_OTP, TOKEN_SECRET };
let running;

export async function start() {
  running = spawn(BINARY, ['serve'], { env: surroundings(settings), stdio: ['ignore', 'ignore', 'inherit'] });
  for (let tries = 0; !(await isReady()); tries += 1) {
    assert.ok(running.exitCode === null && tries < 600, 'the gateway does not start');
    await pause(100);
  }
}

const isReady = () => fetch(new URL('/readyz', process.env.GATEWAY_URL)).then(({ ok }) => ok, () => false);

export async function stop() {
  if (running?.exitCode !== null) return;
  running.kill('SIGTERM');
  await once(running, 'exit');
}

export async function remove() {
  await stop();
  rmSync(folder, { recursive: true });
}
