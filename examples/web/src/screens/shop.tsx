// One shop: what it sells, and how many of it are in the cart.
import { useState } from 'react';
import { useQuery } from 'urql';
import { MOST, useCart } from '../cart';
import { graphql } from '../gql';
import type { ItemCardFragment } from '../gql/graphql';
import { problemOf } from '../problems';
import { Button, Empty, Loading, Screen, Tile, Trouble, rupees } from '../ui';

graphql(`
  fragment ItemCard on Item { id title brand price mrp packSize category imageUrl }
`);

const SHOP = graphql(`
  query Shop($id: ID!, $after: String) {
    shop(id: $id) {
      id shopName description isOpen
      items(first: 50, after: $after) { nodes { ...ItemCard } pageInfo { hasNextPage endCursor } }
    }
  }
`);

export function ShopScreen({ id }: { id: string }) {
  const [after, setAfter] = useState<string | null>();
  const [{ data, error, fetching }] = useQuery({ query: SHOP, variables: { id, after } });
  const { cart, trouble, busy, quantityOf, set, startAnewWith } = useCart();
  const shop = data?.shop;
  if (!shop) {
    return <Screen title="Shop">{error ? <Trouble problem={problemOf(error)} /> : <Loading />}</Screen>;
  }
  const inCart = cart?.lines.reduce((sum, { quantity }) => sum + quantity, 0) ?? 0;
  const { nodes, pageInfo } = shop.items;
  const categories = new Set(nodes.map(({ category }) => category ?? 'More'));
  return (
    <Screen title={shop.shopName}>
      <p className="lead">{shop.description}</p>
      {!shop.isOpen && <p className="note">Closed at the moment: you can fill your cart, and order when it opens.</p>}
      {nodes.length === 0 && <Empty>Nothing to order here at the moment.</Empty>}
      {[...categories].map((category) => (
        <section key={category}>
          <h2>{category}</h2>
          <ul className="items">
            {nodes.filter((item) => (item.category ?? 'More') === category).map((item) => (
              <li key={item.id}>
                <Line item={item} quantity={quantityOf(item.id)} busy={busy} set={(quantity) => set(item.id, quantity)} />
                {trouble?.itemId === item.id && (
                  <Trouble problem={trouble.problem}>
                    {trouble.problem.code === 'OTHER_SHOP_IN_CART' && (
                      <Button onClick={() => startAnewWith(item.id)}>Clear the cart and add this</Button>
                    )}
                  </Trouble>
                )}
              </li>
            ))}
          </ul>
        </section>
      ))}
      {pageInfo.hasNextPage && <Button busy={fetching} onClick={() => setAfter(pageInfo.endCursor)}>Show more</Button>}
      {inCart > 0 && (
        <a className="cart-bar" href="#/cart">
          <span>{inCart} {inCart === 1 ? 'item' : 'items'}</span>
          <span className="number">{rupees(cart?.payable ?? 0)}</span>
          <span>View cart →</span>
        </a>
      )}
    </Screen>
  );
}

function Line({ item, quantity, busy, set }: { item: ItemCardFragment; quantity: number; busy: boolean; set: (quantity: number) => void }) {
  return (
    <article className="item">
      <Tile name={item.title} url={item.imageUrl} />
      <div className="text">
        <strong>{item.title}</strong>
        <small>{[item.brand, item.packSize].filter(Boolean).join(' · ')}</small>
        <span className="number price">
          {rupees(item.price)} {item.mrp && item.mrp > item.price ? <s aria-label={`instead of ${rupees(item.mrp)}`}>{rupees(item.mrp)}</s> : null}
        </span>
      </div>
      <Stepper name={item.title} quantity={quantity} busy={busy} set={set} />
    </article>
  );
}

export function Stepper({ name, quantity, busy, set }: { name: string; quantity: number; busy: boolean; set: (quantity: number) => void }) {
  if (quantity === 0) {
    return <Button className="add" busy={busy} aria-label={`Add ${name}`} onClick={() => set(1)}>Add</Button>;
  }
  return (
    <div className="stepper" role="group" aria-label={name}>
      <button type="button" disabled={busy} aria-label="One less" onClick={() => set(quantity - 1)}>−</button>
      <output className="number">{quantity}</output>
      <button type="button" disabled={busy || quantity === MOST} aria-label="One more" onClick={() => set(quantity + 1)}>+</button>
    </div>
  );
}
