// The older vendor app: old paths, the token as it is, reads `auth_token`.
import { App, given, rupees, time } from './app.js';

export class Vendor extends App {
  name = 'Vendor app';
  role = 'vendor';

  authorization() {
    return this.token;
  }

  tokenOf(answer) {
    return answer.auth_token;
  }

  profile() {
    return this.screen('Profile', async (card) => {
      const { data: profile } = await this.get('/profile/me');
      card.line(profile.name, profile.phone);
      card.line('In', `${profile.society}, ${profile.city}`);
      card.check('the phone is the one of the login', profile.phone === this.phone);
    });
  }

  rename(name) {
    return this.form('Profile: edit', '/profile/edit', { name });
  }

  // A form of the onboarding or of the shop: what is filled in, and what the alert says.
  form(title, path, body) {
    return this.screen(title, async (card) => {
      const answer = await this.post(path, body);
      card.line('Alert', answer.message);
      return answer;
    });
  }

  async onboard(shop) {
    const business = { business_type: 'Grocery', business_name: shop, address: 'Gate 2' };
    await this.form('Business form', '/vendor/profile', { ...business, gst_number: '27ABCDE1234F1Z5' });
    const document = { document_type: 'GST', file_url: 'https://files.example.org/gst.pdf' };
    await this.form('Document form', '/vendor/upload-document', document);
    const bank = { bank_name: 'Demo Bank', account_number: '123456789012', ifsc_code: 'SBIN0001234' };
    await this.form('Bank form', '/vendor/payout/setup', bank);
    const front = { shop_name: shop, shop_type: 'Grocery', description: 'Daily needs', logo_url: '' };
    const ways = { delivers: true, appointment_only: false, is_open: true, category_tags: 'daily needs,organic' };
    await this.form('Shop form', '/vendor/create-shop', { ...front, ...ways });
    const day = (day_of_week) => ({ day_of_week, open_time: '09:00', close_time: '21:00' });
    const sunday = { day_of_week: 6, open_time: 'Closed', close_time: 'Closed' };
    await this.form('Hours', '/shop/update-hours', { weekly_hours: [0, 1, 2, 3, 4, 5].map(day).concat(sunday) });
  }

  shop() {
    return this.screen('My shop', async (card) => {
      const { data: shop } = await this.get('/shop/my');
      card.line(shop.shop_name, shop.shop_type);
      card.line('Is', shop.is_open ? 'open' : 'closed');
      return { id: shop.id, isOpen: shop.is_open, description: shop.description };
    });
  }

  editShop(description) {
    return this.form('Edit shop', '/shop/edit', { description, featured: true, verified: true });
  }

  openShop(isOpen) {
    return this.form(isOpen ? 'Open shop' : 'Close shop', '/vendor/shop/toggle_status', { is_open: isOpen });
  }

  addItem(item) {
    return this.form('Add item', '/item/add', item);
  }

  uploadItems(csv) {
    const file = new FormData();
    file.append('file', new File([csv], 'items.csv', { type: 'text/csv' }));
    return this.form('Upload items', '/item/bulk-upload', file);
  }

  items() {
    return this.screen('My items', async (card) => {
      const { data: items } = await this.get('/item/my');
      for (const item of items) {
        const told = [
          item.price.toString(),
          item.quantity_in_stock.toString(),
          item.is_available ? 'on sale' : 'hidden',
        ];
        card.entry(`Item ${item.id}`, [item.title, ...told]);
      }
      return items;
    });
  }

  // The whole item goes back, with what the form has no field for.
  updateItem(item, changes) {
    return this.form('Edit item', `/item/update/${item.id}`, { ...item, ...changes });
  }

  toggleItem(id) {
    return this.form('Show or hide item', `/item/${id}/toggle`, {});
  }

  orders() {
    return this.screen('Orders', async (card) => {
      const { orders } = await this.get('/order/vendor');
      for (const order of orders) {
        const items = order.items.map(
          ({ name, quantity, unit_price: price }) => `${quantity} × ${name} at ${rupees(price)}`,
        );
        const money = `${rupees(order.final_amount)} of ${rupees(order.total_amount)}, ${order.payment_mode} ${order.payment_status}`;
        const told = [
          order.customer,
          ...items,
          money,
          order.status,
          ...given(order.delivery_notes),
          time(order.created_at),
        ];
        card.entry(`Order ${order.order_id}`, told);
      }
      return orders.map(({ order_id: id, status, customer, items }) => ({ id, status, customer, items }));
    });
  }

  setStatus(id, status) {
    return this.form(`Order: ${status}`, `/order/vendor/status/${id}`, { status });
  }

  modify(id, modifications) {
    return this.screen('Order: modify', async (card) => {
      const answer = await this.post(`/order/vendor/modify/${id}`, { modifications });
      card.line('New total', rupees(answer.new_total));
      return answer.new_total;
    });
  }

  cancelOrder(id) {
    return this.form('Order: cancel', `/order/vendor/cancel/${id}`, {});
  }

  chat(id, text) {
    return this.screen('Order: chat', async (card) => {
      await this.post(`/order/vendor/message/send/${id}`, { message: text });
      const { messages } = await this.get(`/order/vendor/messages/${id}`);
      const chat = { mine: [], theirs: [] };
      for (const message of messages) {
        const side = message.sender_phone === this.phone ? 'mine' : 'theirs';
        chat[side].push(message.message);
        card.entry(side, [message.message, time(message.timestamp)]);
      }
      return chat;
    });
  }

  issues(order) {
    return this.screen('Issues', async (card) => {
      const { issues } = await this.get(`/order/vendor/issues?order_id=${order}`);
      for (const issue of issues) {
        const told = [issue.issue_type, issue.description, issue.user_phone, issue.status, time(issue.created_at)];
        card.entry(`Order ${issue.order_id}`, told);
      }
      return issues.map(({ issue_type: kind }) => kind);
    });
  }

  acceptReturn(id) {
    return this.form('Return: accept', `/order/return/vendor/accept/${id}`, {});
  }

  initiateReturn(id, items, reason) {
    return this.form('Return: initiate', `/order/return/vendor/initiate/${id}`, { items, reason });
  }

  completeReturn(id) {
    return this.form('Return: complete', `/order/return/complete/${id}`, {});
  }

  wallet() {
    return this.screen('Wallet', async (card) => {
      const { balance } = await this.get('/vendor/wallet');
      card.line('Balance', `₹${balance.toFixed(2)}`);
      const { transactions } = await this.get('/vendor/wallet/history');
      for (const { id, type, amount, reference, status, created_at: at } of transactions) {
        card.entry(`No. ${id}`, [type, rupees(amount), ...given(reference), status, time(at)]);
      }
      return balance;
    });
  }

  withdraw(amount) {
    return this.screen('Withdraw', async (card) => {
      const answer = await this.post('/vendor/wallet/withdraw', { amount });
      card.line('Alert', answer.message);
      card.line('To', answer.bank_account);
      return answer.balance;
    });
  }

  creditMyself() {
    return this.screen('Credit myself', () =>
      this.refused('POST', '/vendor/wallet/credit', { amount: 100, reference: 'me' }, 403),
    );
  }
}
