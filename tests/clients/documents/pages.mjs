// The pages of the documentation, taken apart: their blocks, links, headings and what stands in code within a line.
import { readFile, readdir } from 'node:fs/promises';
import Slugger from 'github-slugger';
import MarkdownIt from 'markdown-it';

export const ROOT = new URL('../../../', import.meta.url);
const markdown = new MarkdownIt({ html: true });

async function names() {
  const docs = (await readdir(new URL('docs/', ROOT))).filter((name) => name.endsWith('.md'));
  const own = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'examples/web/README.md'];
  return [...own, ...docs.sort().map((name) => `docs/${name}`)];
}

// A block's first word is its language; the words behind it say what it is for, and are shown to nobody:
//   graphql as consumer   run in that person's name
//   json variables        what the operation before it runs with
//   json answer           what the block before it answers
//   js program graphql-ws run by another test, under that name
function block(token, path) {
  const [language, ...words] = token.info.trim().split(/\s+/);
  const line = token.map[0] + 1;
  return { path, line, at: `${path}:${line}`, language, words, text: token.content, isFenced: token.type === 'fence' };
}

export async function page(path) {
  const text = await readFile(new URL(path, ROOT), 'utf8');
  const found = { path, text, blocks: [], links: [], anchors: new Set(), codes: [] };
  const slugger = new Slugger();
  const tokens = markdown.parse(text, {});
  let at = path;
  for (const [place, token] of tokens.entries()) {
    // Cells of a table do not say where they are; their rows do.
    if (token.map) at = `${path}:${token.map[0] + 1}`;
    if (token.type === 'fence' || token.type === 'code_block') found.blocks.push(block(token, path));
    if (token.type !== 'inline') continue;
    for (const child of token.children) {
      const target = child.attrGet('href') ?? child.attrGet('src');
      if (target) found.links.push({ target, at });
      if (child.type === 'code_inline') found.codes.push({ text: child.content, at });
    }
    if (tokens[place - 1].type === 'heading_open') {
      found.anchors.add(slugger.slug(token.children.map((child) => child.content).join('')));
    }
  }
  return found;
}

export const pages = async () => Promise.all((await names()).map(page));

// The rows below the heading of a table, each a list of its cells.
export function table(text, heading) {
  const [, rest] = text.split(`\n${heading}\n`);
  if (!rest) throw new Error(`no table begins with ${heading}`);
  const lines = rest.split('\n').slice(1);
  const rows = lines.slice(0, lines.findIndex((line) => !line.startsWith('|')));
  return rows.map((row) => row.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim()));
}
