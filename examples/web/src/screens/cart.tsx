// What is in the cart, what it costs, and the order itself.
import { useState, type FormEvent } from 'react';
import { useMutation } from 'urql';
import { MOST, useCart } from '../cart';
import { graphql } from '../gql';
import type { CartPartsFragment, PaymentMode } from '../gql/graphql';
import { useLiveQuery } from '../live';
import { useOnce } from '../once';
import { problemOf } from '../problems';
import { go } from '../route';
import { Button, Field, Pending, Row, Screen, Stepper, Tile, Trouble, rupees } from '../ui';

const APPLY = graphql(`mutation ApplyCoupon($code: String!) { applyCoupon(code: $code) { cart { ...CartParts } } }`);

const TAKE_OUT = graphql(`mutation RemoveCoupon { removeCoupon { cart { ...CartParts } } }`);

const BALANCE = graphql(`query Balance { wallet { balance } }`);

const CONFIRM = graphql(`mutation ConfirmOrder($input: ConfirmOrderInput!, $key: String!) {
  confirmOrder(input: $input, idempotencyKey: $key) { order { ...OrderParts } cart { ...CartParts } wallet { balance } }
}`);

export function CartScreen() {
  const { cart, error, busy, trouble, set, clear } = useCart();
  if (!cart) return <Pending title="Cart" error={error} />;
  const { shop } = cart;
  if (!shop) {
    return <Screen title="Cart"><p className="empty">Nothing in it yet. <a href="#/shops">Look at the shops</a></p></Screen>;
  }
  return (
    <Screen title="Cart">
      <p className="lead">From <a href={`#/shop/${shop.id}`}>{shop.shopName}</a></p>
      <ul className="items">
        {cart.lines.map(({ id, item, quantity, subtotal, available }) => (
          <li key={id}>
            <article className="item">
              <Tile name={item.title} url={item.imageUrl} />
              <div className="text">
                <strong>{item.title}</strong>
                <small>{item.packSize}</small>
                {available ? <span className="number price">{rupees(subtotal)}</span> : <em className="tag">Sold out</em>}
              </div>
              <Stepper name={item.title} quantity={quantity} most={MOST} busy={busy} set={(quantity) => set(item.id, quantity)} />
            </article>
            {trouble?.itemId === item.id && <Trouble problem={trouble} />}
          </li>
        ))}
      </ul>
      <Button kind="quiet" onClick={clear}>Clear the cart</Button>
      <Coupon cart={cart} />
      <dl className="panel">
        <Row label="Items">{rupees(cart.total)}</Row>
        {cart.discount > 0 && <Row label="Discount">− {rupees(cart.discount)}</Row>}
        <Row label="To pay" strong>{rupees(cart.payable)}</Row>
        {cart.savings > 0 && <p className="good">You save {rupees(cart.savings)} on printed prices.</p>}
      </dl>
      <Checkout payable={cart.payable} />
    </Screen>
  );
}

function Coupon({ cart }: { cart: CartPartsFragment }) {
  const [code, setCode] = useState('');
  const [applied, apply] = useMutation(APPLY);
  const [, takeOut] = useMutation(TAKE_OUT);
  if (cart.couponCode) {
    return (
      <div className={cart.couponProblem ? 'coupon trouble' : 'coupon'}>
        <span><strong>{cart.couponCode}</strong> {cart.couponProblem ?? `takes off ${rupees(cart.couponDiscount)}`}</span>
        <Button kind="quiet" onClick={() => takeOut({})}>Take out</Button>
      </div>
    );
  }
  const problem = problemOf(applied.error);
  return (
    <form className="beside" onSubmit={(event) => { event.preventDefault(); apply({ code }); }}>
      <Field label="Coupon" name="code" autoCapitalize="characters" autoComplete="off" value={code} required
        onChange={(event) => setCode(event.target.value)} problem={problem && { ...problem, field: 'code' }} />
      <Button type="submit" busy={applied.fetching}>Apply</Button>
    </form>
  );
}

function Checkout({ payable }: { payable: number }) {
  const { send, busy, problem } = useOnce();
  const [{ data }] = useLiveQuery({ query: BALANCE });
  const [paymentMode, setMode] = useState<PaymentMode>('CASH');
  const [notes, setNotes] = useState('');
  const balance = data?.wallet.balance ?? 0;
  // Nobody knows whether it went through: the same again is safe, something else would be another order.
  const unknown = problem?.isUnknown;

  async function order(event: FormEvent) {
    event.preventDefault();
    const placed = await send(CONFIRM, { input: { paymentMode, deliveryNotes: notes.trim() || null } });
    if (placed) go(`/order/${placed.confirmOrder.order.id}`);
  }

  return (
    <form className="panel" onSubmit={order}>
      <fieldset className="choice" disabled={unknown}>
        <legend>Pay</legend>
        {(['CASH', 'WALLET'] as const).map((one) => (
          <label key={one}>
            <input type="radio" name="mode" checked={paymentMode === one} onChange={() => setMode(one)} />
            <span>
              <strong>{one === 'CASH' ? 'Cash' : 'Wallet'}</strong>
              <small>{one === 'CASH' ? 'on delivery' : `holds ${rupees(balance)}`}</small>
            </span>
          </label>
        ))}
      </fieldset>
      {paymentMode === 'WALLET' && balance < payable && !problem && (
        <p className="note">The wallet is {rupees(payable - balance)} short. <a href="#/wallet">Add money</a></p>
      )}
      <Field label="Notes" name="deliveryNotes" maxLength={500} placeholder="Ring twice, please" disabled={unknown}
        value={notes} onChange={(event) => setNotes(event.target.value)} problem={problem} />
      <Trouble problem={problem} fields={['deliveryNotes']}>
        {problem?.code === 'INSUFFICIENT_BALANCE' && <a href="#/wallet">Add money</a>}
        {problem?.code === 'IDEMPOTENCY_KEY_REUSED' && <a href="#/orders">Your orders</a>}
      </Trouble>
      <Button type="submit" kind="main" busy={busy}>{unknown ? 'Try again' : `Order for ${rupees(payable)}`}</Button>
    </form>
  );
}
