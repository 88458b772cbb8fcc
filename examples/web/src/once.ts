// Orders, payments and other acts that happen once, however often the button is pressed and whatever the network does.
import { useRef, useState } from 'react';
import { useClient, type TypedDocumentNode } from 'urql';
import { problemOf, type Problem } from './problems';

/**
 * Sends a mutation with an idempotency key that is made once per attempt. While nobody knows whether the attempt went
 * through, the key stays: pressing again gets the answer of the first time. After any answer the next one has a new key.
 */
export function useOnce() {
  const client = useClient();
  const key = useRef<string>(undefined);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  async function send<Data, Variables extends { key: string }>(
    mutation: TypedDocumentNode<Data, Variables>,
    variables: Omit<Variables, 'key'>,
  ) {
    key.current ??= crypto.randomUUID();
    setBusy(true);
    const { data, error } = await client.mutation(mutation, { ...variables, key: key.current } as Variables);
    const found = problemOf(error);
    if (!found?.isUnknown) key.current = undefined;
    setBusy(false);
    setProblem(found);
    return data;
  }

  return { send, busy, problem };
}
