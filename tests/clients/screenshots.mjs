// Takes the pictures of the README, of the running product with its demo data: npm run screenshots.
// Wants examples/web built (npm run build there). GATEWAY_BINARY says which gateway, CHROMIUM which browser.
import { mkdir, readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { startGateway } from './documents/gateway.mjs';
import { ROOT } from './documents/pages.mjs';

const IMAGES = fileURLToPath(new URL('docs/images/', ROOT));
const APP = new URL('examples/web/dist/', ROOT);
const LARGEST = 250_000;
const TYPES = { html: 'text/html', js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml' };

await mkdir(IMAGES, { recursive: true });
const gateway = await startGateway();
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
// A page that is put in the gateway's place counts as one from outside, which may not open sockets to this machine.
const args = ['--no-sandbox', '--disable-gpu', '--disable-features=LocalNetworkAccessChecks'];
const browser = await chromium.launch({ executablePath, args });

async function open(path, viewport, deviceScaleFactor = 1) {
  const context = await browser.newContext({ viewport, deviceScaleFactor, locale: 'en-IN', colorScheme: 'light' });
  const page = await context.newPage();
  // The customer app is shown at the gateway's own address, as behind one reverse proxy.
  await page.route(/:\d+\/(assets\/.*|bag\.svg)?$/, async (route) => {
    const name = new URL(route.request().url()).pathname.slice(1) || 'index.html';
    const body = await readFile(new URL(name, APP)).catch(() => null);
    return body ? route.fulfill({ body, contentType: TYPES[name.split('.').at(-1)] }) : route.continue();
  });
  await page.goto(gateway.url + path);
  return page;
}

async function keep(page, name) {
  const path = `${IMAGES}${name}.png`;
  await page.screenshot({ path, animations: 'disabled' });
  const { size } = await stat(path);
  if (size > LARGEST) throw new Error(`${name}.png has ${size} bytes`);
  console.log(`docs/images/${name}.png: ${Math.ceil(size / 1_000)} kB`);
}

const button = (page, name) => page.getByRole('button', { name, exact: true });

async function ask(token, query) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await fetch(`${gateway.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
  const { data, errors } = await answer.json();
  if (errors) throw new Error(`${query}: ${JSON.stringify(errors)}`);
  return data;
}

async function signInVendor() {
  await ask(null, 'mutation { sendOtp(phone: "9000000101") { message } }');
  return (await ask(null, 'mutation { verifyOtp(phone: "9000000101", otp: "123456") { accessToken } }')).verifyOtp.accessToken;
}

// An order on a phone, live: the shop has accepted it and written.
const app = await open('/', { width: 390, height: 844 }, 2);
await app.getByLabel('Phone').fill('9000000001');
await button(app, 'Send me a code').click();
await app.getByLabel('Code').fill('123456');
await button(app, 'Sign in').click();
await app.getByRole('link', { name: 'Daily Basket' }).click();
await app.getByRole('button', { name: /^Add / }).nth(0).click();
await app.getByRole('button', { name: /^Add / }).nth(0).click();
await app.getByText('View cart').click();
await app.getByRole('radio', { name: 'Wallet' }).check();
await app.getByRole('button', { name: /^Order for/ }).click();
await app.getByText('Waiting for the shop to accept').waitFor();
const vendor = await signInVendor();
await ask(vendor, 'mutation { setOrderStatus(orderId: 1, status: ACCEPTED) { message } }');
await ask(vendor, 'mutation { sendOrderMessage(orderId: 1, message: "On its way in ten minutes") { message } }');
await app.getByText('On its way in ten minutes').waitFor();
await app.getByLabel('Message', { exact: true }).fill('Thank you!');
await button(app, 'Send').click();
await app.locator('.mine:not(.unsent)', { hasText: 'Thank you!' }).waitFor();
await keep(app, 'app');

const explorer = await open('/graphiql', { width: 1280, height: 760 });
await explorer.locator('.graphiql-query-editor .view-line').first().waitFor();
if (!(await explorer.locator('.sign-in').isVisible())) await button(explorer, 'Show Sign in').click();
await explorer.locator('.person', { hasText: 'Demo Consumer One' }).click();
await explorer.locator('.bar .chip[aria-pressed=true]', { hasText: 'Demo Consumer One' }).waitFor();
await button(explorer, 'Show Journeys').click();
await explorer.locator('.journeys button').getByText('Browse', { exact: true }).click();
await explorer.locator('.journeys button[aria-pressed=true]').getByText('Browse', { exact: true }).waitFor();
await explorer.keyboard.press('Control+Enter');
await explorer.locator('.graphiql-response').getByText('"Daily Basket"').first().waitFor();
await keep(explorer, 'explorer');

const rest = await open('/api/v1/docs', { width: 1280, height: 760 });
await rest.locator('.opblock-tag', { hasText: 'Cart' }).click();
await rest.locator('.opblock-summary', { hasText: '/consumer/cart/add' }).click();
await rest.getByText('item_id').first().waitFor();
await rest.locator('.opblock-tag', { hasText: 'Cart' }).scrollIntoViewIfNeeded();
await keep(rest, 'rest');

await browser.close();
await gateway.stop();
process.exit(0);
