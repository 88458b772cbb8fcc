// The explorer in a real browser, against a gateway (see gateway.mjs): nothing is loaded from elsewhere, people sign in, every
// prepared operation runs, and what a vendor does in one window is seen live by the consumer in another.
// SCREENSHOTS=folder keeps pictures of it, in light and in dark.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { graphql, signInConsumer, soon, step } from './gateway.mjs';

const { GATEWAY_URL, DEV_OTP = '123456', SCREENSHOTS, CHROMIUM } = process.env;
const executablePath = [CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path && existsSync(path),
);
if (!executablePath) {
  console.error('Chromium is not there: install it, or say where it is with CHROMIUM');
  process.exit(2);
}
const address = new URL('/graphiql', GATEWAY_URL);
const QUIET = ['--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', ...QUIET],
});
const ran = new Set();
const faults = [];

// A window with sessions of its own. Requests to elsewhere are cut off and are faults, as is whatever the console complains of.
async function openWindow(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const isOwn = (url) =>
    ['http', 'ws'].some((scheme) => url.startsWith(`${scheme}://${address.host}/`)) || /^(data|blob):/.test(url);
  await context.route(
    (url) => !isOwn(url.href),
    (route) => {
      faults.push(`a request to ${route.request().url()}`);
      return route.abort();
    },
  );
  const page = await context.newPage();
  page.on('websocket', (socket) => isOwn(socket.url()) || faults.push(`a socket to ${socket.url()}`));
  page.on('pageerror', (error) => faults.push(`an error: ${error.message}`));
  // A refusal over HTTP is reported there, too: the operations below say themselves what they expect.
  page.on(
    'console',
    (message) => message.type() === 'error' && !/status of 4\d\d/.test(message.text()) && faults.push(message.text()),
  );
  return page;
}

async function openExplorer(page) {
  await page.goto(address.href);
  await page.locator('.graphiql-query-editor .view-line').first().waitFor();
}

const button = (page, name) => page.getByRole('button', { name, exact: true });

async function signIn(page, name) {
  if (!(await page.locator('.sign-in').isVisible())) await button(page, 'Show Sign in').click();
  const person = page.locator('.person', { hasText: name });
  if (!(await person.isVisible())) await page.locator('details', { has: person }).locator('summary').click();
  await person.click();
  await page.locator('.bar .chip[aria-pressed=true]', { hasText: name }).waitFor();
  await button(page, 'Show Journeys').click();
}

// Opens a prepared operation: afterwards the cursor is in it.
async function choose(page, name) {
  ran.add(name);
  const operation = page.locator('.journeys button').getByText(name, { exact: true });
  await operation.click();
  await page.locator('.journeys button[aria-pressed=true]').getByText(name, { exact: true }).waitFor();
  return operation;
}

// Runs prepared queries and mutations one after the other: the data of the last.
async function run(page, ...names) {
  let data;
  for (const name of names) {
    await choose(page, name);
    const answered = page.waitForResponse((response) => {
      const body = response.url().endsWith('/graphql') && response.request().postDataJSON();
      return body && body.operationName === name;
    });
    await page.keyboard.press('Control+Enter');
    const answer = await (await soon(answered, name)).json();
    assert.equal(answer.errors, undefined, `${name}: ${JSON.stringify(answer.errors)}`);
    ({ data } = answer);
  }
  return data;
}

const response = (page) => page.locator('.graphiql-response .view-lines');
const live = (page) => page.locator('.status', { hasText: 'live' });

async function follow(page, name) {
  await choose(page, name);
  await page.keyboard.press('Control+Enter');
  await live(page).waitFor();
}

async function stop(page) {
  await page.locator('.graphiql-execute-button').click();
  await page.locator('.status', { hasText: 'runs the operation that the cursor is in' }).waitFor();
}

const picture = (page, name) => SCREENSHOTS && page.screenshot({ path: `${SCREENSHOTS}/${name}.png` });

// Signing in as somebody who is not told the code, and the front door.
const stranger = await openWindow();
await stranger.route('**/people.json', (route) =>
  route.fulfill({ json: { people: [], code: null, codesArePrinted: true } }),
);
await stranger.goto(new URL('/', GATEWAY_URL).href);
assert.equal(new URL(stranger.url()).pathname, '/graphiql');
await stranger.getByLabel('Phone').fill('12');
await button(stranger, 'Send the code').click();
await stranger.getByRole('alert').getByText('This is no phone number').waitFor();
await stranger.getByLabel('Phone').fill('9000000002');
await button(stranger, 'Send the code').click();
await stranger.getByLabel('Code for').fill(DEV_OTP === '111111' ? '222222' : '111111');
await stranger.getByLabel('Code for').press('Enter');
await stranger.getByRole('alert').getByText('Invalid or expired OTP').waitFor();
await picture(stranger, 'wrong-code');
await stranger.getByLabel('Code for').fill(DEV_OTP);
await stranger.getByLabel('Code for').press('Enter');
await stranger.locator('.bar .chip[aria-pressed=true]', { hasText: 'Demo Consumer Two' }).waitFor();
await stranger.reload();
await stranger.locator('.bar .chip[aria-pressed=true]', { hasText: 'Demo Consumer Two' }).waitFor();
await button(stranger, 'Sign out Demo Consumer Two').click();
await stranger.locator('.bar .chip[aria-pressed=true]', { hasText: 'Nobody' }).waitFor();
await stranger.context().close();
step('a phone and a code sign in, wrong ones are explained, a reload keeps it, signing out ends it');

const consumer = await openWindow({ colorScheme: 'light' });
await openExplorer(consumer);
await picture(consumer, 'light-first');
await signIn(consumer, 'Demo Consumer One');
await run(consumer, 'SignIn', 'EnterCode', 'WhoAmI', 'Introduce', 'Devices', 'SignOutElsewhere');
await run(consumer, 'Browse', 'OneShop', 'Search', 'OneItem', 'Wish', 'Wishlist', 'Unwish');
await run(consumer, 'Wallet', 'AddMoney', 'Pay', 'GiveBack');
await run(
  consumer,
  'Cart',
  'AddToCart',
  'UseCoupon',
  'TakeCouponOut',
  'TakeOut',
  'EmptyCart',
  'AddToCart',
  'ChangeQuantity',
);
step('a consumer signs in with one click, browses, loads the wallet and fills the cart');

const vendor = await openWindow({ colorScheme: 'dark' });
await openExplorer(vendor);
await picture(vendor, 'dark-first');
await signIn(vendor, 'Daily Basket Owner');
const { confirmOrder } = await run(consumer, 'Order');
await follow(consumer, 'Follow');
const { shopOrders } = await run(vendor, 'Vendor', 'ShopOrders');
assert.equal(shopOrders.nodes[0].id, confirmOrder.order.id);
await run(vendor, 'Accept');
await response(consumer).getByText('"ACCEPTED"').first().waitFor();
await run(vendor, 'Deliver');
await response(consumer).getByText('"DELIVERED"').first().waitFor();
await consumer.locator('.status', { hasText: '2 events, the newest first' }).waitFor();
await response(consumer).getByText('"earlier"').waitFor();
await picture(consumer, 'light-live');
await stop(consumer);
step('what the vendor does with an order is seen live by the consumer');

await run(consumer, 'MyOrders', 'OneOrder', 'Rate', 'ReportIssue', 'AskToReturn', 'Chat', 'Write');
await run(
  vendor,
  'ShopWallet',
  'Withdraw',
  'AcceptReturn',
  'CompleteReturn',
  'ShopIssues',
  'ShopItems',
  'AddItem',
  'ChangeItem',
  'OpenShop',
);
await picture(vendor, 'dark-vendor');
const placeOrder = () => run(consumer, 'AddToCart', 'ChangeQuantity', 'Order');
await placeOrder();
await run(vendor, 'ShopOrders', 'Modify');
await run(consumer, 'AgreeToChange');
await placeOrder();
await run(consumer, 'Cancel');
await placeOrder();
await run(vendor, 'ShopOrders', 'Reject');
await run(consumer, 'AddToCart', 'Rewards', 'Offers', 'UsePoints', 'KeepPoints', 'Notifications', 'MarkAllRead');
step('orders are rated, returned, changed, cancelled and rejected');

for (const subscription of ['FollowChat', 'FollowNotifications']) {
  await follow(consumer, subscription);
  await stop(consumer);
}
await follow(vendor, 'FollowShop');
await stop(vendor);
await run(
  consumer,
  'Profile',
  'EditProfile',
  'AddAddress',
  'Addresses',
  'ChangeAddress',
  'RemoveAddress',
  'ChangeSettings',
  'MyData',
);
await run(consumer, 'Support', 'Ask', 'OpenTicket', 'Tickets', 'OneTicket', 'Reply');
await choose(consumer, 'AskLive');
await consumer.keyboard.press('Control+Enter');
await response(consumer).getByText('"suggestions"').waitFor();
step('profile, addresses, support and the assistant answer');

// Another person in the same window: each request is made as who is active.
await choose(consumer, 'Staff');
await consumer.locator('.hint', { hasText: 'Staff is for staff or admin' }).waitFor();
await button(consumer.locator('.hint'), 'Sign in').click();
await signIn(consumer, 'Demo Staff');
const { managedOffers } = await run(consumer, 'Staff', 'Answer', 'Settle', 'AllOffers');
// A code is made once: an earlier run may have made it.
if (managedOffers.nodes.some(({ code }) => code === 'COFFEE5')) ran.add('MakeOffer');
else await run(consumer, 'MakeOffer');
await run(consumer, 'WithdrawOffer');
await consumer.locator('.bar .chip', { hasText: 'Demo Consumer One' }).click();
assert.equal((await run(consumer, 'WhoAmI')).me.name, 'Demo Consumer One');
await consumer.locator('.bar .chip', { hasText: 'Nobody' }).click();
await choose(consumer, 'WhoAmI');
await consumer.keyboard.press('Control+Enter');
await consumer.locator('.status').getByRole('button', { name: 'Sign in first' }).waitFor();
step('several people are signed in, one of whom asks');

await graphql(await signInConsumer(), 'mutation { logoutAll { message } }');
await consumer.locator('.bar .chip', { hasText: 'Demo Consumer One' }).click();
await choose(consumer, 'Devices');
await consumer.keyboard.press('Control+Enter');
await consumer.locator('.bar .chip', { hasText: 'Demo Consumer One' }).waitFor({ state: 'hidden' });
await button(consumer, 'Show Sign in').click();
await consumer.locator('.notice', { hasText: 'Demo Consumer One is signed out' }).waitFor();
step('a session that was ended elsewhere is said to be over');

await button(consumer, 'Show Documentation Explorer').click();
await consumer.locator('.graphiql-doc-explorer').getByText('Mutation', { exact: true }).click();
await consumer.locator('.graphiql-doc-explorer').getByText('Sends a one-time code to a phone.').waitFor();
await picture(consumer, 'light-docs');
step('the documentation shows the descriptions of the schema');

await button(consumer, 'Show Journeys').click();
const prepared = await consumer.locator('.journeys button').allTextContents();
assert.deepEqual(
  prepared.filter((name) => !ran.has(name)),
  [],
  'prepared operations that nothing here runs',
);
assert.deepEqual(faults, []);
await browser.close();
step(`all ${prepared.length} prepared operations ran, and nothing was asked of anywhere else`);
