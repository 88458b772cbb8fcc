// The programs that docs/API.md shows, as it shows them.
import { mkdir, readFile, writeFile } from 'node:fs/promises';

const PAGE = new URL('../../docs/API.md', import.meta.url);
// Beside the packages that they import.
const FOLDER = new URL('./node_modules/.snippets/', import.meta.url);

export async function snippet(name) {
  const page = await readFile(PAGE, 'utf8');
  const [, text] = page.split(`<!-- run by tests/clients: ${name} -->\n\`\`\`js\n`);
  if (!text) throw new Error(`docs/API.md shows no program for ${name}`);
  await mkdir(FOLDER, { recursive: true });
  const file = new URL(`${name}.mjs`, FOLDER);
  await writeFile(file, text.slice(0, text.indexOf('```')));
  return import(file);
}
