// The frame around the screens: who is signed in, where one is, what is new.
import { useEffect, useState } from 'react';
import { Provider, useQuery, useSubscription } from 'urql';
import { useCart } from './cart';
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

const ME = graphql(`query Me { me { id name phone society role basicOnboardingDone } }`);

const BAR = graphql(`query Bar { wallet { balance } unreadNotificationCount }`);

// Everything that happens to any order of this person: the cache puts it on whatever screen shows the order.
const ORDER_CHANGED = graphql(`subscription OrderChanged($after: String) {
  orderStatusChanged(after: $after) { id seq order { ...OrderParts } }
}`);

const TOLD = graphql(`subscription Told($after: String) {
  notificationAdded(after: $after) { id notification { ...NoticeParts } }
}`);

export function App() {
  if (!useSignedIn()) return <SignInScreen />;
  return <Provider value={client}><SignedIn /></Provider>;
}

function SignedIn() {
  const [{ data, error }, read] = useQuery({ query: ME });
  if (error && !data) {
    return (
      <main className="screen door">
        <Trouble problem={problemOf(error)} />
        <Button onClick={() => read({ requestPolicy: 'network-only' })}>Try again</Button>
      </main>
    );
  }
  if (!data) return <Loading />;
  const { role, society, basicOnboardingDone } = data.me;
  if (!basicOnboardingDone) return <OnboardingScreen />;
  if (role === 'CONSUMER') return <Frame society={society ?? ''} />;
  return (
    <main className="screen door">
      <h1>This app is for customers</h1>
      <p>The phone that you signed in with belongs to a {role?.toLowerCase()}. Use the phone that you order with.</p>
      <Button kind="main" onClick={forget}>Use another phone</Button>
    </main>
  );
}

function Frame({ society }: { society: string }) {
  const { screen, id } = useRoute();
  const [{ data }] = useLiveQuery({ query: BAR });
  const { count } = useCart();
  const unread = data?.unreadNotificationCount ?? 0;
  const tabs = [
    { to: 'shops', also: 'shop', label: 'Shops', icon: 'M4 10v10h16V10M2.5 10 5 4h14l2.5 6zM10 20v-6h4v6' },
    { to: 'cart', label: 'Cart', count, icon: 'M5 8h14l-1.5 12h-11zM9 8a3 3 0 0 1 6 0' },
    { to: 'orders', also: 'order', label: 'Orders', icon: 'M6 3h12v18l-3-2-3 2-3-2-3 2zM9.5 8h5M9.5 12h5' },
    { to: 'wallet', label: data ? rupees(data.wallet.balance) : 'Wallet', icon: 'M4 6h13v3M4 6v12h16V9H4M16 13.5h.1' },
  ];
  return (
    <>
      <header className="top">
        <a className="society" href="#/shops">{society}</a>
        <a className="bell" href="#/notices" aria-label={`Notifications, ${unread} unread`}>
          <Icon path="M6 17V11a6 6 0 0 1 12 0v6l2 1H4zM10 21h4" count={unread} />
        </a>
      </header>
      <nav className="tabs" aria-label="Main">
        {tabs.map(({ to, also, label, icon, count }) => (
          <a key={to} href={`#/${to}`} aria-current={screen === to ? 'page' : screen === also ? true : undefined}>
            <Icon path={icon} count={count} />{label}
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
      {connection === 'down' && <p className="down">No connection. Nothing will be missed.</p>}
      {connection === 'back' && <p className="back">You are back. Nothing was missed.</p>}
    </div>
  );
}

/** Keeps the streams open for as long as somebody is signed in, and says what they bring. */
function News() {
  useSubscription({ query: ORDER_CHANGED });
  useSubscription({ query: MESSAGE_ADDED });
  const [{ data }] = useSubscription({ query: TOLD });
  const [hidden, setHidden] = useState<string>();
  const event = data?.notificationAdded;
  useEffect(() => {
    const timer = setTimeout(() => setHidden(event?.id), 4_000);
    return () => clearTimeout(timer);
  }, [event?.id]);
  if (!event || event.id === hidden) return <div role="status" />;
  const { notification } = event;
  const to = screenOf(notification);
  // Whoever looks at that screen sees it there.
  return (
    <div role="status" className="news">
      {to !== location.hash && (
        <a href={to} onClick={() => setHidden(event.id)}><strong>{notification.title}</strong><span>{notification.body}</span></a>
      )}
    </div>
  );
}

function Icon({ path, count = 0 }: { path: string; count?: number }) {
  return (
    <span className="icon">
      <svg viewBox="0 0 24 24" aria-hidden><path d={path} /></svg>
      {count > 0 && <b className="count">{count > 99 ? '99+' : count}</b>}
    </span>
  );
}
