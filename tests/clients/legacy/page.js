// The page: a part for each app, a card for each screen that it showed, with what it read. `report` is for the test.
import { story } from './story.js';

const report = { screens: 0, calls: 0, keys: new Set(), failures: [], refusals: [] };
const parts = new Map();
// So many entries of a list are shown; all are read.
const SHOWN = 4;

// What a screen must never show.
const BLANK = /^$|undefined|null|NaN|Invalid Date|\[object/;

function element(name, text, parent, className) {
  const made = parent.appendChild(document.createElement(name));
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function part(name) {
  if (!parts.has(name)) {
    const section = element('section', '', document.querySelector('#apps'));
    element('h2', name, section);
    parts.set(name, element('div', '', section));
  }
  return parts.get(name);
}

class Card {
  #calls = [];
  #keys = new Set();

  constructor(app, title) {
    this.name = `${app}, ${title}`;
    this.article = element('article', '', part(app));
    element('h3', title, this.article);
    this.list = element('dl', '', this.article);
    report.screens += 1;
  }

  line(label, value) {
    this.#see(label, [value]);
    element('dt', label, this.list);
    element('dd', value, this.list);
  }

  // A line of a list: what it says, and its small picture if it has one.
  entry(label, words, picture) {
    this.#see(label, words);
    this.entries ??= element('ul', '', this.article);
    const line = element('li', `${label}: ${words.join(' · ')}`, this.entries);
    if (picture) line.prepend(Object.assign(new Image(), { src: picture, alt: '' }));
    line.hidden = this.entries.children.length > SHOWN;
  }

  #see(label, words) {
    const blank = [label, ...words].find((word) => word === undefined || word === null || BLANK.test(String(word)));
    if (blank !== undefined || words.includes(undefined)) throw new Error(`shows "${blank}" at ${label}`);
  }

  async picture(address) {
    const image = Object.assign(new Image(), { src: address, alt: 'picture' });
    await image.decode().catch(() => Promise.reject(new Error(`the picture ${address} cannot be shown`)));
    this.article.append(image);
  }

  check(claim, holds) {
    if (!holds) throw new Error(`not true: ${claim}`);
  }

  called(method, path, { status, ok, url }) {
    report.calls += 1;
    if (!ok) report.refusals.push(`${status} ${url}`);
    this.#calls.push(`${method} ${path} ${status}`);
  }

  read(key) {
    report.keys.add(key);
    this.#keys.add(key);
  }

  done() {
    this.article.className = 'done';
    this.#tellCalls();
  }

  failed(why) {
    this.article.className = 'failed';
    element('p', why, this.article, 'why');
    report.failures.push(`${this.name}: ${why}`);
    this.#tellCalls();
  }

  // The calls, and which keys of the answers were read.
  #tellCalls() {
    const more = (this.entries?.children.length ?? 0) - SHOWN;
    if (more > 0) element('li', `and ${more} more`, this.entries);
    for (const call of this.#calls) element('p', call, this.article, 'calls');
    const groups = Map.groupBy(this.#keys, (key) => key.slice(0, key.lastIndexOf('.') + 1));
    const words = [...groups].map(
      ([place, keys]) => `${place}{${keys.map((key) => key.slice(place.length)).join(' ')}}`,
    );
    if (words.length > 0) element('p', `read ${words.join(', ')}`, this.article, 'keys');
  }
}

const given = Object.fromEntries(new URLSearchParams(location.search));
const began = performance.now();
try {
  await story({
    base: `${given.gateway}/api/v1`,
    olderBase: given.older,
    code: given.code,
    page: { card: (app, title) => new Card(app, title) },
  });
} catch (error) {
  report.failures.push(`the story ended early: ${error.stack}`);
}
const seconds = ((performance.now() - began) / 1000).toFixed(1);
report.summary = `${report.screens} screens, ${report.calls} calls, ${report.keys.size} keys read in ${seconds} s: ${report.failures.length} failed`;
document.querySelector('#summary').textContent = report.summary;
window.report = report;
