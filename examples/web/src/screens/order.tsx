// One order: where it stands, live; what may be done with it; what was ordered; the chat with the shop.
import { graphql } from '../gql';
import type { OrderPartsFragment } from '../gql/graphql';
import { useLiveQuery } from '../live';
import { useOnce } from '../once';
import { Button, Pending, Row, Screen, Trouble, rupees, when } from '../ui';
import { Chat } from './chat';
import { STATUS } from './order-status';

graphql(`fragment OrderParts on Order {
  id status paymentMode paymentStatus total discount final deliveryNotes createdAt acts
  statusLog { status createdAt }
  items { id name quantity orderedQuantity subtotal }
  rating { rating }
  shop { id shopName }
}`);

const ORDER = graphql(`query Order($id: ID!) { order(id: $id) { ...OrderParts } }`);

const CANCEL = graphql(`mutation CancelOrder($orderId: ID!, $key: String!) {
  cancelOrder(orderId: $orderId, idempotencyKey: $key) { order { ...OrderParts } wallet { balance } }
}`);

const AGREE = graphql(`mutation AgreeToChanges($orderId: ID!, $key: String!) {
  confirmModifiedOrder(orderId: $orderId, idempotencyKey: $key) { order { ...OrderParts } wallet { balance } }
}`);

const RATE = graphql(`mutation RateOrder($orderId: ID!, $rating: Int!, $key: String!) {
  rateOrder(orderId: $orderId, rating: $rating, idempotencyKey: $key) { order { ...OrderParts } }
}`);

export function OrderScreen({ id }: { id: string }) {
  const [{ data, error }] = useLiveQuery({ query: ORDER, variables: { id } });
  if (!data) return <Pending title="Order" error={error} />;
  const { order } = data;
  return (
    <Screen title={`Order ${order.id}`}>
      <p className="lead"><a href={`#/shop/${order.shop.id}`}>{order.shop.shopName}</a>, {when(order.createdAt)}</p>
      <section className="panel">
        <h2 className={`status ${STATUS[order.status].mood}`} aria-live="polite">{STATUS[order.status].long}</h2>
        <Timeline order={order} />
        <Acts order={order} />
      </section>
      <Chat orderId={order.id} />
      <Goods order={order} />
    </Screen>
  );
}

function Timeline({ order }: { order: OrderPartsFragment }) {
  return (
    <ol className="timeline">
      {order.statusLog.map(({ status, createdAt }, index) => (
        <li key={index} className="done" aria-current={index === order.statusLog.length - 1 ? 'step' : undefined}>
          <strong>{STATUS[status].short}</strong><time dateTime={createdAt}>{when(createdAt)}</time>
        </li>
      ))}
      {STATUS[order.status].next.map((status) => <li key={status}><strong>{STATUS[status].short}</strong></li>)}
    </ol>
  );
}

/** The gateway says what may be done now (`acts`), so no rule about it is repeated here. */
function Acts({ order }: { order: OrderPartsFragment }) {
  const { send, busy, problem } = useOnce();
  const orderId = order.id;
  const can = new Set(order.acts);
  return (
    <div className="acts">
      {can.has('CONFIRM_MODIFIED') && (
        <Button kind="main" busy={busy} onClick={() => send(AGREE, { orderId })}>Agree to {rupees(order.final)}</Button>
      )}
      {can.has('CANCEL') && (
        <Button busy={busy} onClick={() => confirm('Call this order off?') && send(CANCEL, { orderId })}>Cancel the order</Button>
      )}
      {can.has('RATE') && (
        <div className="stars" role="group" aria-label="Rate this order">
          {[1, 2, 3, 4, 5].map((rating) => (
            <button type="button" key={rating} disabled={busy} aria-label={`${rating} of 5`}
              onClick={() => send(RATE, { orderId, rating })}>★</button>
          ))}
        </div>
      )}
      {order.rating && <p className="good">You gave {'★'.repeat(order.rating.rating)}</p>}
      <Trouble problem={problem} />
    </div>
  );
}

function Goods({ order }: { order: OrderPartsFragment }) {
  return (
    <dl className="panel">
      {order.items.map(({ id, name, quantity, orderedQuantity, subtotal }) => (
        <Row key={id} label={`${quantity} × ${name}`}>
          {quantity !== orderedQuantity && <small>of {orderedQuantity} </small>}{rupees(subtotal)}
        </Row>
      ))}
      {order.discount > 0 && <Row label="Discount">− {rupees(order.discount)}</Row>}
      <Row label={`${order.paymentMode === 'CASH' ? 'Cash' : 'Wallet'}, ${order.paymentStatus.toLowerCase().replace('_', ' ')}`} strong>
        {rupees(order.final)}
      </Row>
      {order.deliveryNotes && <p className="note">“{order.deliveryNotes}”</p>}
    </dl>
  );
}
