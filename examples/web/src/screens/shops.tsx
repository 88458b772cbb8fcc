// The shops of the society. The gateway puts open ones first, then the best rated.
import { useDeferredValue, useState } from 'react';
import { useQuery } from 'urql';
import { graphql } from '../gql';
import type { ShopCardFragment } from '../gql/graphql';
import { problemOf } from '../problems';
import { Loading, Screen, Tile, Trouble } from '../ui';

graphql(`fragment ShopCard on Shop { id shopName shopType description logoUrl isOpen delivers rating }`);

const SHOPS = graphql(`query Shops($search: String) {
  shops(first: 50, filter: { search: $search }) { nodes { ...ShopCard } }
}`);

export function ShopsScreen() {
  const [text, setText] = useState('');
  const word = useDeferredValue(text.trim().slice(0, 100));
  // One letter is in nearly every name.
  const search = word.length >= 2 ? word : null;
  const [{ data, fetching, error }] = useQuery({ query: SHOPS, variables: { search }, requestPolicy: 'cache-and-network' });
  const shops = data?.shops.nodes ?? [];
  return (
    <Screen title="Shops">
      <input type="search" className="search" aria-label="Search shops and items" placeholder="Search for a shop or for milk…"
        value={text} onChange={(event) => setText(event.target.value)} />
      <Trouble problem={problemOf(error)} />
      {!data && fetching && <Loading />}
      {data && shops.length === 0 && (
        <p className="empty">{search ? `No shop has “${search}”.` : 'No shop of your society is here yet.'}</p>
      )}
      <ul className="cards">{shops.map((shop) => <li key={shop.id}><Card shop={shop} /></li>)}</ul>
    </Screen>
  );
}

function Card({ shop }: { shop: ShopCardFragment }) {
  return (
    <a className={shop.isOpen ? 'card' : 'card closed'} href={`#/shop/${shop.id}`}>
      <Tile name={shop.shopName} url={shop.logoUrl} />
      <span className="text">
        <strong>{shop.shopName}</strong>
        <span>{shop.description ?? shop.shopType}</span>
        <small>
          <em className={shop.isOpen ? 'tag open' : 'tag'}>{shop.isOpen ? 'Open' : 'Closed'}</em>
          {shop.rating != null && <span className="number">★ {shop.rating.toFixed(1)}</span>}
          <span>{shop.delivers ? shop.shopType : `${shop.shopType}, pick-up only`}</span>
        </small>
      </span>
    </a>
  );
}
