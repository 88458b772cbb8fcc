// Who is signed in here, and as whom requests are made.
//
// Several people may be signed in at once. They are kept in sessionStorage: another window has its own, so that a consumer
// can watch in one what a vendor does in the other; closing the window forgets them.
import { call, explain, type Body } from './gateway';
import { createStore } from './store';

export interface User {
  phone: string;
  name: string | null;
  role: string | null;
  society: string | null;
}

export interface Session {
  user: User;
  accessToken: string;
  refreshToken: string;
  /** In milliseconds, as Date.now(). */
  expiresAt: number;
}

interface Sessions {
  all: Session[];
  /** The phone of whom requests are made for; null: of nobody. */
  active: string | null;
  /** Why somebody is not signed in any more. */
  notice: string | null;
}

const KEY = 'society-gateway:sessions';
const USER = 'user { phone name role society }';
const TOKENS = `accessToken refreshToken expiresIn ${USER}`;
/** A token is renewed this long before its end. */
const EARLY_MS = 60_000;
/** After an answer of one of these, who asked is signed out. */
const LEAVING = ['logout', 'logoutAll', 'deleteMyAccount'];

export const sessions = createStore<Sessions>({ ...restored(), notice: null });

// A duplicated window carries the same session: who renews it tells the other, whose refresh token is used up by that.
const others = new BroadcastChannel(KEY);
others.onmessage = ({ data }: MessageEvent<{ used: string; next: Session }>) => {
  if (sessions.get().all.some((session) => session.refreshToken === data.used)) keep(data.next);
};

function restored(): Pick<Sessions, 'all' | 'active'> {
  try {
    const { all, active } = JSON.parse(sessionStorage.getItem(KEY) ?? '') as Sessions;
    return { all, active };
  } catch {
    return { all: [], active: null };
  }
}

function change(next: Partial<Sessions>): void {
  sessions.set({ ...sessions.get(), ...next });
  const { all, active } = sessions.get();
  sessionStorage.setItem(KEY, JSON.stringify({ all, active }));
}

/** Replaces the session of this person, or adds it at the end. */
function keep(session: Session): void {
  const { all } = sessions.get();
  const phone = session.user.phone;
  const known = all.some(({ user }) => user.phone === phone);
  change({ all: known ? all.map((each) => (each.user.phone === phone ? session : each)) : [...all, session] });
}

function drop(phone: string, notice: string | null): void {
  const all = sessions.get().all.filter(({ user }) => user.phone !== phone);
  // Nobody else takes their place unasked.
  const active = sessions.get().active === phone ? null : sessions.get().active;
  change({ all, active, notice });
}

export function sessionOf(phone: string | null): Session | undefined {
  return sessions.get().all.find(({ user }) => user.phone === phone);
}

export function activeSession(): Session | undefined {
  return sessionOf(sessions.get().active);
}

/** Makes requests for this person from now on; null: for nobody. */
export function switchTo(phone: string | null): void {
  change({ active: phone, notice: null });
}

/** Takes the notice away. */
export function dismiss(): void {
  change({ notice: null });
}

async function mutate(query: string, variables: object, token?: string): Promise<Record<string, unknown>> {
  const { body } = await call({ query, variables }, token ? { authorization: `Bearer ${token}` } : {});
  const refusal = body.errors?.[0];
  if (refusal) throw new Error(explain(refusal), { cause: refusal.extensions?.code });
  return body.data ?? {};
}

export async function sendCode(phone: string): Promise<void> {
  await mutate('mutation($phone: Phone!) { sendOtp(phone: $phone) { message } }', { phone });
}

export async function enterCode(phone: string, otp: string): Promise<void> {
  const query = `mutation($phone: Phone!, $otp: String!) { verifyOtp(phone: $phone, otp: $otp) { ${TOKENS} } }`;
  adopt((await mutate(query, { phone, otp })).verifyOtp);
}

export async function signOut(phone: string): Promise<void> {
  const session = sessionOf(phone);
  if (!session) return;
  try {
    await mutate('mutation { logout { message } }', {}, (await fresh(session)).accessToken);
  } catch {
    // Signed out on the other side already, or out of reach: here it ends either way.
  }
  drop(phone, null);
}

/** Takes up a session that the gateway answered with, in the panel or in the editor. */
function adopt(payload: unknown): void {
  const { accessToken, refreshToken, expiresIn, user } = (payload ?? {}) as Record<string, unknown>;
  if (typeof accessToken !== 'string' || typeof refreshToken !== 'string' || typeof expiresIn !== 'number') return;
  const { phone, name = null, role = null, society = null } = (user ?? {}) as Partial<User>;
  if (!phone) return;
  keep({ user: { phone, name, role, society }, accessToken, refreshToken, expiresAt: Date.now() + expiresIn * 1_000 });
  switchTo(phone);
}

/** What an answer in the editor says of who is signed in: new tokens, a name, a role, a farewell. */
export function learn({ data }: Body, asker: Session | undefined): void {
  for (const [field, payload] of Object.entries(data ?? {})) {
    if (asker && payload && LEAVING.includes(field)) return drop(asker.user.phone, `${nameOf(asker.user)} is signed out.`);
    adopt(payload);
    const user = (payload as { user?: Partial<User> } | null)?.user;
    const session = activeSession();
    if (session && user?.phone === session.user.phone) keep({ ...session, user: { ...session.user, ...user } });
  }
}

const renewals = new Map<string, Promise<Session>>();

/** The session with a token that is good for a while, renewed first where it must be. */
export async function fresh(session: Session): Promise<Session> {
  return session.expiresAt - Date.now() > EARLY_MS ? session : renew(session);
}

/** The session with the next pair of tokens. Asked twice for the same pair, also later, it is renewed once. */
export async function renew({ user, accessToken }: Session): Promise<Session> {
  const now = sessionOf(user.phone);
  if (!now) throw new Error(`${nameOf(user)} is signed out.`);
  if (now.accessToken !== accessToken) return now;
  const running = renewals.get(user.phone);
  if (running) return running;
  const renewal = renewed(now).finally(() => renewals.delete(user.phone));
  renewals.set(user.phone, renewal);
  return renewal;
}

async function renewed(session: Session): Promise<Session> {
  const query = `mutation($token: String!) { refreshSession(refreshToken: $token) { ${TOKENS} } }`;
  try {
    const data = await mutate(query, { token: session.refreshToken });
    const { accessToken, refreshToken, expiresIn, user } = data.refreshSession as Session & { expiresIn: number };
    const next = { user, accessToken, refreshToken, expiresAt: Date.now() + expiresIn * 1_000 };
    others.postMessage({ used: session.refreshToken, next });
    keep(next);
    return next;
  } catch (error) {
    const isOver = error instanceof Error && ['UNAUTHENTICATED', 'TOKEN_EXPIRED'].includes(String(error.cause));
    if (!isOver) throw error;
    const notice = `${nameOf(session.user)} is signed out: the session has ended.`;
    drop(session.user.phone, notice);
    throw new Error(notice);
  }
}

export const nameOf = (user: User): string => user.name ?? user.phone;

// Renewed also while nobody does anything, so that the window may stay open.
setInterval(() => {
  for (const session of sessions.get().all) fresh(session).catch(() => {});
}, EARLY_MS / 2);
