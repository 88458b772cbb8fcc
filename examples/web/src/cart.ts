// The cart, for every screen that shows or changes it. Each change answers with the whole cart.
import { useState } from 'react';
import { useClient, useQuery } from 'urql';
import { graphql } from './gql';
import { problemOf, type Problem } from './problems';

graphql(`fragment CartParts on Cart {
  lines { id quantity subtotal available item { id title price packSize imageUrl } }
  shop { id shopName }
  totalQuantity total savings couponCode couponProblem couponDiscount discount payable
}`);

const CART = graphql(`query Cart { cart { ...CartParts } }`);

const SET = graphql(`mutation SetQuantity($itemId: ID!, $quantity: Int!) {
  setCartItem(itemId: $itemId, quantity: $quantity) { cart { ...CartParts } }
}`);

const CLEAR = graphql(`mutation ClearCart { clearCart { cart { ...CartParts } } }`);

/** How many of one item the gateway lets into a cart. */
export const MOST = 10;

export function useCart() {
  const client = useClient();
  const [{ data, error }] = useQuery({ query: CART });
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<Problem & { itemId: string }>();
  const lines = data?.cart.lines ?? [];
  const quantityOf = (itemId: string) => lines.find(({ item }) => item.id === itemId)?.quantity ?? 0;

  async function set(itemId: string, quantity: number) {
    setBusy(true);
    const { error } = await client.mutation(SET, { itemId, quantity });
    setBusy(false);
    const problem = problemOf(error);
    setTrouble(problem && { ...problem, itemId });
  }

  const clear = async () => !(await client.mutation(CLEAR, {})).error;

  /** The way out of OTHER_SHOP_IN_CART. */
  async function startAnewWith(itemId: string) {
    if (await clear()) await set(itemId, 1);
  }

  return { cart: data?.cart, count: data?.cart.totalQuantity ?? 0, error, busy, trouble, quantityOf, set, clear, startAnewWith };
}
