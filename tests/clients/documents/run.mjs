// Runs what the documentation shows, page by page, each against a gateway of its own, and compares what it answers with
// what the page shows. Nothing on a page is left out unless NOT_RUN says why.
//   node documents/run.mjs [page …]     GATEWAY_BINARY=path where it is not target/debug/society-gateway
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { snippet } from '../snippets.mjs';
import { step } from '../story.mjs';
import { difference, objectsIn } from './answers.mjs';
import { startGateway } from './gateway.mjs';
import { openOperations } from './operations.mjs';
import { pages } from './pages.mjs';
import { PROMISES } from './promises.mjs';
import { startRazorpay } from './razorpay.mjs';
import { openShell } from './shell.mjs';

// Commands that are not run, by how they begin, with the reason.
const NOT_RUN = {
  'cargo run --release': 'the gateway under test is started as it would start it',
  'DEV_OTP=123456 cargo run --release': 'the same',
  'cargo run -- schema': 'a Rust test compares the schema; the command is a second build',
  'cargo run': 'the same as the first',
  'RECORD=1 cargo test': 'rewrites sources; Rust tests compare them',
  'cargo test': 'a step of .ci/run of its own',
  'diesel print-schema': 'needs the program of Diesel; a Rust test compares the schema',
  'cd examples/web': 'a step of .ci/run of its own installs, builds and tests the app',
  'npm ci': 'the same',
  'npm run dev': 'the same, served until it is stopped',
};

const isNotRun = (command) => Object.keys(NOT_RUN).find((beginning) => command.startsWith(beginning));
const unused = new Set(Object.keys(NOT_RUN));

// The blocks of a page that do something, each with the variables and the answers that are shown with it.
function steps({ blocks }) {
  const found = [];
  for (const block of blocks) {
    const [use, ...words] = block.words;
    assert.ok(block.isFenced, `${block.at}: an indented block; fence it and say its language`);
    switch (`${block.language} ${use ?? ''}`.trim()) {
      case 'sh':
      case 'sql':
      case 'graphql as':
        found.push({ ...block, who: words[0], variables: {}, shown: [] });
        break;
      case 'json variables':
        found.at(-1).variables = JSON.parse(block.text);
        break;
      case 'json answer':
      case 'json event':
        found.at(-1).shown.push({ at: block.at, isEvent: use === 'event', value: JSON.parse(block.text) });
        break;
      // Run elsewhere (facts.mjs): programs under their names, settings, diagrams against the sources.
      case 'js program':
      case 'env':
      case 'mermaid':
      case 'text':
        break;
      default:
        assert.fail(`${block.at}: nothing runs a block of ${block.language} ${block.words.join(' ')}`);
    }
  }
  return found;
}

function isLeftOut({ at, text }) {
  const commands = text.split('\n').filter((line) => line.trim() && !line.startsWith('#'));
  const reasons = commands.map(isNotRun);
  if (reasons.every((reason) => !reason)) return false;
  assert.ok(reasons.every(Boolean), `${at}: commands that are run and such that are not; make two blocks of them`);
  reasons.forEach((reason) => unused.delete(reason));
  return true;
}

function compare({ at, value }, real) {
  const found = difference(value, real);
  assert.equal(found, null, `${at} shows what is not answered. ${found}\n${JSON.stringify(real, null, 2)}`);
}

const asCommand = ({ language, text }) =>
  language === 'sql' ? `psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 "$DATABASE_URL" <<'SQL'\n${text}\nSQL` : text;

// What the commands of a block printed as objects.
async function runShell(shell, block) {
  const objects = objectsIn(await shell.run(asCommand(block), block.at));
  const [shown] = block.shown;
  if (shown) compare(shown, objects.at(-1));
  for (const object of shown ? objects.slice(0, -1) : objects) {
    assert.equal(object.errors, undefined, `${block.at}: ${JSON.stringify(object)}`);
    assert.notEqual(object.status, 'error', `${block.at}: ${JSON.stringify(object)}`);
  }
  return objects;
}

async function runOperation(operations, block) {
  const answer = await operations.run(block.text, block.who, block.variables);
  for (const shown of block.shown) compare(shown, shown.isEvent ? await operations.event() : answer);
  if (answer && block.shown.length === 0) {
    assert.equal(answer.errors, undefined, `${block.at}: ${JSON.stringify(answer)}`);
  }
}

// Where wallets are loaded through Razorpay: the page's program runs the page's own operations.
async function payInPage(operations, blocks, { Checkout }) {
  const { loadWallet } = await snippet('razorpay');
  const run = (name) => async (variables) => {
    const { text, who } = blocks.find((block) => block.text.includes(`mutation ${name}(`));
    const { data, errors } = await operations.run(text, who, variables);
    assert.equal(errors, undefined, JSON.stringify(errors));
    return Object.values(data)[0];
  };
  const load = { Razorpay: Checkout, start: run('Start'), confirm: run('Confirm') };
  const { payment } = await loadWallet({ ...load, amount: 250, idempotencyKey: 'a program' });
  assert.equal(payment.status, 'PAID');
}

async function runPage(page) {
  const blocks = steps(page).filter((block) => block.language !== 'sh' || !isLeftOut(block));
  if (blocks.length === 0) return;
  const razorpay = page.path === 'docs/PAYMENTS.md' ? await startRazorpay() : null;
  const gateway = await startGateway(razorpay?.settings);
  const folder = await mkdtemp(join(tmpdir(), 'documents-'));
  const shell = await openShell(folder, gateway);
  let paid;
  const checkout = (key) => (seen) => (paid ??= razorpay.pay(seen.get('providerOrderId')))[key];
  const made = { providerPaymentId: checkout('razorpay_payment_id'), signature: checkout('razorpay_signature') };
  const operations = openOperations(gateway, made);
  try {
    const told = [];
    for (const block of blocks) {
      if (block.language === 'graphql') await runOperation(operations, block);
      else told.push(...(await runShell(shell, block)));
    }
    PROMISES[page.path]?.(told);
    if (razorpay) await payInPage(operations, blocks, razorpay);
  } finally {
    shell.close();
    operations.close();
    await gateway.stop();
    razorpay?.stop();
    await rm(folder, { recursive: true });
  }
  step(`${page.path}: ${blocks.length} blocks do what the page says`);
}

const asked = process.argv.slice(2);
for (const page of await pages()) {
  if (asked.length === 0 || asked.includes(page.path)) await runPage(page);
}
if (asked.length === 0) assert.deepEqual([...unused], [], 'reasons for commands that no page shows');
process.exit(0);
