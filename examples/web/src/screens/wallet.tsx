// The balance, adding money, and where it went.
import { useState, type FormEvent } from 'react';
import { useClient, useMutation, useQuery } from 'urql';
import { graphql } from '../gql';
import { useLiveQuery } from '../live';
import { useOnce } from '../once';
import { problemOf, type Problem } from '../problems';
import { forget } from '../session';
import { Button, Empty, Field, Loading, Screen, Trouble, rupees, when } from '../ui';

graphql(`
  fragment WalletParts on Wallet {
    balance
    transactions(first: 20) { nodes { id kind amount balanceAfter reference createdAt } }
  }
`);

const WALLET = graphql(`
  query Wallet { wallet { ...WalletParts } }
`);

const LOAD = graphql(`
  mutation LoadWallet($amount: Money!, $key: String!) {
    loadWallet(amount: $amount, idempotencyKey: $key) { message wallet { ...WalletParts } }
  }
`);

const WHO = graphql(`
  query Who { me { id name phone } }
`);

const SIGN_OUT = graphql(`
  mutation SignOut { logout { message } }
`);

export function WalletScreen() {
  const [{ data, error }] = useLiveQuery({ query: WALLET });
  if (!data) {
    return <Screen title="Wallet">{error ? <Trouble problem={problemOf(error)} /> : <Loading />}</Screen>;
  }
  const { balance, transactions } = data.wallet;
  return (
    <Screen title="Wallet">
      <p className="balance number" aria-live="polite"><small>Balance</small>{rupees(balance)}</p>
      <AddMoney />
      <h2>History</h2>
      {transactions.nodes.length === 0 && <Empty>No movements yet.</Empty>}
      <ul className="lines">
        {transactions.nodes.map(({ id, kind, amount, reference, createdAt }) => (
          <li key={id}>
            <span>{reference}<small>{when(createdAt)}</small></span>
            <span className={kind === 'DEBIT' ? 'number' : 'number good'}>{kind === 'DEBIT' ? '−' : '+'} {rupees(amount)}</span>
          </li>
        ))}
      </ul>
      <Person />
    </Screen>
  );
}

function AddMoney() {
  const client = useClient();
  const once = useOnce();
  const [amount, setAmount] = useState('500');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  async function load(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    const { error } = await once((key) => client.mutation(LOAD, { amount: Number(amount), key }));
    setBusy(false);
    setProblem(problemOf(error));
  }

  return (
    <form className="panel" onSubmit={load}>
      <div className="chips" role="group" aria-label="Common amounts">
        {['200', '500', '1000', '2000'].map((one) => (
          <button type="button" key={one} aria-pressed={amount === one} onClick={() => setAmount(one)}>{rupees(Number(one))}</button>
        ))}
      </div>
      <div className="beside">
        <Field label="Amount in rupees" name="amount" inputMode="decimal" required pattern="\d+(\.\d{1,2})?" value={amount}
          onChange={(event) => setAmount(event.target.value)} problem={problem} />
        <Button type="submit" kind="main" busy={busy}>Add money</Button>
      </div>
      <Trouble problem={problem?.field ? undefined : problem} />
    </form>
  );
}

function Person() {
  const [{ data }] = useQuery({ query: WHO });
  const [{ fetching }, signOut] = useMutation(SIGN_OUT);
  return (
    <footer>
      <span>{data?.me.name}, {data?.me.phone}</span>
      {/* The device forgets, whether or not the gateway could be told. */}
      <Button kind="quiet" busy={fetching} onClick={() => signOut({}).then(forget)}>Sign out</Button>
    </footer>
  );
}
