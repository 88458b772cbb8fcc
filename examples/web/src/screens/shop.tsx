// One shop: what it sells, and how many of it are in the cart.
import { useState, type ReactNode } from 'react';
import { useQuery } from 'urql';
import { MOST, useCart } from '../cart';
import { graphql } from '../gql';
import type { ItemCardFragment } from '../gql/graphql';
import { Button, Pending, Screen, Stepper, Tile, Trouble, rupees } from '../ui';

graphql(`fragment ItemCard on Item { id title brand price mrp packSize category imageUrl }`);

const SHOP = graphql(`query Shop($id: ID!, $after: String) {
  shop(id: $id) {
    id shopName description isOpen
    items(first: 50, after: $after) { nodes { ...ItemCard } pageInfo { hasNextPage endCursor } }
  }
}`);

export function ShopScreen({ id }: { id: string }) {
  const [after, setAfter] = useState<string | null>();
  const [{ data, error, fetching }] = useQuery({ query: SHOP, variables: { id, after } });
  const { cart, count, trouble, busy, quantityOf, set, startAnewWith } = useCart();
  const shop = data?.shop;
  if (!shop) return <Pending title="Shop" error={error} />;
  const { nodes, pageInfo } = shop.items;
  const categories = new Set(nodes.map(({ category }) => category ?? 'More'));
  return (
    <Screen title={shop.shopName}>
      <p className="lead">{shop.description}</p>
      {!shop.isOpen && <p className="note">Closed at the moment: you can fill your cart, and order when it opens.</p>}
      {nodes.length === 0 && <p className="empty">Nothing to order here at the moment.</p>}
      {[...categories].map((category) => (
        <section key={category}>
          <h2>{category}</h2>
          <ul className="items">
            {nodes.filter((item) => (item.category ?? 'More') === category).map((item) => (
              <li key={item.id}>
                <Goods item={item}>
                  <Stepper name={item.title} quantity={quantityOf(item.id)} most={MOST} busy={busy}
                    set={(quantity) => set(item.id, quantity)} />
                </Goods>
                {trouble?.itemId === item.id && (
                  <Trouble problem={trouble}>
                    {trouble.code === 'OTHER_SHOP_IN_CART' && (
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
      {cart && count > 0 && (
        <a className="cart-bar" href="#/cart">
          <span>{count} {count === 1 ? 'item' : 'items'}</span>
          <span className="number">{rupees(cart.payable)}</span>
          <span>View cart →</span>
        </a>
      )}
    </Screen>
  );
}

function Goods({ item, children }: { item: ItemCardFragment; children: ReactNode }) {
  const { title, brand, packSize, price, mrp, imageUrl } = item;
  return (
    <article className="item">
      <Tile name={title} url={imageUrl} />
      <div className="text">
        <strong>{title}</strong>
        <small>{[brand, packSize].filter(Boolean).join(' · ')}</small>
        <span className="number price">
          {rupees(price)} {mrp && mrp > price ? <s aria-label={`instead of ${rupees(mrp)}`}>{rupees(mrp)}</s> : null}
        </span>
      </div>
      {children}
    </article>
  );
}
