// The explorer in a real browser, against a gateway (see gateway.mjs): nothing is loaded from elsewhere, people sign in, every
// prepared operation runs, and what one person does in one window is seen live by another in theirs.
// SCREENSHOTS=folder keeps pictures of it, in light and in dark.
import assert from 'node:assert/strict';
import {
  answerTo, browser, button, chip, choose, faults, follow, isActive, openExplorer, openWindow, picture, ran, response, run,
  signIn, signInAnew, status, stop,
} from './explorer-page.mjs';
import { step } from './gateway.mjs';

const { GATEWAY_URL, DEV_OTP = '123456' } = process.env;

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
await isActive(stranger, 'Demo Consumer Two');
await stranger.reload();
await isActive(stranger, 'Demo Consumer Two');
await button(stranger, 'Sign out Demo Consumer Two').click();
await isActive(stranger, 'Nobody');
await stranger.context().close();
step('a phone and a code sign in, wrong ones are explained, a reload keeps it, signing out ends it');

const consumer = await openWindow({ colorScheme: 'light' });
await openExplorer(consumer);
await picture(consumer, 'light-first');
await signIn(consumer, 'Demo Consumer One');
await run(consumer, 'SignIn', 'EnterCode', 'WhoAmI', 'Renew', 'Devices', 'SignOutDevice', 'SignOutElsewhere');
await run(consumer, 'Browse');
await response(consumer).getByText('"Daily Basket"').waitFor();
await picture(consumer, 'light-answer');
await run(consumer, 'OneShop', 'Search', 'OneItem', 'Wish', 'Wishlist', 'Unwish');
await run(consumer, 'Wallet', 'AddMoney', 'Pay', 'GiveBack');
await run(consumer, 'Cart', 'AddToCart', 'UseCoupon', 'TakeCouponOut', 'TakeOut', 'EmptyCart', 'AddToCart');
await run(consumer, 'ChangeQuantity', 'SetQuantity');
step('a consumer signs in with one click, browses, loads the wallet and fills the cart');

const vendor = await openWindow({ colorScheme: 'dark' });
await openExplorer(vendor);
await picture(vendor, 'dark-first');
await signIn(vendor, 'Daily Basket Owner');
const { confirmOrder } = await run(consumer, 'Order');
await follow(consumer, 'Follow');
const { shopOrders } = await run(vendor, 'Vendor', 'ShopOrders');
assert.equal(shopOrders.nodes[0].id, confirmOrder.order.id);
await response(vendor).getByText('"PENDING"').first().waitFor();
await picture(vendor, 'dark-answer');
await run(vendor, 'Accept');
await response(consumer).getByText('"ACCEPTED"').first().waitFor();
await run(vendor, 'Deliver');
await response(consumer).getByText('"DELIVERED"').first().waitFor();
await status(consumer, '2 events, the newest first').waitFor();
await response(consumer).getByText('"earlier"').waitFor();
await picture(consumer, 'light-live');
await stop(consumer);
step('what the vendor does with an order is seen live by the consumer');

await run(consumer, 'MyOrders', 'OneOrder', 'Rate', 'ReportIssue', 'AskToReturn', 'Chat', 'ChatFromNowOn', 'Write');
await run(vendor, 'ShopWallet', 'SetBankAccount', 'Withdraw', 'Spend', 'AcceptReturn', 'CompleteReturn', 'ShopIssues');
await run(vendor, 'ShopItems', 'AddItem', 'ChangeItem', 'ToggleItem', 'EditShop', 'SetHours', 'OpenShop');
await run(vendor, 'AddPaper', 'Papers');
const placeOrder = () => run(consumer, 'AddToCart', 'ChangeQuantity', 'Order');
await placeOrder();
await run(vendor, 'ShopOrders', 'Modify');
await run(consumer, 'AgreeToChange');
await run(vendor, 'Deliver', 'TakeBack', 'CompleteReturn');
await placeOrder();
await run(consumer, 'Cancel');
await placeOrder();
await run(vendor, 'ShopOrders', 'Reject');
await run(consumer, 'AddToCart', 'Rewards', 'Offers', 'UsePoints', 'KeepPoints', 'Notifications', 'MarkAllRead');
step('orders are rated, returned, changed, cancelled and rejected');

await follow(consumer, 'FollowChat');
await run(vendor, 'ShopOrders', 'Write');
await response(consumer).getByText('"When will it come?"').waitFor();
await stop(consumer);
await follow(vendor, 'FollowShop');
await stop(vendor);
await run(consumer, 'Profile', 'EditProfile', 'AddAddress', 'Addresses', 'ChangeAddress', 'RemoveAddress');
await run(consumer, 'ChangeSettings', 'MyData', 'Support', 'Ask', 'OpenTicket', 'Tickets', 'OneTicket', 'Reply');
await choose(consumer, 'AskLive');
await consumer.keyboard.press('Control+Enter');
await response(consumer).getByText('"suggestions"').waitFor();
step('profile, addresses, support and the assistant answer');

const office = await openWindow();
await openExplorer(office);
const phone = await signInAnew(office);
await run(office, 'Societies', 'Introduce', 'CompleteProfile', 'Rename');
await isActive(office, 'Newest Neighbour');
await run(office, 'DeleteAccount');
await office.locator('.bar .notice', { hasText: 'Newest Neighbour is signed out' }).waitFor();
await isActive(office, 'Nobody');
assert.equal(await chip(office, phone).count(), 0);
await signInAnew(office);
await run(office, 'IntroduceVendor', 'RegisterBusiness', 'CreateShop', 'SignOutEverywhere');
await signInAnew(office);
await run(office, 'SignOut');
await isActive(office, 'Nobody');
step('newcomers introduce themselves, open a shop, sign out and delete their account');

await signIn(office, 'Demo Staff');
await follow(consumer, 'FollowNotifications');
await run(office, 'Staff', 'Answer', 'Settle', 'Shops', 'Verify', 'Feature', 'Person', 'Adjust', 'SignThemOut');
const { managedOffers } = await run(office, 'AllOffers');
// A code is made once: an earlier run may have made it.
if (managedOffers.nodes.some(({ code }) => code === 'COFFEE5')) ran.add('MakeOffer');
else await run(office, 'MakeOffer');
await run(office, 'WithdrawOffer');
// Some are sent before they can be stopped.
for (let sent = 1, errors = []; errors; sent += 1) {
  assert.ok(sent < 9, JSON.stringify(errors));
  await run(office, 'Promote');
  ({ errors } = await answerTo(office, 'StopPromotion'));
}
await run(office, 'Promote');
await response(consumer).getByText('"Fresh this week"').first().waitFor();
await stop(consumer);
const { staffActions } = await run(office, 'Progress', 'Promotions', 'StaffLog');
assert.equal(staffActions.nodes[0].action, 'PROMOTION_SENT');
await signIn(office, 'Demo Admin');
await run(office, 'Everybody', 'EveryShop', 'EveryOrder');
await picture(office, 'staff');
step('staff looks after tickets, shops, people, offers and promotions, which the consumer hears of live');

// Another person in the same window: each request is made as who is active.
await choose(consumer, 'Staff');
await consumer.locator('.hint', { hasText: 'These operations are for staff and admins' }).waitFor();
await button(consumer.locator('.hint'), 'Sign in').click();
await signIn(consumer, 'Demo Staff');
assert.equal((await run(consumer, 'WhoAmI')).me.name, 'Demo Staff');
await chip(consumer, 'Demo Consumer One').click();
assert.equal((await run(consumer, 'WhoAmI')).me.name, 'Demo Consumer One');
await chip(consumer, 'Nobody').click();
assert.equal((await answerTo(consumer, 'WhoAmI')).errors[0].extensions.code, 'UNAUTHENTICATED');
await button(consumer.locator('.status'), 'Sign in first').click();
await consumer.locator('.sign-in').waitFor();
step('several people are signed in, one of whom asks');

const narrow = await openWindow({ viewport: { width: 420, height: 860 } });
await openExplorer(narrow);
await narrow.keyboard.type('9000000002');
await narrow.keyboard.press('Enter');
await isActive(narrow, 'Demo Consumer Two');
await button(narrow, 'Show Journeys').press('Enter');
await run(narrow, 'Browse');
await response(narrow).getByText('"Daily Basket"').waitFor();
const { y, height } = await status(narrow, 'asked as Demo Consumer Two').boundingBox();
assert.ok(y > 0 && y + height <= 860, 'the answer is out of sight');
assert.equal(await narrow.evaluate(() => document.documentElement.scrollWidth), 420);
await picture(narrow, 'narrow');
await narrow.locator('.journeys button').first().press('Escape');
await narrow.locator('.journeys').waitFor({ state: 'detached' });
await narrow.locator('.graphiql-query-editor .focused').first().waitFor();
step('on a narrow page and with the keyboard, the answer comes into sight, and Escape leads back to the operation');

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
