// The prepared operations take ids of things that are made on the way: an order, a ticket, an address. The newest that an
// answer named is written into the variables, so that nobody has to carry it from one operation to the next.
import type { Body } from './gateway';
import { createStore } from './store';

/** Each variable, and where its value is seen. */
const SEEN: Record<string, string[]> = {
  orderId: ['confirmOrder.order.id', 'orderStatusChanged.order.id', 'orders.nodes.0.id', 'shopOrders.nodes.0.id'],
  orderItemId: [
    'confirmOrder.order.items.0.itemId',
    'orders.nodes.0.items.0.itemId',
    'shopOrders.nodes.0.items.0.itemId',
  ],
  addressId: ['addAddress.address.id', 'addresses.0.id'],
  ticketId: ['openSupportTicket.ticket.id', 'supportTickets.nodes.0.id', 'allSupportTickets.nodes.0.id'],
  myItemId: ['addItem.item.id', 'myItems.nodes.0.id'],
  offerId: ['createOffer.offer.id', 'managedOffers.nodes.0.id'],
};

const KEY = 'society-gateway:ids';

interface Ids {
  newest: Record<string, string>;
  /** Every id that was ever filled in, by variable: what somebody typed is left alone. */
  filled: Record<string, string[]>;
}

function restored(): Ids {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? '') as Ids;
  } catch {
    return { newest: {}, filled: {} };
  }
}

export const ids = createStore<Ids>(restored());

function at(data: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | null)?.[key], data);
}

/** Remembers the ids in an answer. */
export function noteIds({ data }: Body): void {
  const { newest, filled } = ids.get();
  const next = { newest: { ...newest }, filled: { ...filled } };
  for (const [name, paths] of Object.entries(SEEN)) {
    const id = paths.map((path) => at(data, path)).find((found) => typeof found === 'string');
    if (typeof id !== 'string' || id === newest[name]) continue;
    next.newest[name] = id;
    next.filled[name] = [...new Set([...(filled[name] ?? []), id])].slice(-100);
  }
  if (JSON.stringify(next.newest) === JSON.stringify(newest)) return;
  sessionStorage.setItem(KEY, JSON.stringify(next));
  ids.set(next);
}

/** The variables with the newest ids, where they are empty or hold an id that was filled in before. */
export function withIds(variables: string): string {
  const { newest, filled } = ids.get();
  return Object.entries(newest).reduce((text, [name, id]) => {
    const place = new RegExp(`("${name}"\\s*:\\s*)"([^"]*)"`);
    const known = (now: string) => now === '' || filled[name]?.includes(now);
    return text.replace(place, (whole, key: string, now: string) => (known(now) ? `${key}"${id}"` : whole));
  }, variables);
}
