// The explorer in a real browser: windows, people who sign in, prepared operations that run. What else a page asks of the
// network, and what it complains of, is kept in `faults`.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { soon } from './gateway.mjs';

const { GATEWAY_URL, SCREENSHOTS, CHROMIUM } = process.env;
const executablePath = [CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path && existsSync(path),
);
if (!executablePath) {
  console.error('Chromium is not there: install it, or say where it is with CHROMIUM');
  process.exit(2);
}
const QUIET = ['--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
export const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', ...QUIET],
});
export const ran = new Set();
export const faults = [];

// A window with sessions of its own. Requests to elsewhere are cut off and are faults, as is whatever the console complains
// of, except for what is `expected`.
export async function openWindow({ gateway = GATEWAY_URL, expected = /status of 4\d\d/, ...options } = {}) {
  const { host } = new URL(gateway);
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const isOwn = (url) =>
    ['http', 'ws'].some((scheme) => url.startsWith(`${scheme}://${host}/`)) || /^(data|blob):/.test(url);
  await context.route(
    (url) => !isOwn(url.href),
    (route) => {
      faults.push(`a request to ${route.request().url()}`);
      return route.abort();
    },
  );
  const page = await context.newPage();
  page.on('websocket', (socket) => isOwn(socket.url()) || faults.push(`a socket to ${socket.url()}`));
  page.on('pageerror', ({ message }) => expected.test(message) || faults.push(`an error: ${message}`));
  page.on('console', (message) => {
    // A refusal over HTTP is reported there, too: the operations say themselves what they expect.
    if (message.type() === 'error' && !expected.test(message.text())) faults.push(message.text());
  });
  return page;
}

export async function openExplorer(page, gateway = GATEWAY_URL) {
  await page.goto(new URL('/graphiql', gateway).href);
  await isReady(page);
}

export const isReady = (page) => page.locator('.graphiql-query-editor .view-line').first().waitFor();
export const button = (page, name) => page.getByRole('button', { name, exact: true });
export const chip = (page, name) => page.locator('.bar .chip', { hasText: name });
export const isActive = (page, name) => page.locator('.bar .chip[aria-pressed=true]', { hasText: name }).waitFor();

export async function signIn(page, name) {
  if (!(await page.locator('.sign-in').isVisible())) await button(page, 'Show Sign in').click();
  const person = page.locator('.person', { hasText: name });
  if (!(await person.isVisible())) await page.locator('details', { has: person }).locator('summary').click();
  await person.click();
  await isActive(page, name);
  await button(page, 'Show Journeys').click();
}

// Somebody whom nobody knows yet.
export async function signInAnew(page) {
  const phone = `+919${String(Math.random()).slice(2, 11)}`;
  if (!(await page.locator('.sign-in').isVisible())) await button(page, 'Show Sign in').click();
  await page.getByLabel('Phone').fill(phone);
  await page.getByLabel('Phone').press('Enter');
  await isActive(page, phone);
  await button(page, 'Show Journeys').click();
  return phone;
}

// Opens a prepared operation: afterwards the cursor is in it.
export async function choose(page, name) {
  ran.add(name);
  await page.locator('.journeys button').getByText(name, { exact: true }).click();
  await page.locator('.journeys button[aria-pressed=true]').getByText(name, { exact: true }).waitFor();
}

// Runs a prepared query or mutation: what the gateway answers.
export async function answerTo(page, name) {
  await choose(page, name);
  const answered = page.waitForResponse((response) => {
    const body = response.url().endsWith('/graphql') && response.request().postDataJSON();
    return body && body.operationName === name;
  });
  await page.keyboard.press('Control+Enter');
  return (await soon(answered, name)).json();
}

// Runs prepared queries and mutations one after the other: the data of the last.
export async function run(page, ...names) {
  let data;
  for (const name of names) {
    const answer = await answerTo(page, name);
    assert.equal(answer.errors, undefined, `${name}: ${JSON.stringify(answer.errors)}`);
    ({ data } = answer);
  }
  return data;
}

export const response = (page) => page.locator('.graphiql-response .view-lines');
export const status = (page, text) => page.locator('.status', { hasText: text });

export async function follow(page, name) {
  await choose(page, name);
  await page.keyboard.press('Control+Enter');
  await status(page, 'live').waitFor();
}

export async function stop(page) {
  await page.locator('.graphiql-execute-button').click();
  await status(page, 'runs the operation that the cursor is in').waitFor();
}

export const picture = (page, name) => SCREENSHOTS && page.screenshot({ path: `${SCREENSHOTS}/${name}.png` });
