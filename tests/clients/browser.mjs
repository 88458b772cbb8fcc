// The old apps, in a real browser, on another origin: each screen makes the calls that its app made, and reads what it
// read. The apps are in legacy/; nothing here helps them. Needs a gateway as gateway.mjs does, with RATE_LIMITS=off.
// LEGACY_ROOT=1 when the gateway serves the old paths at its root too; CHROMIUM says where the browser is; SCREENSHOTS
// names a folder for what it showed.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { chromium } from 'playwright-core';
import { soon, step } from './gateway.mjs';

const { GATEWAY_URL, DEV_OTP = '123456', LEGACY_ROOT, CHROMIUM = '/usr/bin/chromium', SCREENSHOTS } = process.env;
const FOLDER = new URL('./legacy/', import.meta.url);
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
];
const gateway = new URL(GATEWAY_URL).origin;

// Serves the page at a name of its own, so that the gateway is another site and not just another port.
async function servePage() {
  const server = createServer(async (request, response) => {
    const name = new URL(request.url, 'http://page').pathname.slice(1) || 'index.html';
    const text = /^[\w-]+\.\w+$/.test(name) && (await readFile(new URL(name, FOLDER)).catch(() => null));
    if (!text) return response.writeHead(404).end();
    response.writeHead(200, { 'content-type': TYPES[extname(name)] }).end(text);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, origin: `http://localhost:${server.address().port}` };
}

// What the page may not do: fail a call or a preflight, complain, or speak to others. The browser tells each refusal as an
// error of the console: those that the apps asked for are compared, none is let through at large.
async function watch(page, origins) {
  const seen = { faults: [], refusals: [], preflights: 0 };
  page.on('pageerror', (error) => seen.faults.push(`error: ${error.stack}`));
  page.on('requestfailed', (request) => seen.faults.push(`failed: ${request.url()} ${request.failure().errorText}`));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (!['data:', 'blob:'].includes(url.protocol) && !origins.includes(url.origin))
      seen.faults.push(`outside: ${url}`);
  });
  page.on('console', (message) => {
    const refused = message.text().match(/^Failed to load resource: the server responded with a status of (4\d\d)/);
    if (refused) seen.refusals.push(`${refused[1]} ${message.location().url}`);
    else if (['error', 'warning'].includes(message.type())) seen.faults.push(`console: ${message.text()}`);
  });
  const devtools = await page.context().newCDPSession(page);
  const preflights = new Set();
  devtools.on('Network.requestWillBeSent', ({ requestId, request }) => {
    if (request.method === 'OPTIONS') preflights.add(requestId);
  });
  devtools.on('Network.responseReceived', ({ requestId, response }) => {
    if (!preflights.has(requestId)) return;
    seen.preflights += 1;
    if (response.status >= 300) seen.faults.push(`preflight: ${response.status} ${response.url}`);
  });
  await devtools.send('Network.enable');
  return seen;
}

// The head of the page, and each of its parts.
async function photograph(page) {
  await page.screenshot({ path: join(SCREENSHOTS, 'page.png') });
  for (const [place, part] of (await page.locator('section').all()).entries()) {
    await part.screenshot({ path: join(SCREENSHOTS, `part-${place + 1}.png`) });
  }
}

const { server, origin } = await servePage();
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
try {
  const page = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
  const seen = await watch(page, [gateway, origin]);
  const older = LEGACY_ROOT === '1' ? gateway : `${gateway}/api/v1`;
  await page.goto(`${origin}/?${new URLSearchParams({ gateway, older, code: DEV_OTP })}`);
  await soon(page.waitForFunction('window.report', null, { timeout: 0 }), 'the end of the story', 90);
  const report = await page.evaluate('({ ...report, keys: report.keys.size })');
  if (SCREENSHOTS) await photograph(page);
  for (const failure of [...report.failures, ...seen.faults]) console.error(`not ok  ${failure}`);
  assert.deepEqual([...report.failures, ...seen.faults], [], 'the old apps do not work');
  assert.deepEqual(seen.refusals.sort(), report.refusals.sort(), 'no refusals but those that the apps were told');
  assert.ok(seen.preflights > 0, 'the browser asked before it called');
  step(`old apps: ${report.summary}; ${seen.preflights} preflights`);
} finally {
  await browser.close();
  server.close();
}
