// How GraphiQL reaches the gateway: queries and mutations over HTTP, subscriptions over graphql-transport-ws, both for the
// person who is active.
import type { Fetcher, FetcherParams, Observable } from '@graphiql/toolkit';
import { getOperationAST } from 'graphql';
import { createClient, type Client, type ExecutionResult, type Sink } from 'graphql-ws';
import { call, type Body } from './gateway';
import { noteIds } from './ids';
import { activeSession, check, freshToken, learn, nameOf, sessions, type Session } from './sessions';
import { createStore } from './store';

/** What is said below the answer. */
export type Status =
  | { kind: 'none' }
  | { kind: 'answered'; status: number; milliseconds: number; requestId: string | null; as: string; body: Body }
  | { kind: 'live'; link: 'connecting' | 'open' | 'lost'; events: number; as: string };

export const status = createStore<Status>({ kind: 'none' });

/** So many earlier events are shown below the newest. */
const EARLIER = 50;
const NOBODY = 'nobody';

export const fetcher: Fetcher = (request, options) => {
  const { documentAST, headers = {} } = options ?? {};
  const operation = documentAST && getOperationAST(documentAST, request.operationName);
  if (operation?.operation === 'subscription') return follow(request);
  return ask(request, headers as Record<string, string>);
};

async function ask(request: FetcherParams, headers: Record<string, string>): Promise<ExecutionResult> {
  // The schema is the same for everybody: an ended session must not keep it from showing.
  const isForEditor = request.operationName === 'IntrospectionQuery';
  const session = isForEditor ? undefined : activeSession();
  // What is written into the headers of the tab goes first.
  const own = Object.keys(headers).some((name) => name.toLowerCase() === 'authorization');
  const token: Record<string, string> = session && !own ? { authorization: `Bearer ${await freshToken(session)}` } : {};
  const answer = await call(request, { ...token, ...headers });
  if (!isForEditor) {
    const as = own ? 'the headers of the tab' : session ? nameOf(session.user) : NOBODY;
    status.set({ kind: 'answered', ...answer, as });
    noteIds(answer.body);
    learn(answer.body);
  }
  if (session && !own && isSignedOut(answer.body)) await check(session);
  return answer.body as ExecutionResult;
}

function isSignedOut({ errors }: Body): boolean {
  const codes = errors?.map(({ extensions }) => extensions?.code) ?? [];
  return codes.includes('UNAUTHENTICATED') || codes.includes('TOKEN_EXPIRED');
}

/** The newest event as the answer, those before it below. A lost connection comes back and goes on behind the last event. */
function follow(request: FetcherParams): Observable<ExecutionResult> {
  const variables = { ...request.variables };
  const earlier: unknown[] = [];
  let newest: unknown;
  return {
    subscribe(given: unknown) {
      const sink = given as Sink<ExecutionResult>;
      const client = connect(activeSession());
      const end = () => (status.set({ kind: 'none' }), void client.dispose());
      const next = (result: ExecutionResult) => {
        if (newest) earlier.unshift(newest);
        earlier.length = Math.min(earlier.length, EARLIER);
        newest = result.data;
        // The client sends these variables again after a reconnect; operations without $after ignore it.
        variables.after = cursorOf(result) ?? variables.after;
        heard(result);
        sink.next(earlier.length ? ({ ...result, earlier: [...earlier] } as ExecutionResult) : result);
      };
      const error = (cause: unknown) => (end(), sink.error(readable(cause)));
      const complete = () => (end(), sink.complete());
      const stop = client.subscribe({ ...request, variables }, { next, error, complete });
      return { unsubscribe: stop };
    },
  };
}

function readable(cause: unknown): unknown {
  return cause instanceof CloseEvent ? new Error(`The connection was closed: ${cause.code} ${cause.reason}`) : cause;
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
  const phone = session?.user.phone;
  const as = session ? nameOf(session.user) : NOBODY;
  const show = (link: 'open' | 'lost') => {
    const now = status.get();
    // After the end its close is no loss.
    if (now.kind === 'live') status.set({ ...now, link });
  };
  status.set({ kind: 'live', link: 'connecting', as, events: 0 });
  return createClient({
    url: '/graphql/ws',
    connectionParams: async () => {
      const current = sessions.get().all.find(({ user }) => user.phone === phone);
      return current && { Authorization: `Bearer ${await freshToken(current)}` };
    },
    retryAttempts: Infinity,
    // As long as somebody is there to come back as.
    shouldRetry: () => !phone || sessions.get().all.some(({ user }) => user.phone === phone),
    on: { connected: () => show('open'), closed: () => show('lost') },
  });
}
