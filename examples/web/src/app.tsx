// The frame around the screens: who is signed in, where one is, what is new.
import { useEffect, useState } from 'react';
import { Provider, useSubscription } from 'urql';
import { client } from './client';
import { graphql } from './gql';
import { useConnection, useLiveQuery } from './live';
import { problemOf } from './problems';
import { useRoute } from './route';
import { forget, useSignedIn } from './session';
import { Button, Loading, Trouble, rupees } from './ui';
import { CartScreen } from './screens/cart';
import { MESSAGE_ADDED } from './screens/chat';
import { NoticesScreen, screenOf } from './screens/notices';
import { OnboardingScreen } from './screens/onboarding';
import { OrderScreen } from './screens/order';
import { OrdersScreen } from './screens/orders';
import { ShopScreen } from './screens/shop';
import { ShopsScreen } from './screens/shops';
import { SignInScreen } from './screens/sign-in';
import { WalletScreen } from './screens/wallet';

const ME = graphql(`
  query Me { me { id name society role basicOnboardingDone } }
`);

const BAR = graphql(`
  query Bar {
    cart { lines { id quantity } payable }
    wallet { balance }
    unreadNotificationCount
  }
`);

// Everything that happens to any order of this person: the cache puts it on whatever screen shows the order.
const ORDER_CHANGED = graphql(`
  subscription OrderChanged($after: String) {
    orderStatusChanged(after: $after) { id seq order { ...OrderParts } }
  }
`);

const TOLD = graphql(`
  subscription Told($after: String) {
    notificationAdded(after: $after) { id notification { ...NoticeParts } }
  }
`);

export function App() {
  if (!useSignedIn()) return <SignInScreen />;
  return (
    <Provider value={client}>
      <SignedIn />
    </Provider>
  );
}

function SignedIn() {
  const [{ data, error }, read] = useLiveQuery({ query: ME });
  if (!data && error) {
    return (
      <Trouble problem={problemOf(error)}>
        <Button onClick={() => read({ requestPolicy: 'network-only' })}>Try again</Button>
      </Trouble>
    );
  }
  if (!data) return <Loading />;
  if (!data.me.basicOnboardingDone) return <OnboardingScreen />;
  if (data.me.role !== 'CONSUMER') {
    return (
      <main className="screen door">
        <h1>This app is for customers</h1>
        <p>The phone that you signed in with belongs to a {data.me.role?.toLowerCase()}. Use the phone that you order with.</p>
        <Button kind="main" onClick={forget}>Use another phone</Button>
      </main>
    );
  }
  return <Frame society={data.me.society ?? ''} />;
}

function Frame({ society }: { society: string }) {
  const { screen, id } = useRoute();
  const [{ data }] = useLiveQuery({ query: BAR });
  const inCart = data?.cart.lines.reduce((sum, { quantity }) => sum + quantity, 0) ?? 0;
  const tabs = [
    { to: 'shops', label: 'Shops', icon: 'M4 10v10h16V10M2.5 10 5 4h14l2.5 6zM10 20v-6h4v6' },
    { to: 'cart', label: 'Cart', count: inCart, icon: 'M5 8h14l-1.5 12h-11zM9 8a3 3 0 0 1 6 0' },
    { to: 'orders', label: 'Orders', icon: 'M6 3h12v18l-3-2-3 2-3-2-3 2zM9.5 8h5M9.5 12h5' },
    { to: 'wallet', label: data ? rupees(data.wallet.balance) : 'Wallet', icon: 'M4 6h13v3M4 6v12h16V9H4M16 13.5h.1' },
  ];
  return (
    <>
      <header className="top">
        <a className="society" href="#/shops">{society}</a>
        <a className="bell" href="#/notices" aria-label={`Notifications, ${data?.unreadNotificationCount ?? 0} unread`}>
          <Icon path="M6 17V11a6 6 0 0 1 12 0v6l2 1H4zM10 21h4" />
          <Count value={data?.unreadNotificationCount} />
        </a>
      </header>
      <nav className="tabs" aria-label="Main">
        {tabs.map(({ to, label, icon, count }) => (
          <a key={to} href={`#/${to}`} aria-current={screen === to ? 'page' : undefined}>
            <span className="icon"><Icon path={icon} /><Count value={count} /></span>
            {label}
          </a>
        ))}
      </nav>
      <Connection />
      {screen === 'shop' ? <ShopScreen key={id} id={id} />
        : screen === 'cart' ? <CartScreen />
        : screen === 'wallet' ? <WalletScreen />
        : screen === 'orders' ? <OrdersScreen />
        : screen === 'order' ? <OrderScreen key={id} id={id} />
        : screen === 'notices' ? <NoticesScreen />
        : <ShopsScreen />}
      <News />
    </>
  );
}

function Connection() {
  const connection = useConnection();
  return (
    <div role="status" className="connection">
      {connection === 'down' && <p className="down">No connection. What happens meanwhile comes when you are back.</p>}
      {connection === 'back' && <p className="back">You are back, and nothing was missed.</p>}
    </div>
  );
}

/** Keeps the streams open for as long as somebody is signed in, and says what they bring. */
function News() {
  useSubscription({ query: ORDER_CHANGED });
  useSubscription({ query: MESSAGE_ADDED });
  const [{ data }] = useSubscription({ query: TOLD });
  const [hidden, setHidden] = useState('');
  const event = data?.notificationAdded;
  useEffect(() => {
    const timer = setTimeout(() => setHidden(event?.id ?? ''), 6_000);
    return () => clearTimeout(timer);
  }, [event?.id]);
  return (
    <div role="status" className="news">
      {event && event.id !== hidden && (
        <a href={screenOf(event.notification)} onClick={() => setHidden(event.id)}>
          <strong>{event.notification.title}</strong>
          <span>{event.notification.body}</span>
        </a>
      )}
    </div>
  );
}

function Count({ value }: { value?: number }) {
  return value ? <b className="count">{value > 99 ? '99+' : value}</b> : null;
}

function Icon({ path }: { path: string }) {
  return <svg viewBox="0 0 24 24" aria-hidden><path d={path} /></svg>;
}
