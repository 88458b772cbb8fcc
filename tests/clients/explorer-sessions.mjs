// What the explorer does when codes are refused, tokens expire, sessions end and the gateway goes away: in a real browser,
// against a gateway of its own.
import { remove, start, stop } from './own-gateway.mjs';
import assert from 'node:assert/strict';
import {
  answerTo, browser, button, chip, choose, faults, follow, isActive, isReady, openExplorer, openWindow, picture, response,
  run, signIn, status,
} from './explorer-page.mjs';
import { expiring, graphql, moveOrder, placeOrder, signInConsumer, signInVendor, soon, step } from './gateway.mjs';

const SESSIONS = 'society-gateway:sessions';
// A gateway that is away is complained of by the browser as well, and by an editor that wants a worker of it: an event.
const expected = /status of 4\d\d|ERR_CONNECTION_REFUSED|WebSocket connection to|^Event$/;

// Of the page itself: the tab that shows how it is done sends a name.
const isRenewal = (request) => request.postData()?.includes('refreshSession') && !request.postDataJSON().operationName;

// The requests for new tokens that a page sends from now on.
function renewals(page) {
  const seen = [];
  page.on('request', (request) => isRenewal(request) && seen.push(request));
  return seen;
}

// The page goes on with a token that the gateway takes for so many seconds more, as if its clock were late.
async function shorten(page, seconds) {
  const kept = JSON.parse(await page.evaluate((key) => sessionStorage.getItem(key), SESSIONS));
  for (const session of kept.all) session.accessToken = expiring(session.accessToken, seconds);
  await page.evaluate(([key, text]) => sessionStorage.setItem(key, text), [SESSIONS, JSON.stringify(kept)]);
  await page.reload();
  await isReady(page);
}

async function test() {
  const stranger = await openWindow({ expected });
  await stranger.route('**/people.json', (route) => route.fulfill({ status: 404 }));
  await openExplorer(stranger);
  for (let codes = 0; codes < 3; codes += 1) {
    await stranger.getByLabel('Phone').fill('9000000003');
    await stranger.getByLabel('Phone').press('Enter');
    await stranger.getByLabel('Code for').fill('000000');
    await stranger.getByLabel('Code for').press('Enter');
    await stranger.getByRole('alert').getByText('Invalid or expired OTP').waitFor();
    await button(stranger, 'Another phone').click();
    await stranger.locator('.problem').waitFor({ state: 'detached' });
  }
  await stranger.getByLabel('Phone').fill('9000000003');
  await stranger.getByLabel('Phone').press('Enter');
  await stranger.getByRole('alert').getByText(/^Too many tries\. Try again in \d+ min;/).waitFor();
  await picture(stranger, 'too-many-codes');
  step('too many codes are refused with the time to wait');

  const vendor = await signInVendor();
  const page = await openWindow({ expected });
  // Its clock can be put forward, and goes on by itself.
  await page.clock.install();
  await openExplorer(page);
  await signIn(page, 'Demo Consumer One');
  const asked = renewals(page);
  await page.clock.fastForward('14:30');
  await run(page, 'WhoAmI');
  assert.equal(asked.length, 1);
  await run(page, 'Wallet');
  assert.equal(asked.length, 1);
  step('a token is renewed once, before it expires');

  await shorten(page, -1);
  assert.equal((await answerTo(page, 'WhoAmI')).errors[0].extensions.code, 'TOKEN_EXPIRED');
  await response(page).getByText('"Demo Consumer One"').waitFor();
  assert.equal(asked.length, 2);
  step('a token that expired unnoticed is renewed, and the question asked again');

  const consumer = await signInConsumer();
  await shorten(page, 4);
  await follow(page, 'Follow');
  const order = await placeOrder(consumer, vendor);
  await status(page, '1 event').waitFor();
  // While it has no token, something happens.
  await page.route('**/graphql', async (route) => {
    if (isRenewal(route.request())) await moveOrder(vendor, order, 'ACCEPTED');
    await route.continue();
  });
  await status(page, '2 events').waitFor();
  await page.unroute('**/graphql');
  assert.equal(asked.length, 3);
  step('a subscription outlives its token, and misses nothing');

  const beside = await openWindow({ expected });
  await openExplorer(beside);
  await stop();
  await status(page, 'connection lost').waitFor();
  await picture(page, 'connection-lost');
  await button(beside, 'Show Journeys').click();
  await choose(beside, 'SignIn');
  await beside.keyboard.press('Control+Enter');
  await response(beside).getByText('The gateway does not answer. Does it run?').waitFor();
  await status(beside, 'no answer').waitFor();
  await button(beside, 'Show Sign in').click();
  await beside.getByLabel('Phone').fill('9000000002');
  await beside.getByLabel('Phone').press('Enter');
  await beside.getByRole('alert').getByText('The gateway does not answer. Does it run?').waitFor();
  await start();
  await moveOrder(vendor, order, 'DELIVERED');
  await status(page, 'live').waitFor();
  await status(page, '3 events').waitFor();
  await response(page).getByText('"DELIVERED"').waitFor();
  step('a gateway that goes away and comes back is waited for, and nothing is missed');

  const sockets = [];
  page.on('websocket', (socket) => sockets.push(socket));
  await graphql(consumer, 'mutation { logoutAll { message } }');
  await page.locator('.bar .notice', { hasText: 'Demo Consumer One is signed out: the session has ended.' }).waitFor();
  await response(page).getByText('Demo Consumer One is signed out').waitFor();
  await isActive(page, 'Nobody');
  assert.equal(await chip(page, 'Demo Consumer One').count(), 0);
  await status(page, 'runs the operation that the cursor is in').waitFor();
  await picture(page, 'signed-out');
  // What would be tried again would be within five seconds.
  await page.clock.fastForward('00:10');
  await run(page, 'SignIn');
  assert.deepEqual([asked.length, sockets.length], [4, 1]);
  step('a session that is ended elsewhere ends the subscription with a sentence, and is not tried again');

  await signIn(page, 'Demo Consumer Two');
  const [other] = JSON.parse(await page.evaluate((key) => sessionStorage.getItem(key), SESSIONS)).all;
  await graphql(other.accessToken, 'mutation { logoutAll { message } }');
  assert.equal((await answerTo(page, 'Wallet')).errors[0].extensions.code, 'UNAUTHENTICATED');
  await page.locator('.bar .notice', { hasText: 'Demo Consumer Two is signed out: the session has ended.' }).waitFor();
  assert.equal(asked.length, 5);
  step('so does a question');
  assert.deepEqual(faults, []);
}

try {
  await start();
  await soon(test(), 'the end', 90);
} finally {
  await browser.close();
  await remove();
}
