// What the statuses of an order mean to the person who waits for it.
import type { OrderStatus } from '../gql/graphql';

interface Told {
  short: string;
  long: string;
  mood: 'wait' | 'open' | 'over';
  /** What is still to come if all goes well. */
  next: OrderStatus[];
}

export const STATUS: Record<OrderStatus, Told> = {
  PENDING: { short: 'Placed', long: 'Waiting for the shop to accept', mood: 'wait', next: ['ACCEPTED', 'DELIVERED'] },
  ACCEPTED: { short: 'Accepted', long: 'The shop is preparing it', mood: 'open', next: ['DELIVERED'] },
  AWAITING_CONSUMER_CONFIRMATION: { short: 'Changed', long: 'The shop changed it: do you agree?', mood: 'wait', next: ['CONFIRMED', 'DELIVERED'] },
  CONFIRMED: { short: 'Confirmed', long: 'The shop is preparing it', mood: 'open', next: ['DELIVERED'] },
  DELIVERED: { short: 'Delivered', long: 'You have it. Enjoy!', mood: 'open', next: [] },
  REJECTED: { short: 'Turned down', long: 'The shop could not take it', mood: 'over', next: [] },
  CANCELLED: { short: 'Cancelled', long: 'It was called off', mood: 'over', next: [] },
  RETURN_ACCEPTED: { short: 'Return agreed', long: 'The shop takes something back', mood: 'wait', next: ['RETURN_COMPLETED'] },
  RETURN_COMPLETED: { short: 'Returned', long: 'The return is done', mood: 'over', next: [] },
};
