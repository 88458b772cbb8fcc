// The package subscriptions-transport-ws, which speaks the older protocol, against a gateway (see gateway.mjs).
import assert from 'node:assert/strict';
import { SubscriptionClient } from 'subscriptions-transport-ws';
import WebSocket from 'ws';
import { deferred, graphql, moveOrder, placeOrder, signInConsumer, signInVendor, socketUrl, soon, step } from './gateway.mjs';

const STATUS = 'subscription($after: String) { orderStatusChanged(after: $after) { id seq status } }';

function connect(token) {
  const { promise: refused, resolve } = deferred();
  const { promise: connected, resolve: connect } = deferred();
  const connectionParams = token ? { Authorization: `Bearer ${token}` } : {};
  // Its keep-alive check starts with the first `ka`.
  const client = new SubscriptionClient(socketUrl.href, { connectionParams, connectionCallback: (error) => error && resolve(error) }, WebSocket);
  client.onConnected(connect);
  return { client, connected, refused };
}

// What an operation comes to, one by one.
function ask(client, request) {
  const waiting = [deferred()];
  const settle = (how, value) => {
    waiting.at(-1)[how](value);
    waiting.push(deferred());
  };
  client.request(request).subscribe({
    next: (value) => settle('resolve', value),
    error: (error) => settle('reject', error),
    complete: () => settle('resolve', 'complete'),
  });
  return async () => {
    const value = await soon(waiting[0].promise);
    waiting.shift();
    return value;
  };
}

const consumer = await signInConsumer();
let { client, connected, refused } = connect(consumer);
await soon(connected);

const wallet = ask(client, { query: '{ wallet { balance } }' });
const { balance } = (await wallet()).data.wallet;
assert.equal(await wallet(), 'complete');
const load = 'mutation($amount: Money!) { loadWallet(amount: $amount) { wallet { balance } } }';
const loaded = ask(client, { query: load, variables: { amount: 5 } });
assert.equal((await loaded()).data.loadWallet.wallet.balance, balance + 5);
step('a query and a mutation are answered and completed');

const isInvalid = (error) => error.extensions.code === 'GRAPHQL_VALIDATION_FAILED';
await assert.rejects(ask(client, { query: '{ nothing }' })(), isInvalid);
step('what cannot run is an error');

let orders = ask(client, { query: STATUS });
// An answer to a later message says that the gateway has taken the subscription up before it.
await ask(client, { query: '{ wallet { balance } }' })();
const vendor = await signInVendor();
const orderId = await placeOrder(consumer, vendor);
const placed = (await orders()).data.orderStatusChanged;
assert.deepEqual([placed.seq, placed.status], [1, 'PENDING']);
step('an order that is placed is heard of');

client.close();
await moveOrder(vendor, orderId, 'ACCEPTED');
({ client, connected, refused } = connect(consumer));
await soon(connected);
orders = ask(client, { query: STATUS, variables: { after: placed.id } });
assert.equal((await orders()).data.orderStatusChanged.status, 'ACCEPTED');
await moveOrder(vendor, orderId, 'DELIVERED');
assert.equal((await orders()).data.orderStatusChanged.status, 'DELIVERED');
step('what happened while the client was away is replayed, what happens next arrives live');

const { promise: closed, resolve } = deferred();
client.onDisconnected(resolve);
await graphql(consumer, 'mutation { logout { message } }');
await soon(closed);
step('signing out closes the socket');

({ refused } = connect('no token'));
assert.match(JSON.stringify(await soon(refused)), /invalid token/);
step('a bad token is refused with a reason');
process.exit(0);
