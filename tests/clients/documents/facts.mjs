// Whether what the documentation states is so: names, numbers and links, compared with the sources, the schema and the
// program. What it shows as running is run by run.mjs.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { buildSchema, parse, validate } from 'graphql';
import { step } from '../story.mjs';
import { BINARY, surroundings } from './gateway.mjs';
import { pages, ROOT, table } from './pages.mjs';

const source = (path) => readFile(new URL(path, ROOT), 'utf8');
const all = await pages();
const pageOf = new Map(all.map((page) => [page.path, page]));
const text = (path) => pageOf.get(path).text;
const codes = all.flatMap((page) => page.codes);
const blocks = all.flatMap((page) => page.blocks);
const blocksOf = (...languages) => blocks.filter(({ language }) => languages.includes(language));
const inCapitals = (name) => name.replace(/\B(?=[A-Z])/g, '_').toUpperCase();
const bare = (cell) => cell.replaceAll('`', '');

function run(command, settings = {}) {
  const { stdout, stderr, status } = spawnSync(BINARY, command, { env: surroundings(settings), encoding: 'utf8' });
  return { stdout, stderr, status };
}

// Links within the project lead to a file, and to a heading of it.
const links = all.flatMap((page) => {
  const images = [...page.text.matchAll(/<img src="([^"]+)"/g)].map(([, target]) => ({ target, at: page.path }));
  return [...page.links, ...images].map((link) => ({ ...link, page }));
});
for (const { target, at, page } of links.filter(({ target }) => !/^https?:/.test(target))) {
  const [name, anchor] = target.split('#');
  const path = name ? posix.join(posix.dirname(page.path), name) : page.path;
  assert.ok(existsSync(new URL(path, ROOT)), `${at}: ${path} is not there`);
  if (anchor) assert.ok(pageOf.get(path)?.anchors.has(anchor), `${at}: ${path} has no heading #${anchor}`);
}
step(`${links.length} links lead somewhere`);

// Paths of the project that stand in code.
const PLACES = /^(src|tests|docs|examples|explorer|migrations|benches|\.ci)\/[\w./-]*$/;
const paths = codes.filter(({ text }) => PLACES.test(text));
const isThere = (path, at) => [ROOT, new URL(at, ROOT)].some((from) => existsSync(new URL(path, from)));
for (const { text, at } of paths) assert.ok(isThere(text, at), `${at}: ${text} is not there`);
const scripts = Object.keys(JSON.parse(await source('tests/clients/package.json')).scripts);
scripts.push(...Object.keys(JSON.parse(await source('examples/web/package.json')).scripts));
const npm = [...codes, ...blocksOf('sh')].flatMap(({ text, at }) => [...text.matchAll(/npm run (\S+)/g)].map(([, name]) => ({ name, at })));
for (const { name, at } of npm) assert.ok(scripts.includes(name), `${at}: no npm script ${name}`);
step(`${paths.length} paths and ${npm.length} scripts are there`);

// Settings, and other words in capitals.
const help = run(['--help']).stdout;
const settings = new Set([...help.matchAll(/^ {2}([A-Z][A-Z_]+) {2,}/gm)].map(([, name]) => name));
const schemaText = await source('schema.graphql');
const values = schemaText.match(/\b[A-Z][A-Z_]+\b/g);
// Of others: the bucket's, the traces', and those of builds and tests.
const OTHERS = /^(AWS_|OTEL_|SOCIETY_GATEWAY_SKIP_EXPLORER$|GATEWAY_URL$|RECORD$)/;
const errorCodes = await codesOfSources();
const refusing = await Promise.all(['report', 'persisted', 'trusted'].map((name) => source(`src/graphql/${name}.rs`)));
const ofRequests = [...refusing.join('').matchAll(/pub const \w+: &str = "([A-Z_]+)"/g)].map(([, code]) => code);
const words = new Set([...settings, ...values, ...errorCodes.keys(), ...ofRequests]);
for (const { text, at } of codes) {
  for (const [word] of text.matchAll(/\b[A-Z][A-Z]+(_[A-Z]+)+\b|^[A-Z]{4,}(?==)/g)) {
    assert.ok(words.has(word) || OTHERS.test(word), `${at}: ${word} is no setting, code or value`);
  }
}
for (const { text, at } of blocksOf('env')) {
  const given = Object.fromEntries(text.trim().split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2)));
  for (const name of Object.keys(given)) assert.ok(settings.has(name), `${at}: ${name} is no setting`);
  // Asks whether a gateway with these settings runs: none does, but settings that cannot be used are told before.
  const { stderr, status } = run(['healthcheck'], { LISTEN: '127.0.0.1:9', ...given });
  assert.notEqual(status, 2, `${at}: ${stderr}`);
}
step(`${settings.size} settings: what pages name is there, what they set can be used`);

const listed = [...help.split('Commands:')[1].split('Options:')[0].matchAll(/^ {2}(\S+)/gm)].map(([, name]) => name);
const commands = table(text('README.md'), '| command | |').map(([command]) => bare(command).split(' ')[1]);
assert.deepEqual(commands.sort(), listed.filter((name) => name !== 'help').sort(), 'README.md: the commands');
step(`${commands.length} commands`);

// Error codes with their statuses.
async function codesOfSources() {
  const error = await source('src/error.rs');
  const [, arms] = error.match(/fn http_status[^]*?match self \{([^]*?)\n {8}\}/);
  const statuses = new Map();
  for (const [, names, status] of arms.matchAll(/((?:[|\s]*Code::\w+)+)\s*=>\s*(\d+)/g)) {
    for (const [, name] of names.matchAll(/Code::(\w+)/g)) statuses.set(name, status);
  }
  return new Map([...statuses].map(([name, status]) => [inCapitals(name), status]));
}
const shown = table(text('docs/API.md'), '| code | REST | it means | what to do | beside it |');
assert.deepEqual(
  Object.fromEntries(shown.map(([code, status]) => [bare(code), status])),
  Object.fromEntries(errorCodes),
  'docs/API.md: the codes of src/error.rs and their statuses',
);
const shownOfRequests = table(text('docs/API.md'), '| code | it means |').map(([code]) => bare(code));
assert.deepEqual(shownOfRequests.sort(), ofRequests.sort(), 'docs/API.md: codes of requests');
step(`${shown.length + shownOfRequests.length} error codes`);

// Rate limits.
const SPANS = { '15 * 60': '15 minutes', '30 * 60': '30 minutes', '10 * 60': '10 minutes', '60 * 60': 'hour', 60: 'minute', '24 * 60 * 60': 'day' };
const quotas = [...(await source('src/app/limiters.rs')).matchAll(/\(Limit::\w+, (\d+), ([\d *]+)\)/g)];
const limits = table(text('docs/API.md'), '| what | how often | in | counted by |').map(([, count, span]) => `${count} in ${span}`);
assert.deepEqual(limits.sort(), quotas.map(([, count, span]) => `${count} in ${SPANS[span]}`).sort(), 'docs/API.md: the limits');

// Other numbers, as the sources have them and as pages write them.
const NUMBERS = [
  ['docs/API.md', 'src/graphql/limits.rs', { MAX_OPERATIONS: 'up to # operations', MAX_SELECTIONS: '# selections', MAX_DEPTH: '# levels of fields', MAX_ALIASES: '# aliases', MAX_DIRECTIVES: '# directives', MAX_ROOT_FIELDS: 'up to # fields at its root' }],
  ['docs/API.md', 'src/graphql/scan.rs', { MAX_TOKENS: '# tokens' }],
  ['docs/API.md', 'src/graphql/gateway.rs', { MAX_COMPLEXITY: 'at most #' }],
  ['docs/API.md', 'src/journeys/vendor/upload/table.rs', { SENT: 'up to # rows' }],
  ['docs/API.md', 'src/journeys/profile/avatar.rs', { SIDE: '# pixels a side' }],
  ['docs/SUBSCRIPTIONS.md', 'src/server/websocket/protocol.rs', { MOST_OPERATIONS: '# live operations', MOST_TOKENS: '# tokens' }],
  ['docs/SUBSCRIPTIONS.md', 'src/server/seats.rs', { MOST_OF_PERSON: '# sockets and streams' }],
  ['docs/OPERATIONS.md', 'src/app.rs', { TURNS: '# operations run at a time', UPLOAD_PLACES: '# requests with files' }],
  ['docs/OPERATIONS.md', 'src/app/sessions.rs', { KEPT: '# sessions are kept' }],
];
for (const [path, from, phrases] of NUMBERS) {
  const lines = await source(from);
  const flowing = text(path).replace(/\s+/g, ' ');
  for (const [name, phrase] of Object.entries(phrases)) {
    const [, number] = lines.match(new RegExp(`const ${name}: \\w+ = (?:Bounds \\{ rows: )?([\\d_]+)`)) ?? [];
    assert.ok(number, `${from} has no number ${name}`);
    const plain = number.replaceAll('_', '');
    const spellings = [plain, plain.replace(/\B(?=(\d{3})+$)/g, ',')].map((spelled) => phrase.replace('#', spelled));
    assert.ok(spellings.some((spelled) => flowing.includes(spelled)), `${path} does not say "${spellings[0]}" (${from})`);
  }
}
step(`${limits.length} rate limits, and numbers of ${NUMBERS.length} files`);

// GraphQL: documents fit the schema; fields that are named with their arguments have them.
const schema = buildSchema(schemaText);
const documents = blocksOf('graphql');
for (const { text, at } of documents) {
  const problems = validate(schema, parse(text));
  assert.deepEqual(problems.map(({ message }) => message), [], at);
}
const fields = Object.values(schema.getTypeMap()).flatMap((type) => Object.values(type.getFields?.() ?? {}));
const calls = codes.flatMap(({ text, at }) => {
  const [, name, list] = text.match(/^([a-z]\w+)\(([\w, ]+)\)$/) ?? [];
  return name ? [{ name, args: list.split(',').map((arg) => arg.trim()), at }] : [];
});
for (const { name, args, at } of calls.filter(({ name }) => !['pg_terminate_backend'].includes(name))) {
  const fits = fields.some((field) => field.name === name && args.every((arg) => field.args?.some((own) => own.name === arg)));
  assert.ok(fits, `${at}: no field ${name}(${args.join(', ')})`);
}
step(`${documents.length} documents and ${calls.length} fields fit the schema`);

// REST paths.
const openapi = JSON.parse(run(['openapi']).stdout);
const called = codes.flatMap(({ text, at }) => {
  const [, method, path] = text.match(/^(GET|POST) \/api\/v1(\/\S+)$/) ?? [];
  return method ? [{ method, path, at }] : [];
});
for (const { method, path, at } of called) {
  assert.ok(openapi.paths[path]?.[method.toLowerCase()], `${at}: no path ${method} ${path}`);
}
step(`${called.length} REST paths`);

// The diagram of orders is what `status::next` does.
const arrows = blocksOf('mermaid').flatMap(({ text }) =>
  [...text.matchAll(/^ +([A-Z_]+) --> ([A-Z_]+): ([A-Z_]+)$/gm)].map(([, from, to, act]) => `${act}: ${from} → ${to}`));
const [, machine] = (await source('src/journeys/orders/status.rs')).match(/match \(act, now\) \{([^]*?)_ => return/);
const moves = [...machine.matchAll(/\(((?:Act::\w+[ |]*)+), ([\w |]+)\) => \{?\s*\((\w+), Effect/g)].flatMap(([, acts, froms, to]) =>
  acts.split('|').flatMap((act) => froms.split('|').map((from) => [act.trim().slice(5), from.trim(), to])));
const expected = moves.filter(([, from, to]) => from !== to).map(([act, from, to]) => `${inCapitals(act)}: ${inCapitals(from)} → ${inCapitals(to)}`);
assert.deepEqual(arrows.sort(), expected.sort(), 'docs/API.md: the states of an order');
step(`${arrows.length} ways of an order`);
