// The GraphQL documents of a page, run in the names of those who are said to run them.
import assert from 'node:assert/strict';
import { parse } from 'graphql';
import { deferred, soon } from '../story.mjs';
import { CODE } from './gateway.mjs';

// The demo's people; a newcomer is whoever signed in last on the page.
const PHONES = {
  consumer: '9000000001',
  neighbour: '9000000002',
  vendor: '9000000101',
  staff: '9000000201',
  admin: '9000000301',
};

// `made` has functions for what no answer names, by the variable's name.
export function openOperations(gateway, made = {}) {
  const tokens = {};
  // What answers named, by key; `…` in variables stands for it.
  const seen = new Map();
  let events;

  async function post(path, token, body, signal) {
    const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
    return fetch(`${gateway.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body), signal });
  }

  async function ask(token, query, variables) {
    return (await post('/graphql', token, { query, variables })).json();
  }

  async function tokenOf(who) {
    if (who === 'nobody') return null;
    if (who === 'newcomer') return seen.get('accessToken');
    const [phone, otp] = [PHONES[who], CODE];
    assert.ok(phone, `nobody is called ${who}`);
    tokens[who] ??= (async () => {
      await ask(null, 'mutation($phone: Phone!) { sendOtp(phone: $phone) { message } }', { phone });
      const verify = 'mutation($phone: Phone!, $otp: String!) { verifyOtp(phone: $phone, otp: $otp) { accessToken } }';
      return (await ask(null, verify, { phone, otp })).data.verifyOtp.accessToken;
    })();
    return tokens[who];
  }

  function note(value) {
    if (value === null || typeof value !== 'object') return;
    for (const [key, part] of Object.entries(value)) {
      if (typeof part === 'string') seen.set(key.endsWith('Cursor') ? 'after' : key, part);
      note(part);
    }
  }

  function filled(variables) {
    const fill = (key, value) => {
      if (value !== '…') return value;
      const found = seen.get(key) ?? made[key]?.(seen);
      assert.ok(found, `no answer before this one names ${key}`);
      return found;
    };
    return Object.fromEntries(Object.entries(variables).map(([key, value]) => [key, fill(key, value)]));
  }

  // A subscription stays open; its events wait for whoever shows one.
  async function follow(token, query, variables) {
    const controller = new AbortController();
    const response = await post('/graphql/stream', token, { query, variables }, controller.signal);
    const [queue, waiting] = [[], []];
    const tell = (event) => (waiting.length > 0 ? waiting.shift().resolve(event) : queue.push(event));
    const begun = deferred();
    (async () => {
      let text = '';
      for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
        begun.resolve();
        const lines = (text + chunk).split('\n');
        text = lines.pop();
        lines.filter((line) => line.startsWith('data: ')).forEach((line) => tell(JSON.parse(line.slice(6))));
      }
    })().catch((error) => controller.signal.aborted || console.error(error));
    // Taken up once its first bytes are there.
    await soon(begun.promise, 'the beginning of a stream');
    events?.close();
    events = {
      close: () => controller.abort(),
      next() {
        if (queue.length > 0) return queue.shift();
        const next = deferred();
        waiting.push(next);
        return next.promise;
      },
    };
  }

  return {
    // What the operation answers; a subscription answers with its events, one by one.
    async run(query, who, variables) {
      const token = await tokenOf(who);
      const isLive = parse(query).definitions.some(({ operation }) => operation === 'subscription');
      if (isLive) return follow(token, query, filled(variables));
      const answer = await ask(token, query, filled(variables));
      note(answer);
      return answer;
    },
    async event() {
      const event = await soon(events.next(), 'an event');
      note(event);
      return event;
    },
    close: () => events?.close(),
  };
}
