// The package graphql-ws against a gateway (see gateway.mjs). Signs in as a demo consumer and as the vendor whose shop is
// ordered from, follows an order over a socket, is cut, and comes back without missing anything.
import assert from 'node:assert/strict';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { deferred, graphql, moveOrder, placeOrder, signInConsumer, signInVendor, socketUrl, soon, step } from './gateway.mjs';

const STATUS = `subscription($after: String) {
  orderStatusChanged(after: $after) { id seq status order { id status } } }`;

// A client that does not come back by itself, and how its socket was closed.
function connect(token) {
  let socket;
  const { promise: closed, resolve } = deferred();
  const client = createClient({
    url: socketUrl.href,
    webSocketImpl: WebSocket,
    connectionParams: token && { Authorization: `Bearer ${token}` },
    retryAttempts: 0,
    lazy: false,
    onNonLazyError: () => {},
    on: {
      opened: (opened) => (socket = opened),
      closed: ({ code, reason }) => resolve([code, String(reason)]),
    },
  });
  return { client, closed, cut: () => socket.terminate() };
}

// The next value of a subscription, which must come in time.
async function next(subscription) {
  const { value, done } = await soon(subscription.next());
  assert.equal(done, false, 'the subscription ended');
  assert.equal(value.errors, undefined, JSON.stringify(value.errors));
  return value.data;
}

const consumer = await signInConsumer();
let { client, closed, cut } = connect(consumer);

const wallet = client.iterate({ query: '{ wallet { balance } }' });
const { balance } = (await next(wallet)).wallet;
assert.equal((await wallet.next()).done, true);
step('a query is answered and completed');

const load = 'mutation($amount: Money!) { loadWallet(amount: $amount) { wallet { balance } } }';
const loaded = client.iterate({ query: load, variables: { amount: 5 } });
assert.equal((await next(loaded)).loadWallet.wallet.balance, balance + 5);
step('a mutation runs');

const invalid = client.iterate({ query: '{ nothing }' });
await assert.rejects(invalid.next(), (errors) => errors[0].extensions.code === 'GRAPHQL_VALIDATION_FAILED');
step('what cannot run is an error');

let orders = client.iterate({ query: STATUS });
// An answer to a later message says that the gateway has taken the subscription up before it.
await next(client.iterate({ query: '{ wallet { balance } }' }));
const vendor = await signInVendor();
const orderId = await placeOrder(consumer, vendor);
const placed = (await next(orders)).orderStatusChanged;
assert.deepEqual([placed.seq, placed.status, placed.order], [1, 'PENDING', { id: orderId, status: 'PENDING' }]);
step('an order that is placed is heard of');

cut();
assert.equal((await closed)[0], 1006);
await moveOrder(vendor, orderId, 'ACCEPTED');
({ client, closed, cut } = connect(consumer));
orders = client.iterate({ query: STATUS, variables: { after: placed.id } });
const missed = (await next(orders)).orderStatusChanged;
assert.deepEqual([missed.seq, missed.status], [2, 'ACCEPTED']);
step('what happened while the client was away is replayed');

await moveOrder(vendor, orderId, 'DELIVERED');
const delivered = (await next(orders)).orderStatusChanged;
assert.deepEqual([delivered.seq, delivered.status], [3, 'DELIVERED']);
step('what happens next arrives live');

await graphql(consumer, 'mutation { logout { message } }');
assert.deepEqual(await closed, [4403, 'Forbidden']);
step('signing out closes the socket');

assert.deepEqual(await connect('no token').closed, [4403, 'Forbidden']);
step('a bad token is refused');
process.exit(0);
