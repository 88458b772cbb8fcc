// Subscribers that are cut off at random 200 times while 8 writers send 1,000 messages and move orders. Each hears of
// everything exactly once and in the order of each order. With the very programs of docs/SUBSCRIPTIONS.md, over both transports;
// then with tokens that expire. TOKEN_SECRET is the gateway's own.
import assert from 'node:assert/strict';
import WebSocket from 'ws';
import {
  deferred, expiring, graphql, graphqlUrl, moveOrder, placeOrder, signInConsumer, signInVendor, socketUrl, soon, step, streamUrl,
} from './gateway.mjs';
import { startProxy } from './proxy.mjs';
import { snippet } from './snippets.mjs';

const [CUTS, MESSAGES, WRITERS, ORDERS] = [200, 1_000, 8, 16];
setTimeout(() => {
  console.error('cut-off.mjs takes longer than two minutes');
  process.exit(1);
}, 120_000);
// The programs are written for browsers.
globalThis.WebSocket ??= WebSocket;

const STATUS = `subscription($after: String) {
  event: orderStatusChanged(after: $after) { id seq status order { id } } }`;
const MESSAGE = `subscription($after: String) {
  event: orderMessageAdded(after: $after) { id seq orderId message { id message } } }`;
const SEND = `mutation($order: ID!, $message: String!) {
  sendOrderMessage(orderId: $order, message: $message) { orderMessage { id } } }`;
const ORDER = `query($id: ID!, $after: String) {
  order(id: $id) { statusLog { status } messages(first: 100, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } } }`;

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const pick = (list) => list[Math.floor(Math.random() * list.length)];

// What the gateway says of an order: its statuses and the ids of its messages, in order.
async function truth(token, id) {
  const told = { statuses: [], messages: [] };
  for (let after = null; ; ) {
    const { order } = await graphql(token, ORDER, { id, after });
    told.statuses = order.statusLog.map(({ status }) => status);
    told.messages.push(...order.messages.nodes.map((message) => message.id));
    if (!order.messages.pageInfo.hasNextPage) return told;
    after = order.messages.pageInfo.endCursor;
  }
}

// Follows both kinds of events for one person, and notes what comes.
function subscriber(follow, url, token, options) {
  const heard = [];
  const ended = deferred();
  ended.promise.catch(() => {});
  const start = (query, shown) =>
    follow({
      url,
      query,
      accessToken: () => token,
      onEvent: (event) => heard.push(shown(event)),
      onEnd: (why) => ended.reject(new Error(`a subscription ended: ${JSON.stringify(why)} ${why}`)),
      ...options,
    });
  const stops = [
    start(STATUS, ({ seq, status, order }) => ({ order: order.id, seq, status })),
    start(MESSAGE, ({ seq, orderId, message }) => ({ order: orderId, seq, message: message.id })),
  ];
  return { heard, ended: ended.promise, stop: () => stops.forEach((stop) => stop()) };
}

async function until(holds, subscribers, what) {
  const met = (async () => {
    while (!holds()) await pause(10);
  })();
  await soon(Promise.race([met, ...subscribers.map(({ ended }) => ended)]), what, 60);
}

// One of those who write at the same time. `next` gives each message its number, when it is its turn.
async function write(next, people, orders, accepted) {
  for (let number = await next(); number !== undefined; number = await next()) {
    const order = pick(orders);
    if (number % 20 === 0 && !accepted.has(order)) {
      accepted.add(order);
      await moveOrder(people.vendor, order, 'ACCEPTED');
    }
    await graphql(pick([people.consumer, people.vendor]), SEND, { order, message: `message ${number}` });
  }
}

async function cutOff(name, url, options) {
  const { follow } = await snippet(name);
  const people = { consumer: await signInConsumer(), vendor: await signInVendor() };
  const proxy = await startProxy(graphqlUrl);
  const subscribers = Object.values(people).map((token) => subscriber(follow, proxy.through(url), token, options));
  // Each has its first event of both kinds before the first cut: from then on it knows where to go on.
  const orders = [];
  const knowsItsPlace = ({ heard }) => heard.some(({ status }) => status) && heard.some(({ message }) => message);
  while (!subscribers.every(knowsItsPlace)) {
    orders.push(await placeOrder(people.consumer, people.vendor));
    await graphql(people.consumer, SEND, { order: orders.at(-1), message: 'first' });
    await pause(50);
  }
  const early = orders.length;
  while (orders.length < early + ORDERS) orders.push(await placeOrder(people.consumer, people.vendor));

  const accepted = new Set();
  let [cuts, sent] = [0, 0];
  // The cuts are spread over all that is written.
  const next = async () => {
    while (sent < MESSAGES && sent > (MESSAGES * (cuts + 1)) / CUTS) await pause(1);
    return sent < MESSAGES ? (sent += 1) : undefined;
  };
  const cut = async () => {
    while (cuts < CUTS) {
      await pause(Math.random() * 60);
      if (proxy.cut() > 0) cuts += 1;
    }
  };
  const writers = Array.from({ length: WRITERS }, () => write(next, people, orders.slice(early), accepted));
  const ended = subscribers.map((subscriber) => subscriber.ended);
  await Promise.race([Promise.all([cut(), ...writers]), ...ended]);
  await Promise.all(orders.map((order) => moveOrder(people.vendor, order, 'DELIVERED')));

  const expected = new Map();
  for (const order of orders.slice(early)) expected.set(order, await truth(people.consumer, order));
  const count = [...expected.values()].reduce((sum, { statuses, messages }) => sum + statuses.length + messages.length, 0);
  const ofOrders = ({ heard }) => heard.filter(({ order }) => expected.has(order));
  const all = (subscriber) => ofOrders(subscriber).length >= count;
  await until(() => subscribers.every(all), subscribers, `all of ${count} events of ${name}`);
  // What came twice would come soon.
  await pause(300);
  for (const subscriber of subscribers) {
    subscriber.stop();
    check(ofOrders(subscriber), expected, count);
  }
  assert.ok(count >= MESSAGES + 2 * ORDERS);
  step(`${name}: ${count} events to each of ${subscribers.length} people, once and in order, through ${cuts} cuts`);
}

function check(heard, expected, count) {
  assert.equal(heard.length, count);
  for (const [order, { statuses, messages }] of expected) {
    const ours = heard.filter((event) => event.order === order);
    const ofStatus = ours.filter(({ status }) => status);
    const ofMessages = ours.filter(({ message }) => message);
    assert.deepEqual(ofStatus.map(({ status }) => status), statuses);
    assert.deepEqual(ofMessages.map(({ message }) => message), messages);
    const rising = (events) => events.every(({ seq }, place) => place === 0 || seq > events[place - 1].seq);
    assert.ok(rising(ofStatus) && rising(ofMessages), `order ${order} out of order`);
    // Both kinds together leave no number out.
    const numbers = ours.map(({ seq }) => seq).sort((one, other) => one - other);
    assert.deepEqual(numbers, numbers.map((_, place) => place + 1));
  }
}

async function expire(name, url, options) {
  const { follow } = await snippet(name);
  const [consumer, vendor] = [await signInConsumer(), await signInVendor()];
  const heard = [];
  const ended = deferred();
  ended.promise.catch(() => {});
  let asked = 0;
  const stop = follow({
    url,
    query: STATUS,
    accessToken: () => (asked++ === 0 ? expiring(consumer, 3) : consumer),
    onEvent: (event) => heard.push(event),
    onEnd: (why) => ended.reject(new Error(`${name} ended: ${JSON.stringify(why)}`)),
    ...options,
  });
  const orders = [];
  while (heard.length === 0) {
    orders.push(await placeOrder(consumer, vendor));
    await pause(50);
  }
  await until(() => asked > 1, [{ ended: ended.promise }], 'a new token');
  for (const status of ['ACCEPTED', 'DELIVERED']) await moveOrder(vendor, orders[0], status);
  const last = () => heard.filter(({ order }) => order.id === orders[0]).at(-1);
  await until(() => last()?.status === 'DELIVERED', [{ ended: ended.promise }], 'what came after the token');
  stop();
  assert.equal(asked, 2);
  step(`${name}: a token that expires is replaced, and nothing is missed`);
}

const transports = [
  ['graphql-ws', socketUrl, { retryWait: async () => {} }],
  ['graphql-sse', streamUrl, { retry: async () => {} }],
];
for (const [name, url, options] of transports) await cutOff(name, url, options);
for (const [name, url, options] of transports) await expire(name, url.href, options);
process.exit(0);
