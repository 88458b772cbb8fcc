// A gateway on a database of its own, as somebody finds it who runs it for the first time.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from './pages.mjs';

export const BINARY = process.env.GATEWAY_BINARY ?? fileURLToPath(new URL('target/debug/society-gateway', ROOT));
export const CODE = '123456';

// An address that was free a moment ago.
async function freeAddress() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return `127.0.0.1:${port}`;
}

// What of this process's environment the gateway and its tools need: no setting of whoever runs the test.
export function surroundings(settings) {
  const { PATH, HOME, LANG, USER } = process.env;
  return { PATH, HOME, LANG, USER, ...settings };
}

export async function startGateway(settings = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'documents-'));
  // The database runs as another account where this one is root.
  await chmod(folder, 0o755);
  const address = await freeAddress();
  const own = { LISTEN: address, DATA_DIR: folder, DEV_OTP: CODE, RUST_LOG: 'warn' };
  const env = surroundings({ ...own, ...settings });
  const gateway = spawn(BINARY, ['serve'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(gateway, 'exit');
  // Also when the test fails.
  process.on('exit', () => gateway.kill('SIGTERM'));
  let greeting = '';
  for await (const text of gateway.stdout) {
    greeting += text;
    if (greeting.includes('receives the code')) break;
  }
  if (gateway.exitCode !== null) throw new Error(`${BINARY} ended with ${gateway.exitCode}`);
  const socket = encodeURIComponent(join(folder, 'socket'));
  return {
    address,
    url: `http://${address}`,
    databaseUrl: `postgres://society@${socket}/society_gateway`,
    async stop() {
      gateway.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}
