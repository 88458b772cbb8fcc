// Orders and payments that happen once, however often the button is pressed and whatever the network does.
import { useRef } from 'react';
import type { OperationResult } from 'urql';
import { isUnknownOutcome } from './problems';

/**
 * Sends with an idempotency key that is made once per attempt. While nobody knows whether the attempt went through, the
 * key stays, and pressing again gets the answer of the first time. After any answer the next attempt has a new key.
 */
export function useOnce() {
  const key = useRef<string>(undefined);
  return async function once<Data>(send: (key: string) => PromiseLike<OperationResult<Data, any>>) {
    key.current ??= crypto.randomUUID();
    const result = await send(key.current);
    if (!isUnknownOutcome(result.error)) key.current = undefined;
    return result;
  };
}
