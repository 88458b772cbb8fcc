// Which screen: `#/order/42`. A router of your choice goes here.
import { useSyncExternalStore } from 'react';

export function useRoute() {
  const hash = useSyncExternalStore(
    (listener) => {
      addEventListener('hashchange', listener);
      return () => removeEventListener('hashchange', listener);
    },
    () => location.hash,
  );
  const [, screen = 'shops', id = ''] = hash.split('/');
  return { screen, id };
}

export function go(to: string) {
  location.hash = to;
}
