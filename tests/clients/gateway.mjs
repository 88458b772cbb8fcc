// What these tests share: the gateway's address, calls over HTTP, people who are signed in, orders that they place.
// Needs a gateway with demo data and DEV_OTP: GATEWAY_URL=http://127.0.0.1:8080 DEV_OTP=123456.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';

export { deferred, soon, step } from './story.mjs';

// A consumer and a vendor of one society.
const { GATEWAY_URL, DEV_OTP = '123456', CONSUMER = '+919000000001', VENDOR = '+919000000101', TOKEN_SECRET } = process.env;
if (!GATEWAY_URL) {
  console.error('GATEWAY_URL is not set: expected the address of the gateway');
  process.exit(2);
}
export const graphqlUrl = new URL('/graphql', GATEWAY_URL);
export const streamUrl = new URL('/graphql/stream', GATEWAY_URL);
export const socketUrl = new URL('/graphql/ws', GATEWAY_URL);
socketUrl.protocol = socketUrl.protocol.replace('http', 'ws');

export async function graphql(token, query, variables = {}) {
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

export const signInConsumer = () => signIn(CONSUMER);
export const signInVendor = () => signIn(VENDOR);

// The same token, good for a moment only. TOKEN_SECRET is the gateway's own.
export function expiring(token, seconds) {
  const encode = (value) => Buffer.from(value).toString('base64url');
  const [head, body] = token.split('.');
  const claims = { ...JSON.parse(Buffer.from(body, 'base64url')), exp: Math.floor(Date.now() / 1_000) + seconds };
  const signed = `${head}.${encode(JSON.stringify(claims))}`;
  return `${signed}.${createHmac('sha256', TOKEN_SECRET).update(signed).digest('base64url')}`;
}

// An order of the consumer at the vendor's shop: its id.
export async function placeOrder(consumer, vendor) {
  // That of which there is most: hundreds are ordered here.
  const { myItems } = await graphql(vendor, '{ myItems(first: 50) { nodes { id isAvailable quantityInStock } } }');
  const [item] = myItems.nodes.filter((item) => item.isAvailable).sort((a, b) => b.quantityInStock - a.quantityInStock);
  await graphql(consumer, 'mutation { clearCart { message } }');
  const add = 'mutation($item: ID!) { addToCart(itemId: $item) { message } }';
  await graphql(consumer, add, { item: item.id });
  const confirm = 'mutation { confirmOrder(input: { paymentMode: CASH }) { order { id } } }';
  return (await graphql(consumer, confirm)).confirmOrder.order.id;
}

export async function moveOrder(vendor, orderId, to) {
  const move = 'mutation($id: ID!, $to: NewOrderStatus!) { setOrderStatus(orderId: $id, status: $to) { message } }';
  await graphql(vendor, move, { id: orderId, to });
}
