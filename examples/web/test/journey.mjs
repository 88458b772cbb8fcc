// A newcomer's first order in a real browser, on the built app, against a real gateway with demo data (see
// tests/clients/gateway.mjs): GATEWAY_URL=http://127.0.0.1:8080 DEV_OTP=123456 npm test. SHOTS=folder keeps pictures.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { preview } from 'vite';
import { deferred, graphql, moveOrder, signInVendor, soon, step } from '../../../tests/clients/gateway.mjs';
import { startProxy } from '../../../tests/clients/proxy.mjs';

const { GATEWAY_URL, CHROMIUM = '/usr/bin/chromium', DEV_OTP = '123456', SHOTS } = process.env;
const began = Date.now();
setTimeout(() => {
  console.error('journey.mjs takes longer than 80 seconds');
  process.exit(1);
}, 80_000);

// The browser talks to the built app's server, that one through a proxy that can be cut, to the gateway.
const proxy = await startProxy(new URL(GATEWAY_URL));
process.env.GATEWAY_URL = new URL(proxy.through(GATEWAY_URL)).origin;
const server = await preview({
  root: fileURLToPath(new URL('..', import.meta.url)),
  logLevel: 'silent',
  preview: { host: '127.0.0.1', port: 0 },
});
const origin = `http://127.0.0.1:${server.httpServer.address().port}`;

const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--disable-quic'],
});
const context = await browser.newContext({ viewport: { width: 390, height: 844 }, locale: 'en-IN' });
const page = await context.newPage();
page.setDefaultTimeout(15_000);

// What a browser itself writes to the console while a step provokes it: no fault of the page.
let provoked = /^$/;
const complaints = [];
const elsewhere = [];
page.on('pageerror', (error) => complaints.push(String(error)));
page.on('console', (message) => {
  if (['error', 'warning'].includes(message.type()) && !provoked.test(message.text())) complaints.push(message.text());
});
page.on('request', (request) => {
  if (!request.url().startsWith(origin) && !/^(data|blob):/.test(request.url())) elsewhere.push(request.url());
});
page.on('websocket', (socket) => {
  if (!socket.url().startsWith(origin.replace('http', 'ws'))) elsewhere.push(socket.url());
});

process.on('uncaughtException', async (error) => {
  console.error(error, complaints, elsewhere);
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/failed.png` });
  process.exit(1);
});

let pictures = 0;
async function picture(name) {
  if (!SHOTS) return;
  pictures += 1;
  for (const [width, height] of [[390, 844], [1200, 860]]) {
    for (const colorScheme of ['light', 'dark']) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: `${SHOTS}/${String(pictures).padStart(2, '0')}-${name}-${width}-${colorScheme}.png` });
    }
  }
  await page.setViewportSize({ width: 390, height: 844 });
  await page.emulateMedia({ colorScheme: 'light' });
}

const button = (name) => page.getByRole('button', { name, exact: true });
const heading = (name) => page.getByRole('heading', { name, exact: true }).waitFor();
const tab = (name) => page.getByRole('navigation').getByRole('link', { name }).click();

const vendor = await signInVendor();
const { me, myShop } = await graphql(vendor, '{ me { city society } myShop { id shopName items(first: 2) { nodes { title price } } } }');
const [first, second] = myShop.items.nodes;

// Signs up: a wrong code first, then the right one.
const phone = `98${String(Math.floor(Math.random() * 1e8)).padStart(8, '0')}`;
await page.goto(origin);
provoked = /status of 400/;
await page.getByLabel('Phone').fill('12');
await button('Send me a code').click();
await page.getByText('A phone number has ten digits').waitFor();
provoked = /^$/;
await picture('phone');
await page.getByLabel('Phone').fill(phone);
await button('Send me a code').click();
await page.getByLabel('Code').fill(DEV_OTP === '000000' ? '111111' : '000000');
await button('Sign in').click();
await page.getByText('That code is wrong or too old.').waitFor();
await picture('code');
await page.getByLabel('Code').fill(DEV_OTP);
await button('Sign in').click();
await heading('Welcome');
await page.getByLabel('Name').fill('Web Demo');
await page.getByLabel('Society').fill('No such place');
await page.getByText('No society of that name').waitFor();
await page.getByLabel('Society').fill(me.society.slice(0, 4).toLowerCase());
await page.locator('#societies option').first().waitFor({ state: 'attached' });
await page.getByLabel('Society').fill(`${me.society}, ${me.city}`);
await page.getByLabel('Flat').fill('B-1204');
await picture('welcome');
await button('Show me the shops').click();
await page.getByRole('link', { name: myShop.shopName }).waitFor();
step('somebody new signs up and sees the shops of their society');

const cards = page.locator('.card');
const open = await cards.evaluateAll((all) => all.map((card) => !card.classList.contains('closed')));
assert.deepEqual(open, [...open].sort((one, other) => Number(other) - Number(one)), 'open shops come first');
await picture('shops');
await page.getByRole('searchbox').fill(first.title);
await page.waitForFunction(() => document.querySelectorAll('.card').length === 1);
await picture('search');
await cards.first().click();
await heading(myShop.shopName);
step('a search by an item finds the shop that sells it');

await button(`Add ${first.title}`).click();
await page.getByRole('group', { name: first.title }).getByLabel('One more').click();
await button(`Add ${second.title}`).click();
await page.getByText('3 items').waitFor();
await picture('shop');
await page.getByText('View cart').click();
const money = new Intl.NumberFormat('en-IN', { style: 'currency', currency: 'INR', trailingZeroDisplay: 'stripIfInteger' });
const total = 2 * first.price + second.price;
await button(`Order for ${money.format(total)}`).waitFor();
await page.getByLabel('Coupon').fill('NOSUCHCODE');
await button('Apply').click();
await page.locator('.wrong').waitFor();
await page.getByLabel('Coupon').fill('BASKET25');
await button('Apply').click();
await button(`Order for ${money.format(total - 25)}`).waitFor();
await page.getByRole('radio', { name: 'Wallet' }).check();
await page.getByLabel('Notes').fill('Ring twice, please');
await picture('cart');
await button(`Order for ${money.format(total - 25)}`).click();
await page.getByText('Your wallet holds ₹0.').waitFor();
await picture('short');
step('a cart with a coupon, which an empty wallet cannot pay');

await tab('₹0');
await page.getByLabel('Amount in rupees').fill('2000');
await button('Add money').click();
await page.locator('.balance', { hasText: '₹2,000' }).waitFor();
await picture('wallet');
await tab('Cart');
await page.getByRole('radio', { name: 'Wallet' }).check();
// The answer gets lost on its way: nobody at the page knows that the order is placed.
provoked = /net::ERR_FAILED/;
let lost = 0;
await page.route('**/graphql', async (route) => {
  if (lost > 0 || !route.request().postData().includes('confirmOrder')) return route.fallback();
  lost += 1;
  await route.fetch();
  await route.abort();
});
await button(`Order for ${money.format(total - 25)}`).click();
await page.getByText('No answer. Check your connection').waitFor();
await picture('no-answer');
await button('Try again').click();
await page.getByText('Waiting for the shop to accept').waitFor();
provoked = /^$/;
assert.equal(lost, 1);
const orderId = new URL(page.url()).hash.split('/')[2];
await tab(money.format(2000 - (total - 25)));
await page.locator('.balance', { hasText: money.format(2000 - (total - 25)) }).waitFor();
await tab('Orders');
await page.locator('.card').first().waitFor();
assert.equal(await page.locator('.card').count(), 1, 'one order');
await page.locator('.card').click();
await page.getByText('Waiting for the shop to accept').waitFor();
step(`order ${orderId} is placed and paid once, although its first answer got lost`);

const write = 'mutation($id: ID!, $text: String!) { sendOrderMessage(orderId: $id, message: $text) { message } }';
const vendorWrites = (text) => graphql(vendor, write, { id: orderId, text });
await moveOrder(vendor, orderId, 'ACCEPTED');
await page.getByText('The shop is preparing it').waitFor();
await vendorWrites('On its way in ten minutes');
await page.getByText('On its way in ten minutes').waitFor();
await page.getByLabel('Message', { exact: true }).fill('Thank you!');
await button('Send').click();
await page.locator('.mine:not(.unsent)', { hasText: 'Thank you!' }).waitFor();
await picture('live');
step('the shop accepts and writes, and the page shows both');

provoked = /WebSocket connection to .* failed|status of 502/;
proxy.refuse(true);
await page.getByText('No connection.').waitFor();
await picture('down');
await moveOrder(vendor, orderId, 'DELIVERED');
await vendorWrites('It is at your door');
await vendorWrites('Enjoy!');
assert.equal(await page.getByText('It is at your door').count(), 0, 'nothing gets through a cut');
proxy.refuse(false);
await page.getByText('You are back. Nothing was missed.').waitFor();
provoked = /^$/;
await page.getByText('You have it. Enjoy!').waitFor();
await page.getByText('Enjoy!', { exact: true }).waitFor();
await picture('back');

const { order } = await graphql(vendor, '{ order(id: ' + orderId + ') { statusLog { status } messages(first: 100) { nodes { id message } } } }');
const shown = await page.locator('.chat [data-id]').evaluateAll((all) =>
  all.map((one) => ({ id: one.dataset.id, message: one.querySelector('p').textContent })));
assert.deepEqual(shown, order.messages.nodes, 'each message once, in order');
assert.deepEqual(await page.locator('.timeline strong').allTextContents(), ['Placed', 'Accepted', 'Delivered']);
assert.equal(order.statusLog.length, 3);
step('what happened while the socket was cut appears once, in order');

// Somebody who comes back after more than a week: a second window, whose `after` is older than what is kept.
const [standing, expired] = [deferred(), deferred()];
let away = false;
const late = await context.newPage();
await late.routeWebSocket('**/graphql/ws', (near) => {
  const far = near.connectToServer();
  near.onMessage((message) => far.send(away ? String(message).replace(/"after":"[^"]*"/, '"after":"1-1"') : message));
  far.onMessage((message) => {
    if (String(message).includes('"eventCursor":')) standing.resolve();
    if (String(message).includes('CURSOR_EXPIRED')) {
      away = false;
      expired.resolve();
    }
    near.send(message);
  });
});
await late.goto(`${origin}/#/order/${orderId}`);
await late.getByText('You have it. Enjoy!').waitFor();
await soon(standing.promise, 'the subscription');
await vendorWrites('Live, for the first cursor');
await late.getByText('Live, for the first cursor').waitFor();
provoked = /WebSocket connection to .* failed|status of 502/;
proxy.refuse(true);
await late.getByText('No connection.').waitFor();
await vendorWrites('Come again soon');
away = true;
proxy.refuse(false);
await late.getByText('Come again soon').waitFor();
await page.getByText('Come again soon').waitFor();
provoked = /^$/;
await soon(expired.promise, 'CURSOR_EXPIRED');
await vendorWrites('Live again');
await late.getByText('Live again').waitFor();
await late.close();
step('an expired cursor leads to the present state');

await page.getByLabel('5 of 5').click();
await page.getByText('You gave ★★★★★').waitFor();
await tab('Orders');
await page.locator('.card', { hasText: 'Delivered' }).waitFor();
await picture('orders');
await page.getByRole('link', { name: /Notifications, [1-9]/ }).click();
await page.locator('.lines a').first().waitFor();
await picture('notices');
await button('Mark all as read').click();
await page.getByRole('link', { name: 'Notifications, 0 unread' }).waitFor();
step('the order is rated, notifications are read');

// An access token that the gateway does not take any more: page and socket get the next one by themselves, once.
let refreshed = 0;
page.on('request', (request) => {
  if (request.postData()?.includes('refreshSession')) refreshed += 1;
});
await page.evaluate(() => {
  const session = JSON.parse(localStorage.getItem('session'));
  localStorage.setItem('session', JSON.stringify({ ...session, accessToken: 'spent' }));
});
await page.reload();
await tab('Orders');
await page.locator('.card', { hasText: 'Delivered' }).waitFor();
const hello = 'Are you back?';
await page.locator('.card').click();
await vendorWrites(hello);
await page.getByText(hello).waitFor();
assert.equal(refreshed, 1);
await tab('₹');
await button('Sign out').click();
await heading('The shops of your society');
step('an old token is renewed; signing out leads back to the beginning');

assert.deepEqual(elsewhere, [], 'requests to elsewhere');
assert.deepEqual(complaints, [], 'complaints in the console');
await browser.close();
console.log(`journey: ${((Date.now() - began) / 1_000).toFixed(1)} s`);
process.exit(0);
