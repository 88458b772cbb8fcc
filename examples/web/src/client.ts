// The GraphQL client of whoever is signed in: a normalized cache, a token with each request, live events.
import { authExchange } from '@urql/exchange-auth';
import { cacheExchange, type Cache } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';
import { Client, fetchExchange } from 'urql';
import { liveExchange } from './live';
import { codeOf } from './problems';
import { accessToken, isAboutToExpire, refresh } from './session';

const mine = () => 'mine';
const partOfItsParent = () => null;

// Whatever answers with an order, an event included, updates it on every screen. What a change touches without
// answering with it is forgotten here; screens that show it read it again.
const forget = (cache: Cache, ...fields: string[]) =>
  fields.forEach((field) =>
    cache.inspectFields('Query').filter(({ fieldName }) => fieldName === field)
      .forEach((known) => cache.invalidate('Query', known.fieldName, known.arguments)),
  );

const cache = cacheExchange({
  keys: {
    Cart: mine,
    Wallet: mine,
    CartPayload: partOfItsParent,
    CouponPayload: partOfItsParent,
    MarkNotificationsReadPayload: partOfItsParent,
    NotificationTarget: partOfItsParent,
    OnboardingPayload: partOfItsParent,
    OrderMessagePayload: partOfItsParent,
    OrderPayload: partOfItsParent,
    OrderRating: partOfItsParent,
    OrderRatingPayload: partOfItsParent,
    OrderStatusLog: partOfItsParent,
    Society: partOfItsParent,
    WalletPayload: partOfItsParent,
  },
  resolvers: {
    // An order that is known already, such as the one that was just placed, is not read again to be shown.
    Query: { orders: relayPagination(), order: (_parent, { id }) => ({ __typename: 'Order', id: String(id) }) },
    Shop: { items: relayPagination() },
  },
  updates: {
    Mutation: {
      confirmOrder: (_result, _args, cache) => forget(cache, 'orders'),
      markNotificationsRead: (_result, _args, cache) => forget(cache, 'unreadNotificationCount', 'notifications'),
    },
    Subscription: {
      notificationAdded: (_result, _args, cache) =>
        forget(cache, 'unreadNotificationCount', 'notifications', 'wallet'),
    },
  },
});

export const client = new Client({
  url: '/graphql',
  preferGetMethod: false,
  exchanges: [
    cache,
    authExchange(async ({ appendHeaders }) => ({
      addAuthToOperation: (operation) => appendHeaders(operation, { Authorization: `Bearer ${accessToken()}` }),
      // Before it expires, so that nothing has to be sent twice; and when the gateway says so all the same.
      willAuthError: isAboutToExpire,
      didAuthError: (error) => ['TOKEN_EXPIRED', 'UNAUTHENTICATED'].includes(codeOf(error)),
      refreshAuth: refresh,
    })),
    liveExchange,
    fetchExchange,
  ],
});
