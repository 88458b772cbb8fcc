// The commands of a page, run as its reader runs them: pasted into one shell, in order.
import { spawn } from 'node:child_process';
import { copyFile, symlink } from 'node:fs/promises';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { soon } from '../story.mjs';
import { BINARY, surroundings } from './gateway.mjs';
import { ROOT } from './pages.mjs';

// Where Debian keeps PostgreSQL's programs; elsewhere they are in the PATH.
function postgresPrograms() {
  const versions = '/usr/lib/postgresql';
  if (!existsSync(versions)) return [];
  return readdirSync(versions).sort((one, other) => Number(other) - Number(one)).map((version) => join(versions, version, 'bin'));
}

// A shell in this folder. `run` gives what a block printed, and fails when one of its commands fails.
export async function openShell(folder, gateway) {
  await symlink(BINARY, join(folder, 'society-gateway'));
  // The picture that somebody sends.
  await copyFile(new URL('docs/images/app.png', ROOT), join(folder, 'me.png'));
  const path = [folder, ...postgresPrograms(), process.env.PATH].join(':');
  // An operator's commands find their settings where the service has them.
  const settings = { APP_ENV: 'development', DATABASE_URL: gateway.databaseUrl, LISTEN: gateway.address };
  const env = surroundings({ ...settings, PATH: path, DATA_DIR: join(folder, 'data'), RUST_LOG: 'warn' });
  const bash = spawn('bash', ['--noprofile', '--norc'], { cwd: folder, env, stdio: ['pipe', 'pipe', 'pipe'] });
  bash.stdin.write('set -euo pipefail\n');
  let [output, complaints, end] = ['', '', null];
  bash.stderr.on('data', (text) => (complaints += text));
  bash.stdout.on('data', (text) => {
    output += text;
    end?.();
  });
  bash.on('exit', () => end?.());
  return {
    async run(text, mark) {
      complaints = '';
      const done = new Promise((resolve) => {
        end = () => (output.includes(`${mark}\n`) || bash.exitCode !== null) && resolve();
      });
      bash.stdin.write(`${text.replaceAll('localhost:8080', gateway.address)}\necho '${mark}'\n`);
      await soon(done, `the end of ${mark}`, 60);
      if (bash.exitCode !== null) throw new Error(`${mark} failed: ${output}${complaints}`);
      // What runs in the background may tell more at any time: it belongs to the block that is run next.
      const [own, ...later] = output.split(`${mark}\n`);
      output = later.join('');
      return own;
    },
    close: () => bash.kill(),
  };
}
