// What the old apps have in common: a base URL, a token, calls whose answers are trusted when `status` is `success`, and
// screens. They know nothing of cookies, of refreshing, or of 401.
import { watched } from './watched.js';

export class App {
  token = null;
  calls = new Set();
  read = new Set();

  constructor(base, page) {
    this.base = base;
    this.page = page;
  }

  // Does what a screen does, and draws it. A screen that cannot be drawn is told by name; the others go on.
  async screen(title, visit) {
    this.card = this.page.card(this.name, title);
    this.empty = new Set();
    this.lastRead = 'none';
    try {
      const result = await visit.call(this, this.card);
      this.card.done();
      return result;
    } catch (error) {
      const empty = this.empty.size > 0 ? `; empty: ${[...this.empty].join(', ')}` : '';
      this.card.failed(`${error.message} (last key read: ${this.lastRead}${empty})`);
      return undefined;
    }
  }

  // A claim about what the last screen showed.
  check(claim, holds) {
    if (!holds) this.card.failed(`not true: ${claim}`);
  }

  get(path) {
    return this.succeed('GET', path);
  }

  post(path, body) {
    return this.succeed('POST', path, body);
  }

  async succeed(method, path, body) {
    const { answer, response } = await this.send(method, path, body);
    if (!response.ok || answer.status !== 'success') throw new Error(`${method} ${path}: ${answer.message}`);
    return answer;
  }

  // A call that the gateway must refuse. The apps show the message.
  async refused(method, path, body, status) {
    const { answer, response } = await this.send(method, path, body);
    const told = [response.status, answer.status, answer.code];
    if (told.join() !== [status, 'error', status].join())
      throw new Error(`${method} ${path}: expected ${status}, got ${told}`);
    this.card.line('Alert', answer.message);
    return answer.message;
  }

  async send(method, path, body) {
    const headers = {};
    if (this.token) headers.Authorization = this.authorization();
    const isForm = body instanceof FormData;
    if (body !== undefined && !isForm) headers['Content-Type'] = 'application/json';
    const response = await fetch(this.base + path, { method, headers, body: isForm ? body : JSON.stringify(body) });
    const call = `${method} ${path.split('?')[0].replace(/\/\d+/g, '/{}')}`;
    this.calls.add(call);
    this.card.called(method, path, response);
    const onRead = (key, value) => {
      if (value === null || value === '') this.empty.add(key);
      this.lastRead = `${key} of ${call}`;
      this.read.add(`${call} ${key}`);
      this.card.read(key);
    };
    return { response, answer: watched(await response.json(), onRead) };
  }

  async signIn(phone, code) {
    this.phone = phone;
    await this.screen('Login', async (card) => {
      await this.post('/send-otp', { phone });
      card.line('Code sent to', phone);
    });
    return this.screen('Code', async (card) => {
      const answer = await this.post('/verify-otp', { phone, otp: code });
      this.token = this.tokenOf(answer);
      if (!this.token) throw new Error('no token');
      const next = answer.basic_onboarding_done ? 'Home' : 'Basic form';
      card.line('Next', next);
      return next;
    });
  }

  basicForm(name, city, society) {
    return this.screen('Basic form', async (card) => {
      const answer = await this.post('/onboarding/basic', { name, city, society, role: this.role });
      card.line('Alert', answer.message);
    });
  }

  async logout() {
    await this.screen('Log out', async (card) => {
      await this.post('/logout', {});
      card.line('Next', 'Login');
    });
  }
}

// What the screens write: of what may be null, only what is there.
export const given = (value) => (value === null || value === '' ? [] : [value]);
export const rupees = (amount) => `₹${amount.toFixed(2)}`;
export const time = (value) => new Date(value).toLocaleString('en-IN', { timeZone: 'Asia/Kolkata' });
