// The customer app as the specification wants it: the screens that the old one had not yet.
import { given, rupees, time } from './app.js';
import { Customer } from './customer.js';

export class NewerCustomer extends Customer {
  // One call, and what the alert says.
  act(title, path, body) {
    return this.screen(title, async (card) => {
      const answer = await this.post(path, body);
      card.line('Alert', answer.message);
      return answer;
    });
  }

  // The edit form with a new picture: a form with a file.
  editPicture(changes, picture) {
    return this.screen('Profile: picture', async (card) => {
      const form = new FormData();
      for (const [key, value] of Object.entries(changes)) form.append(key, value);
      form.append('avatar', new File([picture], 'me.png', { type: 'image/png' }));
      const answer = await this.post(this.paths.editProfile, form);
      card.line('Alert', answer.message);
      const after = await this.drawProfile(card);
      card.check('it has a picture', Boolean(after.profile_image_url));
      for (const key of Object.keys(changes)) card.check(`${key} is kept`, after[key] === changes[key]);
    });
  }

  addresses() {
    return this.screen('Addresses', async (card) => {
      const { addresses } = await this.get('/consumer/addresses');
      for (const { id, house_number: house, street, landmark, created_at: since } of addresses) {
        card.entry(`Address ${id}`, [house, street, ...given(landmark), time(since)]);
      }
      return addresses.map(({ id, house_number: house, street }) => ({ id, house, street }));
    });
  }

  wishlist() {
    return this.screen('Wishlist', async (card) => {
      const { wishlist } = await this.get('/consumer/wishlist');
      for (const entry of wishlist) {
        const state = [entry.available ? 'on sale' : 'not on sale', entry.is_open ? 'open' : 'closed'];
        const told = [entry.title, ...this.itemText(entry), entry.shop_name, ...state, time(entry.added_at)];
        card.entry(`Item ${entry.item_id}`, told, entry.image_url);
      }
      return wishlist.map(({ item_id: id }) => id);
    });
  }

  notifications() {
    return this.screen('Notifications', async (card) => {
      const { notifications, unread_count: unread } = await this.get('/consumer/notifications');
      card.line('Unread', unread);
      for (const { id, type, title, body, target, read_at: seen, created_at: at } of notifications) {
        const link = target.id === null ? target.screen : `${target.screen} ${target.id}`;
        card.entry(`No. ${id}`, [type, title, body, `opens ${link}`, seen ? 'read' : 'new', time(at)]);
      }
      return { ids: notifications.map(({ id }) => id), types: notifications.map(({ type }) => type), unread };
    });
  }

  markRead(body) {
    return this.screen('Notifications: read', async (card) => {
      const answer = await this.post('/consumer/notifications/mark-read', body);
      card.line('Alert', answer.message);
      card.line('Unread', answer.unread_count);
      return answer.unread_count;
    });
  }

  offers() {
    return this.screen('Offers', async (card) => {
      const { offers } = await this.get('/consumer/offers');
      for (const offer of offers) {
        const value = offer.discount_type === 'percent' ? `${offer.discount_value} %` : rupees(offer.discount_value);
        const most = offer.max_discount === null ? 'no limit' : `at most ${rupees(offer.max_discount)}`;
        const until = offer.expires_at ? `until ${time(offer.expires_at)}` : 'always';
        const told = [
          offer.title,
          value,
          `from ${rupees(offer.min_order_amount)}`,
          most,
          offer.shop_name ?? 'any shop',
          until,
        ];
        card.entry(offer.code, [...told, offer.already_redeemed ? 'used' : 'new']);
      }
      return offers.map(({ code }) => code);
    });
  }

  applyCoupon(code) {
    return this.screen('Cart: coupon', async (card) => {
      const answer = await this.post('/consumer/cart/apply-coupon', { code });
      card.line('Alert', answer.message);
      card.line(
        answer.code,
        `${rupees(answer.subtotal)} − ${rupees(answer.discount)} = ${rupees(answer.adjusted_total)}`,
      );
      card.check('the total is what is left', answer.adjusted_total === answer.payable_amount);
      return answer.payable_amount;
    });
  }

  noSuchCoupon() {
    return this.screen('Cart: no such coupon', () =>
      this.refused('POST', '/consumer/cart/apply-coupon', { code: 'NOSUCHCODE' }, 404),
    );
  }

  rewards() {
    return this.screen('Rewards', async (card) => {
      const { points, point_value: worth, tier, lifetime_points: ever, ledger } = await this.get('/consumer/rewards');
      card.line('Points', `${points}, worth ${rupees(points * worth)}`);
      const next = tier.next_tier === null ? 'the last tier' : `${tier.next_tier} from ${tier.next_tier_points}`;
      card.line(
        'Tier',
        `${tier.name} from ${tier.min_points}, ${Math.round(tier.progress * 100)} % of the way; next ${next}`,
      );
      card.line('Ever', ever);
      for (const { id, points, type, order_id: order, reference, created_at: at } of ledger) {
        card.entry(`No. ${id}`, [points, type, ...given(order), reference, time(at)]);
      }
      return points;
    });
  }

  redeem(points) {
    return this.screen('Cart: points', async (card) => {
      const answer = await this.post('/consumer/rewards/redeem', { amount: points });
      card.line('Alert', answer.message);
      card.line('Redeemed', `${answer.points_redeemed} for ${rupees(answer.discount)}, ${answer.points} left`);
      card.line('To pay', rupees(answer.payable_amount));
      return answer.payable_amount;
    });
  }

  openTicket(subject, message, order) {
    return this.screen('Help: new ticket', async (card) => {
      const { faqs } = await this.get('/consumer/support/faqs');
      for (const { category, question } of faqs.slice(0, 3)) card.entry(category, [question]);
      const body = { subject, message, category: 'order', order_id: order };
      const answer = await this.post('/consumer/support/ticket', body);
      card.line('Alert', answer.message);
      card.line(`Ticket ${answer.ticket_id}`, answer.ticket.status);
      return answer.ticket_id;
    });
  }

  tickets() {
    return this.screen('Help: tickets', async (card) => {
      const { tickets } = await this.get('/consumer/support/tickets');
      for (const { id, subject, category, status, order_id: order, updated_at: at } of tickets) {
        card.entry(`Ticket ${id}`, [subject, ...given(category), status, ...given(order), time(at)]);
      }
      return tickets.map(({ id }) => id);
    });
  }

  ticket(id) {
    return this.screen('Help: ticket', async (card) => {
      const { ticket, messages } = await this.get(`/consumer/support/ticket/${id}`);
      card.line(ticket.subject, ticket.status);
      for (const { sender, message, timestamp } of messages) card.entry(sender, [message, time(timestamp)]);
      return messages.map(({ message }) => message);
    });
  }

  settings() {
    return this.screen('Settings', async (card) => {
      const { settings } = await this.get('/consumer/settings');
      this.drawSettings(card, settings);
    });
  }

  changeSettings(changes) {
    return this.screen('Settings: change', async (card) => {
      const answer = await this.post('/consumer/settings/update', changes);
      card.line('Alert', answer.message);
      this.drawSettings(card, answer.settings);
      for (const key of Object.keys(changes)) card.check(`${key} is kept`, answer.settings[key] === changes[key]);
    });
  }

  drawSettings(card, settings) {
    const words = { location_allowed: 'Location', marketing_opt_in: 'Marketing', data_sharing_allowed: 'Data sharing' };
    for (const [key, word] of Object.entries(words)) card.line(word, settings[key] === true ? 'on' : 'off');
  }

  ask(question) {
    return this.screen('Assistant', async (card) => {
      const { answer, suggestions } = await this.post('/agent/query', { query: question });
      card.line('I', question);
      card.line('Assistant', answer);
      for (const suggestion of suggestions) card.entry('Suggestion', [suggestion]);
    });
  }

  logoutEverywhere() {
    return this.screen('Log out everywhere', async (card) => {
      const answer = await this.post('/logout-all', {});
      card.line('Alert', answer.message);
      card.line('Signed out', answer.revoked);
      return answer.revoked;
    });
  }

  // The token no longer opens anything: the app shows what it is told.
  walletAfterLogout() {
    return this.screen('Wallet after the log out', () => this.refused('GET', this.paths.wallet, undefined, 401));
  }
}
