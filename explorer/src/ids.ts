// The prepared operations take ids of things that are made on the way: an order, a ticket, an address. The newest that an
// answer named is written into the variables, so that nobody has to carry it from one operation to the next.
import type { Body } from './gateway';
import { activeSession, sessions } from './sessions';
import { createStore } from './store';

/** Each variable, and where its value is seen; -1 is the last of a list. */
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
  sessionId: ['sessions.nodes.-1.id'],
  confirmPhone: ['completeBasicOnboarding.user.phone'],
  managedShopId: ['managedShops.nodes.0.shop.id'],
  userId: ['userByPhone.user.id'],
  promotionId: ['sendPromotion.promotion.id', 'promotions.nodes.0.id'],
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
  return path.split('.').reduce<unknown>((value, key) => {
    if (Array.isArray(value)) return value.at(Number(key));
    return (value as Record<string, unknown> | null | undefined)?.[key];
  }, data);
}

/** Remembers the ids in an answer. */
export function noteIds({ data }: Body): void {
  for (const [name, paths] of Object.entries(SEEN)) note(name, paths.map((path) => at(data, path)).find(Boolean));
}

function note(name: string, id: unknown): void {
  const { newest, filled } = ids.get();
  if (typeof id !== 'string' || id === newest[name]) return;
  const next = {
    newest: { ...newest, [name]: id },
    filled: { ...filled, [name]: [...new Set([...(filled[name] ?? []), id])].slice(-100) },
  };
  sessionStorage.setItem(KEY, JSON.stringify(next));
  ids.set(next);
}

// That of who is active, also after it was renewed.
const noteToken = () => note('refreshToken', activeSession()?.refreshToken);
noteToken();
sessions.subscribe(noteToken);

/** The variables with the newest ids, where they are empty or hold an id that was filled in before. */
export function withIds(variables: string): string {
  const { newest, filled } = ids.get();
  return Object.entries(newest).reduce((text, [name, id]) => {
    const place = new RegExp(`("${name}"\\s*:\\s*)"([^"]*)"`);
    const known = (now: string) => now === '' || filled[name]?.includes(now);
    return text.replace(place, (whole, key: string, now: string) => (known(now) ? `${key}"${id}"` : whole));
  }, variables);
}
