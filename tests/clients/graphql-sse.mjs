// The package graphql-sse against a gateway (see gateway.mjs), and the bytes of a stream as an EventSource reads them.
import assert from 'node:assert/strict';
import { createClient } from 'graphql-sse';
import { graphql, moveOrder, placeOrder, signInConsumer, signInVendor, soon, step, streamUrl } from './gateway.mjs';

const STATUS = 'subscription($after: String) { orderStatusChanged(after: $after) { id seq status } }';

function connect(token) {
  const headers = token && { authorization: `Bearer ${token}` };
  return createClient({ url: streamUrl.href, headers, retryAttempts: 0 });
}

async function next(subscription) {
  const { value, done } = await soon(subscription.next());
  assert.equal(done, false, 'the subscription ended');
  assert.equal(value.errors, undefined, JSON.stringify(value.errors));
  return value.data;
}

// The events of a stream, as `{ event, id, data }`, comments left out.
async function* events(response) {
  let text = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop();
    for (const block of blocks) {
      const fields = block.split('\n').filter((line) => !line.startsWith(':')).map((line) => line.split(/: ?(.*)/s));
      if (fields.length > 0) yield Object.fromEntries(fields);
    }
  }
}

const consumer = await signInConsumer();
const client = connect(consumer);

const wallet = client.iterate({ query: '{ wallet { balance } }' });
const { balance } = (await next(wallet)).wallet;
assert.equal((await wallet.next()).done, true);
const load = 'mutation($amount: Money!) { loadWallet(amount: $amount) { wallet { balance } } }';
const loaded = client.iterate({ query: load, variables: { amount: 5 } });
assert.equal((await next(loaded)).loadWallet.wallet.balance, balance + 5);
step('a query and a mutation are answered and completed');

const invalid = client.iterate({ query: 'subscription { nothing }' });
const { value } = await invalid.next();
assert.equal(value.errors[0].extensions.code, 'GRAPHQL_VALIDATION_FAILED');
assert.equal((await invalid.next()).done, true);
step('what cannot run is told in the stream');

const url = new URL(streamUrl);
url.searchParams.set('query', 'subscription { orderStatusChanged { seq status } }');
const headers = { accept: 'text/event-stream', authorization: `Bearer ${consumer}` };
let response = await fetch(url, { headers });
assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
let stream = events(response);
assert.match((await soon(stream.next())).value.retry, /^\d+$/);
// The gateway may tell where the stream begins before the first event.
async function happening() {
  for (;;) {
    const { value } = await soon(stream.next());
    if (value.event) return { ...value, data: value.data && JSON.parse(value.data) };
  }
}
const orders = client.iterate({ query: STATUS });
// Taken up before the order is placed: a stream says so by its first bytes, the client after them.
const vendor = await signInVendor();
const orderId = await placeOrder(consumer, vendor);
const placed = (await next(orders)).orderStatusChanged;
assert.deepEqual([placed.seq, placed.status], [1, 'PENDING']);
const heard = await happening();
assert.deepEqual(heard, { event: 'next', id: placed.id, data: { data: { orderStatusChanged: { seq: 1, status: 'PENDING' } } } });
step('an order that is placed is heard of, with its cursor');

await response.body.cancel().catch(() => {});
await stream.return();
await moveOrder(vendor, orderId, 'ACCEPTED');
response = await fetch(url, { headers: { ...headers, 'last-event-id': placed.id } });
stream = events(response);
await stream.next();
assert.equal((await happening()).data.data.orderStatusChanged.status, 'ACCEPTED');
step('who comes back with the last id is told what happened meanwhile');

await moveOrder(vendor, orderId, 'DELIVERED');
assert.equal((await happening()).data.data.orderStatusChanged.status, 'DELIVERED');
step('what happens next arrives live');

await graphql(consumer, 'mutation { logout { message } }');
const last = await happening();
assert.equal(last.data.errors[0].extensions.code, 'UNAUTHENTICATED');
assert.deepEqual(await happening(), { event: 'complete', data: '' });
assert.equal((await soon(stream.next())).done, true);
step('signing out ends the stream');
process.exit(0);
