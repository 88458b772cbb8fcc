// How GraphiQL reaches the gateway: queries and mutations over HTTP, subscriptions over graphql-transport-ws, both for the
// person who is active.
import type { Fetcher, FetcherParams, Observable } from '@graphiql/toolkit';
import { getOperationAST } from 'graphql';
import { createClient, type Client, type ExecutionResult, type Sink } from 'graphql-ws';
import { call, type Answer, type Body } from './gateway';
import { noteIds } from './ids';
import { activeSession, fresh, learn, nameOf, renew, sessionOf, type Session } from './sessions';
import { createStore } from './store';

/** What is said below the answer. */
export type Status =
  | { kind: 'none' }
  | { kind: 'answered'; status: number; milliseconds: number; requestId: string | null; as: string; body: Body }
  | { kind: 'failed' }
  | { kind: 'live'; link: 'connecting' | 'open' | 'lost'; events: number; as: string };

export const status = createStore<Status>({ kind: 'none' });

/** So many earlier events are shown below the newest. */
const EARLIER = 50;
const NOBODY = 'nobody';
/** The pauses before a lost connection is tried again grow up to this. */
const LONGEST_PAUSE_MS = 4_000;
/** The gateway closes a socket with it when the token is no longer good. */
const FORBIDDEN = 4403;

export const fetcher: Fetcher = (request, options) => {
  const { documentAST, headers = {} } = options ?? {};
  const operation = documentAST && getOperationAST(documentAST, request.operationName);
  if (operation?.operation === 'subscription') return follow(request);
  return ask(request, headers as Record<string, string>).catch((error: unknown) => {
    status.set({ kind: 'failed' });
    return refusal(error);
  });
};

/** As an answer: of an error GraphiQL shows the stack. */
function refusal(cause: unknown): ExecutionResult {
  const errors = Array.isArray(cause) ? cause : [{ message: cause instanceof Error ? cause.message : String(cause) }];
  return { errors } as ExecutionResult;
}

async function ask(request: FetcherParams, headers: Record<string, string>): Promise<ExecutionResult> {
  // The schema is the same for everybody: an ended session must not keep it from showing.
  if (request.operationName === 'IntrospectionQuery') return (await call(request, headers)).body as ExecutionResult;
  // What is written into the headers of the tab goes first.
  const own = Object.keys(headers).some((name) => name.toLowerCase() === 'authorization');
  const session = own ? undefined : activeSession();
  const answer = await (session ? callAs(session, request, headers) : call(request, headers));
  const as = own ? 'the headers of the tab' : session ? nameOf(session.user) : NOBODY;
  status.set({ kind: 'answered', ...answer, as });
  noteIds(answer.body);
  learn(answer.body, session);
  return answer.body as ExecutionResult;
}

async function callAs(session: Session, request: FetcherParams, headers: Record<string, string>): Promise<Answer> {
  const send = ({ accessToken }: Session) => call(request, { authorization: `Bearer ${accessToken}`, ...headers });
  const asker = await fresh(session);
  const answer = await send(asker);
  // The clock here may be late. What needs a person was not done.
  if (hasCode(answer.body, 'TOKEN_EXPIRED')) return send(await renew(asker));
  // Says so where the session has ended. A wrong code is refused with the same word, and ends nothing.
  if (hasCode(answer.body, 'UNAUTHENTICATED')) await renew(asker).catch(() => {});
  return answer;
}

function hasCode({ errors }: Body, code: string): boolean {
  return errors?.some(({ extensions }) => extensions?.code === code) ?? false;
}

/** The newest event as the answer, those before it below. A lost connection comes back and goes on behind the last event. */
function follow(request: FetcherParams): Observable<ExecutionResult> {
  const variables = { ...request.variables };
  const earlier: unknown[] = [];
  let newest: unknown;
  const shown = (result: ExecutionResult) =>
    (earlier.length ? { ...result, earlier: [...earlier] } : result) as ExecutionResult;
  const keepNewest = () => {
    if (newest) earlier.unshift(newest);
    earlier.length = Math.min(earlier.length, EARLIER);
    newest = undefined;
  };
  return {
    subscribe(given: unknown) {
      const sink = given as Sink<ExecutionResult>;
      const client = connect(activeSession());
      let isOver = false;
      const end = () => {
        if (!isOver) status.set({ kind: 'none' });
        isOver = true;
        void client.dispose();
      };
      const next = (result: ExecutionResult) => {
        keepNewest();
        newest = result.data;
        // The client sends these variables again after a reconnect; operations without $after ignore it.
        variables.after = cursorOf(result) ?? variables.after;
        heard(result);
        sink.next(shown(result));
      };
      const complete = () => (end(), sink.complete());
      const error = (cause: unknown) => {
        keepNewest();
        sink.next(shown(refusal(readable(cause))));
        complete();
      };
      const stop = client.subscribe({ ...request, variables }, { next, error, complete });
      return { unsubscribe: () => (stop(), end()) };
    },
  };
}

function readable(cause: unknown): unknown {
  if (!(cause instanceof CloseEvent)) return cause;
  if (cause.code === FORBIDDEN) return 'Whoever listened here is signed out.';
  return `The connection was closed: ${cause.code} ${cause.reason}`;
}

function cursorOf({ data }: ExecutionResult): unknown {
  const [event] = Object.values(data ?? {}) as ({ id?: unknown } | null)[];
  return event?.id;
}

function heard(result: ExecutionResult): void {
  const now = status.get();
  if (now.kind === 'live') status.set({ ...now, events: now.events + 1 });
  noteIds(result as Body);
}

/** A connection for one subscription: it ends with it, so that the next one is made for who is active then. */
function connect(session: Session | undefined): Client {
  const phone = session?.user.phone ?? null;
  const as = session ? nameOf(session.user) : NOBODY;
  const show = (link: 'open' | 'lost') => {
    const now = status.get();
    // After the end its close is no loss.
    if (now.kind === 'live') status.set({ ...now, link });
  };
  status.set({ kind: 'live', link: 'connecting', as, events: 0 });
  let sent: Session | undefined;
  let isRefused = false;
  return createClient({
    url: '/graphql/ws',
    connectionParams: async () => {
      const current = sessionOf(phone);
      if (!current) return undefined;
      sent = await (isRefused && sent ? renew(sent) : fresh(current));
      return { Authorization: `Bearer ${sent.accessToken}` };
    },
    retryAttempts: Infinity,
    retryWait: (retries) => pause(Math.min(500 * 2 ** retries, LONGEST_PAUSE_MS) * (0.75 + Math.random() / 4)),
    // As long as somebody is there to come back as.
    shouldRetry: () => !phone || sessionOf(phone) !== undefined,
    on: {
      connected: () => show('open'),
      closed: (event) => {
        isRefused = event instanceof CloseEvent && event.code === FORBIDDEN;
        show('lost');
      },
    },
  });
}

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
