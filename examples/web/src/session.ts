// Who is signed in, and the tokens that prove it. The access token lives 15 minutes; the refresh token gets the next
// pair, once. Both faces of the app, HTTP (client.ts) and the socket (live.ts), take their token from here.
import { useSyncExternalStore } from 'react';
import { Client, fetchExchange } from 'urql';
import { graphql } from './gql';
import { codeOf } from './problems';

/** For what comes before a sign-in, and for the next tokens: no token goes along. */
export const door = new Client({ url: '/graphql', exchanges: [fetchExchange], preferGetMethod: false });

const REFRESH = graphql(`mutation Refresh($refreshToken: String!) {
  refreshSession(refreshToken: $refreshToken) { accessToken refreshToken expiresIn }
}`);

interface Tokens {
  accessToken: string;
  refreshToken: string;
  expiresIn: number;
}

const KEY = 'session';
const MARGIN = 60_000;
const listeners = new Set<() => void>();

// Read anew each time: another tab may have refreshed, and the tokens that this one remembers are used up.
function read(): (Tokens & { expiresAt: number }) | null {
  return JSON.parse(localStorage.getItem(KEY) ?? 'null');
}

export function signIn(tokens: Tokens) {
  const expiresAt = Date.now() + tokens.expiresIn * 1_000;
  localStorage.setItem(KEY, JSON.stringify({ ...tokens, expiresAt }));
  listeners.forEach((listener) => listener());
}

/** Forgets the tokens, and with a fresh page everything that was read with them. */
export function forget() {
  localStorage.removeItem(KEY);
  location.assign('/');
}

export function useSignedIn() {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => read() !== null,
  );
}

export const accessToken = () => read()?.accessToken;
export const isAboutToExpire = () => (read()?.expiresAt ?? Infinity) - Date.now() < MARGIN;

let refreshing: Promise<void> | undefined;

/** Gets the next tokens; callers that come meanwhile share the answer. Signs out where the gateway says no. */
export function refresh() {
  return (refreshing ??= renew().finally(() => (refreshing = undefined)));
}

async function renew() {
  const before = read();
  if (!before) return;
  const { data, error } = await door.mutation(REFRESH, { refreshToken: before.refreshToken });
  if (data) return signIn(data.refreshSession);
  // Without an answer the tokens are kept: whoever needs them next tries again.
  if (['UNAUTHENTICATED', 'TOKEN_EXPIRED'].includes(codeOf(error))) forget();
}

// Signed out in another tab: this one must not go on.
addEventListener('storage', ({ key, newValue }) => key === KEY && newValue === null && forget());
