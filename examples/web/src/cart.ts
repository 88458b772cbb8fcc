// The cart, for every screen that shows or changes it. Each change answers with the whole cart.
import { useState } from 'react';
import { useClient, useQuery } from 'urql';
import { graphql } from './gql';
import { problemOf, type Problem } from './problems';

graphql(`
  fragment CartParts on Cart {
    lines {
      id quantity subtotal available
      item { id title price packSize imageUrl shop { id shopName } }
    }
    total savings couponCode couponProblem couponDiscount discount payable
  }
`);

const CART = graphql(`
  query Cart { cart { ...CartParts } }
`);

const ADD = graphql(`
  mutation AddToCart($itemId: ID!) { addToCart(itemId: $itemId) { cart { ...CartParts } } }
`);

const SET = graphql(`
  mutation SetQuantity($itemId: ID!, $quantity: Int!) {
    updateCartItem(itemId: $itemId, quantity: $quantity) { cart { ...CartParts } }
  }
`);

const REMOVE = graphql(`
  mutation RemoveFromCart($itemId: ID!) { removeFromCart(itemId: $itemId) { cart { ...CartParts } } }
`);

const CLEAR = graphql(`
  mutation ClearCart { clearCart { cart { ...CartParts } } }
`);

/** At most so many of one item. */
export const MOST = 10;

export function useCart() {
  const client = useClient();
  const [{ data, fetching, error }] = useQuery({ query: CART });
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<{ problem: Problem; itemId: string }>();
  const quantityOf = (itemId: string) => data?.cart.lines.find(({ item }) => item.id === itemId)?.quantity ?? 0;

  async function set(itemId: string, quantity: number) {
    setBusy(true);
    const { error } = await (quantity === 0 ? client.mutation(REMOVE, { itemId })
      : quantityOf(itemId) === 0 ? client.mutation(ADD, { itemId })
      : client.mutation(SET, { itemId, quantity }));
    setBusy(false);
    const problem = problemOf(error);
    setTrouble(problem && { problem, itemId });
  }

  async function clear() {
    const { error } = await client.mutation(CLEAR, {});
    return !error;
  }

  /** The way out of OTHER_SHOP_IN_CART. */
  async function startAnewWith(itemId: string) {
    if (await clear()) await set(itemId, 1);
  }

  return { cart: data?.cart, fetching, error, busy, trouble, quantityOf, set, clear, startAnewWith };
}
