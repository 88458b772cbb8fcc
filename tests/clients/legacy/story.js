// A day in a society that nobody has used before: a vendor opens a shop, a customer with each revision of the app buys
// there, and another one looks at the demo society.
import { counted, uncalled, unread } from './contract.js';
import { NewerCustomer } from './customer-newer.js';
import { PreviousCustomer } from './customer-previous.js';
import { Vendor } from './vendor.js';

const CITY = 'Pune';
// A mobile number of India that nobody has used before, as the apps send it.
function freshPhone() {
  const [number] = crypto.getRandomValues(new Uint32Array(1));
  return `+9198${String(number % 100_000_000).padStart(8, '0')}`;
}
const CSV = 'title,price,quantity_in_stock\nToor dal,149.50,20\nRagi flour,55.25,30\n';

export async function story({ base, olderBase, code, page }) {
  const society = `Banyan Court ${Date.now()}`;
  const vendor = new Vendor(olderBase, page);
  const shop = await openShop(vendor, { code, society });

  const customer = new NewerCustomer(base, page);
  const phone = freshPhone();
  await moveIn(customer, { phone, code, society });
  await customer.wrongCode(freshPhone());
  await browse(customer, shop);
  await fillCart(customer, shop);
  await payIn(customer);
  await buyAndTalk(customer, vendor, shop);
  await buyWithDiscounts(customer, vendor, shop);
  await buyAndChange(customer, vendor, shop);
  await lookAfterOneself(customer, shop);
  await askForHelp(customer);
  await tellOfOneself(customer);
  await leave(customer, new NewerCustomer(base, page), { phone, code });

  const previous = new PreviousCustomer(olderBase, page);
  await moveIn(previous, { phone: freshPhone(), code, society });
  await browse(previous, shop);
  await fillCart(previous, shop);
  await payIn(previous);
  await buyAndTalk(previous, vendor, shop);
  await buyAndChange(previous, vendor, shop);
  await previous.profile();
  await previous.editProfile({ name: 'Previous Renamed', gender: 'Other', date_of_birth: '1985-08-15' });
  await previous.logout();

  await takeHome(vendor);
  const neighbour = new NewerCustomer(base, page);
  neighbour.name = 'Customer app, demo society';
  await lookAround(neighbour, code);
  await account(page, { customers: [customer, neighbour], previous, vendor });
}

async function openShop(vendor, { code, society }) {
  await vendor.signIn(freshPhone(), code);
  await vendor.basicForm('Shop Owner', CITY, society);
  await vendor.profile();
  await vendor.rename('Shopkeeper');
  await vendor.onboard('Banyan Stores');
  await vendor.editShop('Daily needs at the gate');
  await vendor.openShop(false);
  await vendor.openShop(true);
  const { id } = await vendor.shop();
  // Forms send what was typed, and nothing as nothing.
  const typed = { title: 'Basmati rice', price: '120', mrp: '140', quantity_in_stock: '50', unit: 'packet' };
  const details = { brand: 'India Gate', pack_size: '1 kg', category: 'Rice', tags: 'rice' };
  await vendor.addItem({ ...typed, ...details, description: '', sku: '', image_url: '' });
  await vendor.addItem({ title: 'Ghee', price: 640, quantity_in_stock: 40, unit: 'jar', pack_size: '1 l' });
  await vendor.uploadItems(CSV);
  const items = await vendor.items();
  await vendor.updateItem(items[0], { price: '118.5' });
  await vendor.toggleItem(items[1].id);
  await vendor.toggleItem(items[1].id);
  const named = (title) => items.find((item) => item.title === title).id;
  return { id, rice: named('Basmati rice'), ghee: named('Ghee'), dal: named('Toor dal'), count: items.length };
}

async function moveIn(customer, { phone, code, society }) {
  const next = await customer.signIn(phone, code);
  customer.check('a new phone begins with the forms', next === 'Basic form');
  await customer.basicForm('New Neighbour', CITY, society);
  await customer.flatForm('B-1204');
}

async function browse(customer, shop) {
  const { nearby } = (await customer.home()) ?? {};
  customer.check('the shop of the society is on the home screen', nearby === 1);
  customer.check('the list has the shop', (await customer.shopList('grocery'))?.includes(shop.id));
  customer.check('the search finds it', (await customer.search({ q: 'banyan' }))?.includes(shop.id));
  const filters = { q: 'stores', min_price: 100, max_price: 700, available: true };
  customer.check('the filters leave it', (await customer.search(filters))?.includes(shop.id));
  customer.check('a price nobody asks finds nothing', (await customer.search({ min_price: 90000 }))?.length === 0);
  await customer.searchForNothing();
  const items = await customer.shop(shop.id);
  customer.check('the shop shows what is on sale', items?.length === shop.count);
  customer.check('the price is the new one', items?.find(({ id }) => id === shop.rice)?.price === 118.5);
}

async function fillCart(customer, shop) {
  await customer.addToCart(shop.rice, 2);
  await customer.addToCart(shop.ghee, 1);
  customer.check('two lines', (await customer.cart())?.lines.length === 2);
  const updated = await customer.changeCart('update', { item_id: shop.rice, quantity: 3 });
  customer.check('three packets of rice and the ghee', updated?.total === 3 * 118.5 + 640);
  customer.check('one line is left', (await customer.changeCart('remove', { item_id: shop.ghee }))?.lines.length === 1);
  customer.check('nothing is left', (await customer.changeCart('clear', null))?.lines.length === 0);
  await customer.checkoutOfNothing();
}

async function payIn(customer) {
  customer.check('the wallet begins empty', (await customer.wallet()) === 0);
  await customer.moveMoney('load', 5000, 'Manual wallet top-up');
  await customer.moveMoney('debit', '50.50', 'Garden fund');
  await customer.refundWhatNobodyPaid();
  customer.check('part of a debit comes back', (await customer.moveMoney('refund', 20.5, 'Garden fund')) === 4970);
  customer.check('the balance is exact', (await customer.wallet()) === 4970);
}

async function order(customer, shop, wanted, mode, notes) {
  for (const [name, quantity] of Object.entries(wanted)) await customer.addToCart(shop[name], quantity);
  return customer.checkout(mode, notes);
}

// One order in cash that is called off; one from the wallet that is delivered, rated, complained about and returned.
async function buyAndTalk(customer, vendor, shop) {
  const cash = await order(customer, shop, { dal: 1 }, 'cash', '');
  customer.check('nothing to give back', (await customer.cancelOrder(cash)) === 0);
  const before = await customer.wallet();
  const id = await order(customer, shop, { rice: 2, ghee: 2 }, 'wallet', 'Ring twice');
  customer.check('it is paid', (await customer.wallet()) === before - 1517);
  customer.check('the vendor has it', (await vendor.orders())?.[0]?.id === id);
  await vendor.setStatus(id, 'accepted');
  await customer.say(id, 'Is it on its way?');
  const heard = await vendor.chat(id, 'In ten minutes');
  vendor.check(
    'the question came',
    heard?.theirs.includes('Is it on its way?') && heard.mine.includes('In ten minutes'),
  );
  await vendor.setStatus(id, 'delivered');
  const seen = await customer.order(id);
  customer.check('delivered and paid', seen?.status === 'delivered' && seen.payment === 'paid' && seen.total === 1517);
  customer.check('the answer came', seen?.theirs.includes('In ten minutes') && seen.mine.includes('Is it on its way?'));
  await customer.rateOrder(id, 5, 'Quick');
  await customer.reportIssue(id, 'damaged_item', 'One jar leaks');
  vendor.check('the issue came', (await vendor.issues(id))?.includes('damaged_item'));
  customer.lastDelivered = id;
}

// What the vendor changes: fewer of an item, with money back; then a return that the customer asks for, where the app
// can, and one that the vendor begins.
async function buyAndChange(customer, vendor, shop) {
  const id = await order(customer, shop, { rice: 3, dal: 1 }, 'wallet', '');
  const total = await vendor.modify(id, [{ item_id: shop.rice, quantity: 1 }]);
  vendor.check('the new total', total === 118.5 + 149.5);
  customer.check('two packets come back', (await customer.acceptChanges(id)) === 237);
  await vendor.setStatus(id, 'delivered');
  const before = await customer.wallet();
  const asked = await customer.returnItems(id, 'Too much');
  const all = [shop.rice, shop.dal].map((item) => ({ item_id: item, quantity: 1 }));
  await (asked ? vendor.acceptReturn(id) : vendor.initiateReturn(id, all, 'As told'));
  await vendor.completeReturn(id);
  customer.check('the money is back', (await customer.wallet()) === before + 268);
  const other = customer.lastDelivered;
  await vendor.initiateReturn(other, [{ item_id: shop.ghee, quantity: 1 }], 'A leaking jar');
  await vendor.completeReturn(other);
  customer.check('the jar is paid back', (await customer.wallet()) === before + 268 + 640);
  const refused = await order(customer, shop, { dal: 2 }, 'wallet', '');
  await vendor.setStatus(refused, 'rejected');
  const waiting = await order(customer, shop, { dal: 1 }, 'cash', 'Leave it at the gate');
  const orders = await customer.orders();
  const states = [waiting, refused, other, id].map((id) => orders?.find((order) => order.id === id)?.status);
  customer.check('every state is told', states.join() === 'pending,rejected,return_completed,return_completed');
}

async function buyWithDiscounts(customer, vendor, shop) {
  customer.check('the offer is shown', (await customer.offers())?.includes('WELCOME10'));
  const points = await customer.rewards();
  customer.check('the delivered order earned points', points === 151);
  await customer.addToCart(shop.rice, 4);
  await customer.noSuchCoupon();
  customer.check('ten percent off', (await customer.applyCoupon('welcome10')) === 426.6);
  customer.check('and 25 rupees for 100 points', (await customer.redeem(100)) === 401.6);
  const before = await customer.wallet();
  const id = await customer.checkout('wallet', '');
  customer.check('what is paid is what was said', Math.abs((await customer.wallet()) - before + 401.6) < 0.005);
  await vendor.cancelOrder(id);
  customer.check('all is given back', (await customer.wallet()) === before);
  customer.check('the points too', (await customer.rewards()) === 151);
}

async function lookAfterOneself(customer, shop) {
  const home = { house_number: 'B-1204', street: 'Tower Road', landmark: 'Gate 2' };
  const office = { house_number: '7', street: 'Lake Road' };
  for (const address of [home, office]) await customer.act('Addresses: add', '/consumer/address/add', address);
  const [first, second] = (await customer.addresses()) ?? [];
  const moved = { street: 'Garden Road', landmark: null };
  await customer.act('Addresses: edit', `/consumer/address/${first?.id}/edit`, moved);
  await customer.act('Addresses: delete', `/consumer/address/${second?.id}/delete`);
  customer.check('one is left', (await customer.addresses())?.map(({ street }) => street).join() === 'Garden Road');

  await customer.act('Wishlist: add', '/consumer/wishlist/add', { item_id: shop.ghee });
  customer.check('it is wished for', (await customer.wishlist())?.join() === String(shop.ghee));
  await customer.addToCart(shop.ghee, 1);
  await customer.act('Wishlist: remove', '/consumer/wishlist/remove', { item_id: shop.ghee });
  customer.check(
    'it is in the cart instead',
    (await customer.wishlist())?.length === 0 && (await customer.cart())?.lines.length === 1,
  );
  await customer.changeCart('clear', null);

  const news = await customer.notifications();
  customer.check('orders and the wallet are told', news?.types.includes('order') && news.types.includes('wallet'));
  customer.check('one is read', (await customer.markRead({ id: news?.ids[0] })) === news?.unread - 1);
  customer.check('all are read', (await customer.markRead({ all: true })) === 0);
}

async function askForHelp(customer) {
  const ticket = await customer.openTicket('A leaking jar', 'The jar of ghee leaks', customer.lastDelivered);
  customer.check('the ticket is listed', (await customer.tickets())?.includes(ticket));
  await customer.act('Help: reply', `/consumer/support/ticket/${ticket}/reply`, { message: 'It is the blue jar' });
  customer.check(
    'the chat has both',
    (await customer.ticket(ticket))?.join() === 'The jar of ghee leaks,It is the blue jar',
  );
  await customer.settings();
  await customer.changeSettings({ location_allowed: true, marketing_opt_in: true });
  await customer.ask('How do I return an item?');
}

async function tellOfOneself(customer) {
  await customer.profile();
  await customer.editProfile({
    name: 'Renamed Neighbour',
    flat_number: 'C-7',
    gender: 'Female',
    date_of_birth: '1990-02-03',
    preferred_language: 'Marathi',
  });
  await customer.editPicture(
    { name: 'Pictured Neighbour', preferred_language: 'Hindi', flat_number: 'C-8' },
    await drawn(),
  );
}

// A picture as a phone would send it.
function drawn() {
  const canvas = Object.assign(document.createElement('canvas'), { width: 400, height: 300 });
  const paint = canvas.getContext('2d');
  paint.fillStyle = 'teal';
  paint.fillRect(0, 0, 400, 300);
  paint.fillStyle = 'gold';
  paint.fillRect(100, 75, 200, 150);
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}

// Signed in on two phones, out of both at once; then in and out again.
async function leave(customer, other, { phone, code }) {
  other.name = 'Customer app, another phone';
  other.check('who is known goes home', (await other.signIn(phone, code)) === 'Home');
  await other.wallet();
  customer.check('both are signed out', (await customer.logoutEverywhere()) >= 2);
  await other.walletAfterLogout();
  await customer.walletAfterLogout();
  await customer.signIn(phone, code);
  await customer.logout();
  await customer.walletAfterLogout();
}

async function takeHome(vendor) {
  await vendor.creditMyself();
  const balance = await vendor.wallet();
  vendor.check('the sales are in the wallet', balance > 0);
  vendor.check('the rest stays', (await vendor.withdraw(100)) === balance - 100);
  await vendor.openShop(false);
  await vendor.logout();
}

async function lookAround(neighbour, code) {
  await neighbour.signIn(freshPhone(), code);
  await neighbour.basicForm('Demo Neighbour', CITY, 'Green Meadows');
  await neighbour.flatForm('D-9');
  const { featured, nearby } = (await neighbour.home()) ?? {};
  neighbour.check('shops stand out', featured > 0 && nearby > 1);
  await neighbour.shopList('');
  const [shop] = (await neighbour.search({ q: 'basket', rating: 4 })) ?? [];
  await neighbour.shop(shop);
  await neighbour.offers();
  await neighbour.logout();
}

async function account(page, { customers, previous, vendor }) {
  const card = page.card('Contract', 'What was not seen');
  const lacking = [...unread(customers), ...uncalled(previous, 'customer'), ...uncalled(vendor, 'vendor')];
  card.line('Seen', `${counted.keys} keys of ${counted.paths} paths, and the paths of the older apps`);
  if (lacking.length > 0) card.failed(lacking.join('; '));
  else card.done();
}
