// The chat of an order. What the gateway says and what events bring meet in one map by id, so that nothing shows twice;
// ids grow, so that they are the order as well.
import { useCallback, useEffect, useRef, useState, type FormEvent } from 'react';
import { useClient } from 'urql';
import { graphql } from '../gql';
import type { MessagePartsFragment } from '../gql/graphql';
import { useRereading } from '../live';
import { problemOf, type Problem } from '../problems';
import { Button, Trouble, when } from '../ui';

graphql(`fragment MessageParts on OrderMessage { id message createdAt isAutomatic sentBy }`);

const MESSAGES = graphql(`query Messages($orderId: ID!, $before: String) {
  order(id: $orderId) {
    id messages(last: 50, before: $before) { nodes { ...MessageParts } pageInfo { hasPreviousPage startCursor } }
  }
}`);

/** Of all orders: one stream that stands for as long as somebody is signed in. Each chat picks its own. */
export const MESSAGE_ADDED = graphql(`subscription MessageAdded($after: String) {
  orderMessageAdded(after: $after) { id seq orderId message { ...MessageParts } }
}`);

const SEND = graphql(`mutation SendMessage($orderId: ID!, $message: String!, $key: String!) {
  sendOrderMessage(orderId: $orderId, message: $message, idempotencyKey: $key) { orderMessage { ...MessageParts } }
}`);

interface Unsent {
  key: string;
  text: string;
  problem?: Problem;
}

function useMessages(orderId: string) {
  const client = useClient();
  const [known, setKnown] = useState(new Map<string, MessagePartsFragment>());
  const [problem, setProblem] = useState<Problem>();
  const [earlier, setEarlier] = useState<string | null>();
  const add = useCallback((messages: MessagePartsFragment[]) => {
    setKnown((before) => new Map([...before, ...messages.map((message) => [message.id, message] as const)]));
  }, []);

  useEffect(() => {
    const { unsubscribe } = client.subscription(MESSAGE_ADDED, {}).subscribe(({ data }) => {
      if (data?.orderMessageAdded.orderId === orderId) add([data.orderMessageAdded.message]);
    });
    return unsubscribe;
  }, [client, orderId, add]);

  const read = useCallback(async (before?: string) => {
    const { data, error } = await client.query(MESSAGES, { orderId, before }, { requestPolicy: 'network-only' });
    setProblem(problemOf(error));
    if (!data) return;
    const { nodes, pageInfo } = data.order.messages;
    add(nodes);
    setEarlier(pageInfo.hasPreviousPage ? pageInfo.startCursor : null);
  }, [client, orderId, add]);
  const readNewest = useCallback(() => read(), [read]);

  useEffect(() => void readNewest(), [readNewest]);
  useRereading(problem !== undefined, readNewest);

  const messages = [...known.values()].sort((one, other) => Number(one.id) - Number(other.id));
  return { messages, add, problem, readEarlier: earlier ? () => read(earlier) : undefined };
}

export function Chat({ orderId }: { orderId: string }) {
  const client = useClient();
  const { messages, add, problem, readEarlier } = useMessages(orderId);
  const [unsent, setUnsent] = useState<Unsent[]>([]);
  const [text, setText] = useState('');
  const end = useRef<HTMLLIElement>(null);
  useEffect(() => {
    end.current?.scrollIntoView({ block: 'nearest' });
  }, [messages.at(-1)?.id, unsent.length]);

  // Shown at once, as not sent yet. The key is the message's own: sent again after a failure, it arrives once.
  async function send(next: Unsent) {
    setUnsent((before) => [...before.filter(({ key }) => key !== next.key), next]);
    const variables = { orderId, message: next.text, key: next.key };
    const { data, error } = await client.mutation(SEND, variables);
    if (data) add([data.sendOrderMessage.orderMessage]);
    const after = data ? [] : [{ ...next, problem: problemOf(error) }];
    setUnsent((before) => before.flatMap((one) => (one.key === next.key ? after : one)));
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!text.trim()) return;
    send({ key: crypto.randomUUID(), text: text.trim() });
    setText('');
  }

  // The event of one's own message may be here before the answer to it, and does not say which of these it is.
  const own = messages.filter(({ sentBy }) => sentBy === 'CONSUMER').slice(-unsent.length);
  const waiting = unsent.filter(({ text, problem }) => problem || !own.some(({ message }) => message === text));
  return (
    <section className="panel chat" aria-label="Chat with the shop">
      <h2>Chat with the shop</h2>
      <Trouble problem={problem} />
      <div role="log" aria-label="Messages" tabIndex={0}>
        {readEarlier && <Button kind="quiet" onClick={readEarlier}>Show earlier messages</Button>}
        <ol>
          {messages.map(({ id, message, createdAt, isAutomatic, sentBy }) => (
            <li key={id} data-id={id} className={isAutomatic ? 'automatic' : sentBy === 'CONSUMER' ? 'mine' : 'theirs'}>
              <p>{message}</p><time dateTime={createdAt}>{when(createdAt)}</time>
            </li>
          ))}
          {waiting.map((one) => (
            <li key={one.key} className="mine unsent">
              <p>{one.text}</p>
              {one.problem
                ? <Button kind="quiet" onClick={() => send({ ...one, problem: undefined })}>{one.problem.text} Send again</Button>
                : <small>Sending…</small>}
            </li>
          ))}
          <li ref={end} aria-hidden />
        </ol>
      </div>
      <form className="write" onSubmit={submit}>
        <input aria-label="Message" placeholder="Write to the shop" maxLength={2000} value={text}
          onChange={(event) => setText(event.target.value)} />
        <Button type="submit" kind="main" disabled={!text.trim()}>Send</Button>
      </form>
    </section>
  );
}
