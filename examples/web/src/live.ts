// The socket. Every subscription of the app goes through here, so that what makes events come once, in order and
// without a gap is written in one place: docs/SUBSCRIPTIONS.md, "Nothing missed, nothing twice".
import { createClient, type Sink } from 'graphql-ws';
import { useCallback, useEffect, useRef, useSyncExternalStore } from 'react';
import { subscriptionExchange, useQuery, type AnyVariables, type UseQueryArgs } from 'urql';
import { accessToken, isAboutToExpire, refresh } from './session';

const listeners = new Set<() => void>();
let connection: 'live' | 'down' | 'back' = 'live';
let connections = 0;
let epoch = 0;
let sent: string | undefined;
let refused: string | undefined;
let silence: number | undefined;
let breaking: number | undefined;

const socket = createClient({
  url: () => `${location.origin.replace('http', 'ws')}/graphql/ws`,
  // Asked for each connection. 4403 says that the last token is refused, whatever the clock of this device thinks.
  async connectionParams() {
    if (isAboutToExpire() || refused === accessToken()) await refresh();
    sent = accessToken();
    return { Authorization: `Bearer ${sent}` };
  },
  // Also when nobody answers. The waits are random, so that not everybody comes back in the same second.
  shouldRetry: () => true,
  retryAttempts: Infinity,
  retryWait: (retries) =>
    new Promise((resolve) => {
      setTimeout(resolve, Math.random() * Math.min(1_000 * 2 ** retries, 10_000));
      addEventListener('online', () => resolve(), { once: true });
    }),
  // A phone that changes networks is not told that its socket is dead: ask, and give up on it after five seconds.
  keepAlive: 10_000,
  on: {
    ping: (received) => void (received || (silence = setTimeout(() => socket.terminate(), 5_000))),
    pong: (received) => void (received && clearTimeout(silence)),
    connected() {
      clearTimeout(breaking);
      breaking = undefined;
      tell(() => connections++);
      if (connection === 'down') tell(() => (connection = 'back'));
      setTimeout(() => connection === 'back' && tell(() => (connection = 'live')), 5_000);
    },
    closed(event) {
      if ((event as CloseEvent).code === 4403) refused = sent;
      clearTimeout(silence);
      // A short break, such as the one for a new token every 15 minutes, is not worth a word.
      breaking ??= setTimeout(() => tell(() => (connection = 'down')), 1_000);
    },
  },
});

/** Runs urql's subscriptions over the socket, each behind the last event that it saw. */
export const liveExchange = subscriptionExchange({
  forwardSubscription: (request) => ({
    subscribe: (sink) => ({ unsubscribe: follow(request.query!, request.variables, sink as Sink) }),
  }),
});

function follow(query: string, variables: object | undefined, sink: Sink) {
  // graphql-ws sends this very object again when it comes back: to resume is to keep `after` in it up to date.
  const payload = { query, variables: { ...variables } as { after?: string } };
  let stop = () => {};
  let pause: number | undefined;

  async function begin() {
    let over = false;
    stop = () => void (over = true);
    try {
      payload.variables.after ??= await now();
    } catch (errors) {
      return over || fail(errors);
    }
    if (over) return;
    const cancel = socket.subscribe<Record<string, { id: string }>>(payload, {
      next(result) {
        if (!result.data) return fail(result.errors);
        payload.variables.after = Object.values(result.data)[0]!.id;
        sink.next(result);
      },
      error: fail,
      complete: () => over || sink.complete(),
    });
    stop = () => {
      over = true;
      cancel();
    };
  }

  function fail(errors: unknown) {
    stop();
    const { code, field } = (Array.isArray(errors) && errors[0]?.extensions) || {};
    // CURSOR_EXPIRED, away for longer than events are kept: begin anew, from the state as it is now.
    if (field === 'after') delete payload.variables.after;
    // An event that could not be told just now is told again behind the last one that was.
    else if (code !== 'BUSY' && code !== 'INTERNAL') return sink.error(errors);
    pause = setTimeout(begin, 2_000);
  }

  begin();
  return () => {
    clearTimeout(pause);
    stop();
  };
}

let asked: Promise<string> | undefined;

// The cursor of now, for subscriptions that begin: what screens read from here on is at least as new, and what happens
// later is told. What they had read before is read again.
function now() {
  return (asked ??= new Promise<string>((resolve, reject) => {
    socket.subscribe<{ eventCursor: string }>({ query: '{ eventCursor }' }, {
      next: ({ data, errors }) => (data ? resolve(data.eventCursor) : reject(errors)),
      error: reject,
      complete() {},
    });
  }).then((cursor) => (tell(() => epoch++), cursor)).finally(() => (asked = undefined)));
}

function tell(change: () => void) {
  change();
  listeners.forEach((listener) => listener());
}

const listen = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

/** `down` without a socket, `back` for a moment after that, else `live`. */
export const useConnection = () => useSyncExternalStore(listen, () => connection);

/**
 * Reads again what subscriptions keep up to date: when they cannot vouch for what was read before, and when reading
 * failed and there is a connection again.
 */
export function useRereading(failed: boolean, read: () => void) {
  const now = useSyncExternalStore(listen, () => epoch);
  const connected = useSyncExternalStore(listen, () => connections);
  const last = useRef({ now, failed });
  last.current.failed = failed;
  useEffect(() => {
    if (last.current.failed || last.current.now !== now) read();
    last.current.now = now;
  }, [now, connected, read]);
}

/** `useQuery` for what subscriptions keep up to date. Without a connection it keeps what was there. */
export function useLiveQuery<Data, Variables extends AnyVariables>(args: UseQueryArgs<Variables, Data>) {
  const [result, run] = useQuery<Data, Variables>(args);
  useRereading(result.error !== undefined, useCallback(() => run({ requestPolicy: 'network-only' }), [run]));
  const kept = useRef(result.data);
  kept.current = result.data ?? kept.current;
  return [{ ...result, data: kept.current }, run] as const;
}
