// The package graphql-ws against a gateway with demo data: GATEWAY_URL=http://127.0.0.1:8080. The gateway needs
// DEV_OTP=123456, or the same code as here in DEV_OTP. Signs in as a demo consumer and as the vendor whose shop is
// ordered from, follows an order over a socket, is cut, and comes back without missing anything.
import assert from 'node:assert/strict';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

// A consumer and a vendor of one society.
const { GATEWAY_URL, DEV_OTP = '123456', CONSUMER = '+919000000001', VENDOR = '+919000000101' } = process.env;
if (!GATEWAY_URL) {
  console.error('GATEWAY_URL is not set: expected the address of the gateway');
  process.exit(2);
}
const graphqlUrl = new URL('/graphql', GATEWAY_URL);
const socketUrl = new URL('/graphql/ws', GATEWAY_URL);
socketUrl.protocol = socketUrl.protocol.replace('http', 'ws');

const STATUS = `subscription($after: String) {
  orderStatusChanged(after: $after) { id seq status order { id status } } }`;

async function graphql(token, query, variables = {}) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(graphqlUrl, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined, `${query}: ${JSON.stringify(errors)}`);
  return data;
}

async function signIn(phone) {
  await graphql(null, 'mutation($phone: Phone!) { sendOtp(phone: $phone) { message } }', { phone });
  const verify = 'mutation($phone: Phone!, $otp: String!) { verifyOtp(phone: $phone, otp: $otp) { accessToken } }';
  return (await graphql(null, verify, { phone, otp: DEV_OTP })).verifyOtp.accessToken;
}

// A client that does not come back by itself, and how its socket was closed.
function connect(token) {
  let socket;
  const { promise: closed, resolve } = Promise.withResolvers?.() ?? deferred();
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

function deferred() {
  let resolve;
  const promise = new Promise((settle) => (resolve = settle));
  return { promise, resolve };
}

// The next value of a subscription, which must come in time.
async function next(subscription) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('nothing came within 20 s')), 20_000);
  });
  try {
    const { value, done } = await Promise.race([subscription.next(), late]);
    assert.equal(done, false, 'the subscription ended');
    assert.equal(value.errors, undefined, JSON.stringify(value.errors));
    return value.data;
  } finally {
    clearTimeout(timer);
  }
}

function step(text) {
  console.log(`ok      ${text}`);
}

const consumer = await signIn(CONSUMER);
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
const vendor = await signIn(VENDOR);
const { myShop } = await graphql(vendor, '{ myShop { items(first: 1) { nodes { id } } } }');
await graphql(consumer, 'mutation { clearCart { message } }');
const add = 'mutation($item: ID!) { addToCart(itemId: $item) { message } }';
await graphql(consumer, add, { item: myShop.items.nodes[0].id });
const confirm = 'mutation { confirmOrder(input: { paymentMode: CASH }) { order { id } } }';
const orderId = (await graphql(consumer, confirm)).confirmOrder.order.id;
const placed = (await next(orders)).orderStatusChanged;
assert.deepEqual([placed.seq, placed.status, placed.order], [1, 'PENDING', { id: orderId, status: 'PENDING' }]);
step('an order that is placed is heard of');

cut();
assert.equal((await closed)[0], 1006);
const move = 'mutation($id: ID!, $to: NewOrderStatus!) { setOrderStatus(orderId: $id, status: $to) { message } }';
await graphql(vendor, move, { id: orderId, to: 'ACCEPTED' });
({ client, closed, cut } = connect(consumer));
orders = client.iterate({ query: STATUS, variables: { after: placed.id } });
const missed = (await next(orders)).orderStatusChanged;
assert.deepEqual([missed.seq, missed.status], [2, 'ACCEPTED']);
step('what happened while the client was away is replayed');

await graphql(vendor, move, { id: orderId, to: 'DELIVERED' });
const delivered = (await next(orders)).orderStatusChanged;
assert.deepEqual([delivered.seq, delivered.status], [3, 'DELIVERED']);
step('what happens next arrives live');

await graphql(consumer, 'mutation { logout { message } }');
assert.deepEqual(await closed, [4403, 'Forbidden']);
step('signing out closes the socket');

assert.deepEqual(await connect('no token').closed, [4403, 'Forbidden']);
step('a bad token is refused');
process.exit(0);
