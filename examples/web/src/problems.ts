// What went wrong, in words that say what to do next. The gateway's codes are listed in src/error.rs; most of its
// messages are meant to be shown, so only those codes are here for which this app knows better.
import type { CombinedError } from 'urql';
import { rupees } from './ui';

export interface Problem {
  code: string;
  text: string;
  /** The argument at fault, to mark its input. */
  field?: string;
  /** Seconds until it is worth another try. */
  retryAfter?: number;
  /** Whether it may have happened all the same. Send the same again, with the same idempotency key. */
  isUnknown: boolean;
}

/** `extensions.code` of the gateway; NETWORK when nobody answered. */
export function codeOf(error?: CombinedError) {
  return String(error?.graphQLErrors[0]?.extensions.code ?? (error ? 'NETWORK' : ''));
}

export function problemOf(error?: CombinedError): Problem | undefined {
  if (!error) return undefined;
  const code = codeOf(error);
  const { message, extensions = {} } = error.graphQLErrors[0] ?? error as { message: string; extensions?: object };
  const { field, retryAfter, needed = 0, balance = 0 } = extensions as Record<string, any>;
  const texts: Record<string, string> = {
    NETWORK: 'No answer. Check your connection, then try again.',
    RATE_LIMITED: 'That was too often. Wait a little, then try again.',
    INSUFFICIENT_BALANCE: `Your wallet holds ${rupees(balance)}. Add ${rupees(needed - balance)}, or pay in cash.`,
    OUT_OF_STOCK: `${message}. Change your cart.`,
    OTHER_SHOP_IN_CART: 'Your cart holds items of another shop, and one order comes from one shop.',
    IDEMPOTENCY_KEY_REUSED: 'Your last try may have gone through. Look at your orders first.',
  };
  const text = texts[code] ?? message;
  return {
    code,
    text: text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.'),
    field,
    retryAfter,
    isUnknown: ['NETWORK', 'BUSY', 'INTERNAL'].includes(code),
  };
}
