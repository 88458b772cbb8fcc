// The programs that the documentation shows, as it shows them.
import { mkdir, writeFile } from 'node:fs/promises';
import { pages } from './documents/pages.mjs';

// Beside the packages that they import.
const FOLDER = new URL('./node_modules/.snippets/', import.meta.url);

export async function snippet(name) {
  const blocks = (await pages()).flatMap((page) => page.blocks);
  const shown = blocks.filter(({ language, words }) => language === 'js' && words.join(' ') === `program ${name}`);
  if (shown.length !== 1) throw new Error(`the documentation shows ${shown.length} programs called ${name}`);
  await mkdir(FOLDER, { recursive: true });
  const file = new URL(`${name}.mjs`, FOLDER);
  await writeFile(file, shown[0].text);
  return import(file);
}
