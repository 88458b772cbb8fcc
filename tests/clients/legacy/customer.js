// The customer app of the present revision: `<host>/api/v1`, `Bearer`, reads `access_token`.
import { App, given, rupees, time } from './app.js';

const TABS = { Active: ['pending', 'accepted', 'confirmed'], Completed: ['delivered'], Cancelled: ['cancelled'] };
const MEANINGS = { recharge: 'Money Added', debit: 'Payment', refund: 'Refund', credit: 'Money Credited' };

export class Customer extends App {
  name = 'Customer app';
  role = 'consumer';
  paths = {
    onboarding: '/consumer/onboarding',
    profile: '/consumer/profile/me',
    editProfile: '/consumer/profile/edit',
    shops: '/consumer/shops',
    search: '/consumer/shops/search',
    items: (shop) => `/shop/${shop}/items`,
    cart: '/consumer/cart',
    wallet: '/consumer/wallet',
    confirm: '/consumer/order/confirm',
    history: '/consumer/order/history',
    messages: (order) => `/consumer/orders/${order}/messages`,
    send: (order) => `/consumer/orders/${order}/message`,
    cancel: (order) => `/consumer/orders/${order}/cancel`,
    confirmModified: (order) => `/consumer/orders/${order}/confirm-modified`,
    rate: (order) => `/consumer/orders/${order}/rate`,
    issue: (order) => `/consumer/orders/${order}/issue`,
    raiseReturn: (order) => `/consumer/orders/${order}/return/raise`,
  };

  authorization() {
    return `Bearer ${this.token}`;
  }

  tokenOf(answer) {
    this.refreshToken = answer.refresh_token;
    return answer.access_token;
  }

  wrongCode(phone) {
    return this.screen('Wrong code', async () => {
      await this.post('/send-otp', { phone });
      return this.refused('POST', '/verify-otp', { phone, otp: '999999' }, 401);
    });
  }

  // The token is the one from before the basic form: the app never signs in anew.
  flatForm(flat) {
    return this.screen('Flat form', async (card) => {
      const answer = await this.post(this.paths.onboarding, { flat_number: flat });
      card.line('Alert', answer.message);
    });
  }

  home() {
    return this.screen('Home', async (card) => {
      const { data: profile } = await this.get(this.paths.profile);
      card.line('Hello', profile.name);
      card.line('In', `${profile.society}, ${profile.city}`);
      const { shops } = await this.get(`${this.paths.shops}?status=open`);
      const featured = shops.filter((shop) => shop.featured).slice(0, 3);
      const nearby = shops.slice(0, 6);
      for (const shop of featured) card.entry('Featured', this.shopText(shop), shop.logo_url);
      for (const shop of nearby) card.entry('Nearby', this.shopText(shop), shop.logo_url);
      const { cart } = await this.get(`${this.paths.cart}/view`);
      card.line('Cart', cart.length);
      return { featured: featured.length, nearby: nearby.length };
    });
  }

  shopText(shop) {
    const marks = [shop.is_open ? 'open' : 'closed', shop.delivers && 'delivers', shop.verified && 'verified'];
    return [shop.shop_name, shop.shop_type, ...given(shop.description), shop.society, ...marks.filter(Boolean)];
  }

  shopList(type) {
    return this.screen('Shops', async (card) => {
      const { shops } = await this.get(`${this.paths.shops}?type=${encodeURIComponent(type)}`);
      for (const shop of shops) card.entry(`Shop ${shop.id}`, this.shopText(shop), shop.logo_url);
      return shops.map(({ id }) => id);
    });
  }

  search(words) {
    return this.screen('Search', async (card) => {
      const { shops } = await this.get(`${this.paths.search}?${new URLSearchParams(words)}`);
      card.line('For', new URLSearchParams(words));
      for (const shop of shops) {
        const marks = [shop.is_open ? 'open' : 'closed', shop.delivers ? 'delivers' : 'pick up'];
        card.entry(`Shop ${shop.id}`, [shop.shop_name, shop.shop_type, ...given(shop.description), ...marks]);
      }
      return shops.map(({ id }) => id);
    });
  }

  searchForNothing() {
    return this.screen('Search for nothing', () => this.refused('GET', `${this.paths.search}?q=`, undefined, 400));
  }

  shop(id) {
    return this.screen('Shop', async (card) => {
      const { shop, items } = await this.get(this.paths.items(id));
      card.line(shop.shop_name, shop.shop_type);
      card.line('About', shop.description ?? '–');
      for (const item of items) card.entry(`Item ${item.id}`, [item.title, ...this.itemText(item)], item.image_url);
      return items.map(({ id, title, price }) => ({ id, title, price }));
    });
  }

  itemText(item) {
    const saved = item.mrp > item.price ? [`instead of ${rupees(item.mrp)}`] : [];
    return [...given(item.brand), ...given(item.unit), ...given(item.pack_size), rupees(item.price), ...saved];
  }

  addToCart(item, quantity) {
    return this.screen('Add to cart', async (card) => {
      const answer = await this.post(`${this.paths.cart}/add`, { item_id: item, quantity });
      card.line('Alert', answer.message);
    });
  }

  cart() {
    return this.screen('Cart', (card) => this.drawCart(card));
  }

  async drawCart(card) {
    const answer = await this.get(`${this.paths.cart}/view`);
    card.line('Badge', answer.cart.length);
    for (const line of answer.cart) {
      const sum = `${line.quantity} × ${rupees(line.price)} = ${rupees(line.subtotal)}`;
      card.entry(`Line ${line.id}`, [line.title, ...this.itemText(line), sum], line.image_url);
    }
    card.line('Subtotal', rupees(answer.total_price + answer.total_savings));
    card.line('Savings', rupees(answer.total_savings));
    card.line('Total', rupees(answer.total_price));
    return { lines: answer.cart.map(({ id, name, quantity }) => ({ id, name, quantity })), total: answer.total_price };
  }

  changeCart(act, body) {
    return this.screen(`Cart: ${act}`, async (card) => {
      const answer = await this.post(`${this.paths.cart}/${act}`, body);
      card.line('Alert', answer.message);
      return this.drawCart(card);
    });
  }

  wallet() {
    return this.screen('Wallet', async (card) => {
      const { balance } = await this.get(this.paths.wallet);
      card.line('Balance', `₹${balance.toFixed(2)}`);
      const { transactions } = await this.get(`${this.paths.wallet}/history`);
      for (const each of transactions) {
        const sign = each.type === 'debit' ? '−' : '+';
        const mark = each.status === 'success' ? '✓' : each.status;
        const told = [
          MEANINGS[each.type],
          `${sign}${rupees(each.amount)}`,
          each.reference ?? '–',
          time(each.created_at),
          mark,
        ];
        card.entry(`No. ${each.id}`, told);
      }
      const out = transactions.filter(({ type }) => type === 'debit').reduce((sum, { amount }) => sum + amount, 0);
      const sum = transactions.reduce((sum, { type, amount }) => (type === 'debit' ? sum - amount : sum + amount), 0);
      card.line('Money Out', rupees(out));
      card.check('the history adds up to the balance', Math.abs(sum - balance) < 0.005);
      return balance;
    });
  }

  moveMoney(act, amount, reference) {
    return this.screen(`Wallet: ${act}`, async (card) => {
      const { balance } = await this.post(`${this.paths.wallet}/${act}`, { amount, reference });
      card.line('Balance', `₹${balance.toFixed(2)}`);
      return balance;
    });
  }

  refundWhatNobodyPaid() {
    return this.screen('Wallet: refund of nothing', () =>
      this.refused('POST', `${this.paths.wallet}/refund`, { amount: 100, reference: 'please' }, 403),
    );
  }

  checkout(mode, notes) {
    return this.screen('Checkout', async (card) => {
      const { cart, total_price: total } = await this.get(`${this.paths.cart}/view`);
      for (const { id, name, quantity } of cart) card.entry(`Line ${id}`, [name, `× ${quantity}`]);
      const { balance } = await this.get(this.paths.wallet);
      if (mode === 'wallet') card.check('the balance is enough', balance >= total);
      const answer = await this.post(this.paths.confirm, { payment_mode: mode, delivery_notes: notes });
      card.line('Order', answer.order_id);
      return answer.order_id;
    });
  }

  checkoutOfNothing() {
    return this.screen('Checkout of nothing', () =>
      this.refused('POST', this.paths.confirm, { payment_mode: 'wallet', delivery_notes: '' }, 400),
    );
  }

  orders() {
    return this.screen('Orders', async (card) => {
      const { orders } = await this.get(this.paths.history);
      for (const order of orders) {
        const tab = Object.keys(TABS).find((name) => TABS[name].includes(order.status)) ?? 'All';
        const paid = order.payment_status === 'paid' ? 'paid ✓' : order.payment_status;
        const told = [order.shop_name, order.shop_type, `${order.item_count} items`, rupees(order.total_amount), paid];
        card.entry(`${tab}: ${order.order_id}`, [...told, order.status, time(order.created_at)]);
      }
      return orders.map(({ order_id: id, status, shop_id: shop }) => ({ id, status, shop }));
    });
  }

  // The app knows an order by its place in the whole history.
  async findOrder(id) {
    const { orders } = await this.get(this.paths.history);
    const order = orders.find((order) => order.order_id === id);
    if (!order) throw new Error(`order ${id} is not in the history`);
    return order;
  }

  order(id) {
    return this.screen('Order', async (card) => {
      const order = await this.findOrder(id);
      card.line(`Order ${order.order_id}`, order.status);
      card.line('Of', time(order.created_at));
      card.line('Paid by', `${order.payment_mode}, ${order.payment_status}`);
      card.line('Notes', order.delivery_notes || '–');
      for (const item of order.items) {
        const sum = `${item.quantity} × ₹${item.unit_price.toFixed(2)} = ${rupees(item.subtotal)}`;
        card.entry(`Item ${item.item_id}`, [item.name, sum]);
      }
      card.line('Total', rupees(order.final_amount || order.total_amount));
      const chat = await this.drawChat(card, id);
      return { status: order.status, payment: order.payment_status, total: order.final_amount, ...chat };
    });
  }

  async drawChat(card, id) {
    const { data: profile } = await this.get(this.paths.profile);
    const { messages } = await this.get(this.paths.messages(id));
    card.line('Messages', messages.length);
    const chat = { mine: [], theirs: [] };
    for (const message of messages) {
      const side = message.sender_phone === profile.phone ? 'mine' : 'theirs';
      chat[side].push(message.message);
      card.entry(`${side} ${message.id}`, [message.message, time(message.timestamp)]);
    }
    return chat;
  }

  say(id, text) {
    return this.screen('Order: chat', async (card) => {
      await this.post(this.paths.send(id), { message: text });
      return this.drawChat(card, id);
    });
  }

  cancelOrder(id) {
    return this.screen('Order: cancel', async (card) => {
      const order = await this.findOrder(id);
      card.check('the button is shown', order.status === 'pending');
      const answer = await this.post(this.paths.cancel(id), {});
      card.line('Alert', answer.message);
      return answer.refund;
    });
  }

  acceptChanges(id) {
    return this.screen('Order: accept changes', async (card) => {
      const answer = await this.post(this.paths.confirmModified(id));
      card.line('Alert', answer.message);
      card.line('Refund', rupees(answer.refund));
      return answer.refund;
    });
  }

  rateOrder(id, rating, review) {
    return this.screen('Order: rate', async (card) => {
      const order = await this.findOrder(id);
      card.check('it can be rated', order.status === 'delivered');
      const answer = await this.post(this.paths.rate(id), { rating, review });
      card.line('Alert', answer.message);
    });
  }

  reportIssue(id, kind, description) {
    return this.screen('Order: issue', async (card) => {
      const answer = await this.post(this.paths.issue(id), { issue_type: kind, description });
      card.line('Alert', answer.message);
    });
  }

  returnItems(id, reason) {
    return this.screen('Order: return', async (card) => {
      const order = await this.findOrder(id);
      const items = order.items.map(({ item_id, quantity }) => ({ item_id, quantity }));
      card.check('each box is a box of its own', new Set(items.map(({ item_id }) => item_id)).size === items.length);
      return this.raiseReturn(card, this.paths.raiseReturn(id), items, reason);
    });
  }

  // Whether the shop hears of it.
  async raiseReturn(card, path, items, reason) {
    const answer = await this.post(path, { items, reason });
    card.line('Alert', answer.message);
    return true;
  }

  profile() {
    return this.screen('Profile', (card) => this.drawProfile(card));
  }

  async drawProfile(card) {
    const { data: profile } = await this.get(this.paths.profile);
    card.line('Name', profile.name);
    card.line('Phone', profile.phone);
    card.line('Lives in', `${profile.flat_number}, ${profile.society}, ${profile.city}`);
    card.line('Gender', profile.gender || 'not said');
    card.line('Born', profile.date_of_birth ? new Date(profile.date_of_birth).toDateString() : 'not said');
    if (profile.profile_image_url) await card.picture(profile.profile_image_url);
    return profile;
  }

  // The whole profile goes back, what cannot be changed and what is null included.
  editProfile(changes) {
    return this.screen('Profile: edit', async (card) => {
      const { data: before } = await this.get(this.paths.profile);
      const answer = await this.post(this.paths.editProfile, { ...before, ...changes });
      card.line('Alert', answer.message);
      const after = await this.drawProfile(card);
      for (const key of Object.keys(changes)) card.check(`${key} is kept`, after[key] === changes[key]);
    });
  }
}
