// The revision before: the old paths of its base URL, the token as it is, reads `auth_token`.
import { Customer } from './customer.js';

export class PreviousCustomer extends Customer {
  name = 'Previous customer app';
  paths = {
    onboarding: '/onboarding/consumer',
    profile: '/profile/me',
    editProfile: '/profile/edit',
    shops: '/shops',
    search: '/shops/search',
    items: (shop) => `/items/shop/${shop}`,
    cart: '/cart',
    wallet: '/wallet',
    confirm: '/order/confirm',
    history: '/order/history',
    messages: (order) => `/order/consumer/messages/${order}`,
    send: (order) => `/order/consumer/message/send/${order}`,
    cancel: (order) => `/order/consumer/cancel/${order}`,
    confirmModified: (order) => `/order/consumer/confirm-modified/${order}`,
    rate: (order) => `/order/rate/${order}`,
    issue: (order) => `/order/issue/${order}`,
    raiseReturn: (order) => `/order/return/raise/${order}`,
  };

  authorization() {
    return this.token;
  }

  tokenOf(answer) {
    return answer.auth_token;
  }

  // Its mistake: it took the options of its HTTP client for the body. The contract lets the gateway understand it, or tell
  // it that there are no items; nothing else.
  async raiseReturn(card, path, items, reason) {
    const { answer, response } = await this.send('POST', path, { token: this.token, body: { items, reason } });
    card.line('Alert', answer.message);
    if (answer.status === 'success') return true;
    card.check('it is told why', response.status === 400 && answer.message === 'No items to return');
    return false;
  }
}
