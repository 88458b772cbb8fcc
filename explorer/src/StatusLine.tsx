// Below the answer: how it came, as whom, and what to do about a refusal.
import { formatShortcutForOS, KEY_MAP, useGraphiQLActions } from '@graphiql/react';
import { useEffect, useRef } from 'react';
import { span, type Body } from './gateway';
import { useStore } from './store';
import { status, type Status } from './transport';

const RUN = formatShortcutForOS(KEY_MAP.runQuery.key, 'Cmd');

export function StatusLine() {
  const now = useStore(status);
  const line = useRef<HTMLDivElement>(null);
  // On a narrow page the answer is far below the operation. Events come without asking, and leave the page where it is.
  const asked = now.kind === 'live' ? now.kind : now;
  useEffect(() => {
    if (now.kind !== 'none') line.current?.closest('.graphiql-response')?.scrollIntoView({ block: 'nearest' });
  }, [asked]);
  return (
    <div className="status" role="status" ref={line}>
      {now.kind === 'none' && <span className="quiet">{RUN} runs the operation that the cursor is in</span>}
      {now.kind === 'answered' && <Answered {...now} />}
      {now.kind === 'failed' && <Failed />}
      {now.kind === 'live' && <Live {...now} />}
    </div>
  );
}

function Answered({ status, milliseconds, requestId, as, body }: Extract<Status, { kind: 'answered' }>) {
  return (
    <>
      <span className={`lamp ${body.errors ? 'bad' : 'good'}`} />
      <span>{status}</span>
      <span>{milliseconds} ms</span>
      <span>asked as {as}</span>
      {requestId && (
        <span className="quiet request" title={`${requestId} names the request in the log of the gateway`}>
          {requestId}
        </span>
      )}
      <Advice body={body} isNobody={as === 'nobody'} />
    </>
  );
}

function Failed() {
  return (
    <>
      <span className="lamp bad" />
      <span>no answer</span>
    </>
  );
}

function Advice({ body, isNobody }: { body: Body; isNobody: boolean }) {
  const { setVisiblePlugin } = useGraphiQLActions();
  const extensions = body.errors?.[0]?.extensions;
  switch (extensions?.code) {
    case 'RATE_LIMITED':
      return <b>Try again in {span(extensions.retryAfter ?? 60)}</b>;
    case 'UNAUTHENTICATED':
    case 'TOKEN_EXPIRED':
      return isNobody ? (
        <button type="button" className="link" onClick={() => setVisiblePlugin('Sign in')}>
          Sign in first
        </button>
      ) : null;
    case 'INSUFFICIENT_BALANCE':
      return <b>Run AddMoney in the tab Wallet</b>;
    default:
      return null;
  }
}

const LINKS = { connecting: 'connecting…', open: 'live', lost: 'connection lost, coming back…' };

function Live({ link, events, as }: Extract<Status, { kind: 'live' }>) {
  return (
    <>
      <span className={`lamp ${link === 'open' ? 'live' : 'bad'}`} />
      <span>{LINKS[link]}</span>
      <span>{events === 0 ? 'no event yet' : events === 1 ? '1 event' : `${events} events, the newest first`}</span>
      <span>listening as {as}</span>
    </>
  );
}
