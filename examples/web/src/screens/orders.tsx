// All orders, newest first; their status is live.
import { useState } from 'react';
import { graphql } from '../gql';
import { useLiveQuery } from '../live';
import { Button, Pending, Screen, Tile, rupees, when } from '../ui';
import { STATUS } from './order-status';

const ORDERS = graphql(`query Orders($after: String) {
  orders(first: 20, after: $after) {
    nodes { id status final createdAt itemCount shop { id shopName logoUrl } }
    pageInfo { hasNextPage endCursor }
  }
}`);

export function OrdersScreen() {
  const [after, setAfter] = useState<string | null>();
  const [{ data, error, fetching }] = useLiveQuery({ query: ORDERS, variables: { after }, requestPolicy: 'cache-and-network' });
  if (!data) return <Pending title="Orders" error={error} />;
  const { nodes, pageInfo } = data.orders;
  return (
    <Screen title="Orders">
      {nodes.length === 0 && <p className="empty">No orders yet. <a href="#/shops">Look at the shops</a></p>}
      <ul className="cards">
        {nodes.map(({ id, status, final, createdAt, itemCount, shop }) => (
          <li key={id}>
            <a className="card" href={`#/order/${id}`}>
              <Tile name={shop.shopName} url={shop.logoUrl} />
              <span className="text">
                <strong>{shop.shopName}</strong>
                <span className="number">{rupees(final)} · {itemCount} {itemCount === 1 ? 'item' : 'items'}</span>
                <small><em className={`tag ${STATUS[status].mood}`}>{STATUS[status].short}</em> {when(createdAt)}</small>
              </span>
            </a>
          </li>
        ))}
      </ul>
      {pageInfo.hasNextPage && <Button busy={fetching} onClick={() => setAfter(pageInfo.endCursor)}>Show older ones</Button>}
    </Screen>
  );
}
