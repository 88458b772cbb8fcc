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
  /** Rupees that the wallet is short of. */
  short?: number;
}

interface Extensions {
  code?: string;
  field?: string;
  retryAfter?: number;
  needed?: number;
  balance?: number;
}

/** `extensions.code` of the gateway; NETWORK when nobody answered. */
export function codeOf(error?: CombinedError) {
  return String(error?.graphQLErrors[0]?.extensions.code ?? (error ? 'NETWORK' : ''));
}

/** Whether it may have happened all the same: only then may the idempotency key be used again. */
export function isUnknownOutcome(error?: CombinedError) {
  return ['NETWORK', 'BUSY', 'INTERNAL'].includes(codeOf(error));
}

export function problemOf(error?: CombinedError): Problem | undefined {
  if (!error) return undefined;
  const code = codeOf(error);
  const message = error.graphQLErrors[0]?.message ?? error.message;
  const { field, retryAfter, needed = 0, balance = 0 } = (error.graphQLErrors[0]?.extensions ?? {}) as Extensions;
  const short = needed - balance;
  const texts: Record<string, string> = {
    NETWORK: 'No answer. Check your connection, then try again.',
    // A variable that cannot be read is named before the sentence: `Variable "$phone": a phone number has …`.
    BAD_INPUT: sentence(message.replace(/^Variable "\$\w+": /, '')),
    RATE_LIMITED: 'That was too often. Wait a little, then try again.',
    INSUFFICIENT_BALANCE: `Your wallet holds ${rupees(balance)}. Add ${rupees(short)}, or pay in cash.`,
    OUT_OF_STOCK: `${message}. Change your cart.`,
    OTHER_SHOP_IN_CART: 'Your cart holds items of another shop, and one order comes from one shop.',
    IDEMPOTENCY_KEY_REUSED: 'Your last try may have gone through. Look at your orders first.',
  };
  return { code, text: texts[code] ?? sentence(message), field, retryAfter, short: needed ? short : undefined };
}

function sentence(text: string) {
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.');
}
