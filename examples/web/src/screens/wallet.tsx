// The balance, adding money, and where it went.
import { useState, type FormEvent } from 'react';
import { useMutation } from 'urql';
import { graphql } from '../gql';
import { useLiveQuery } from '../live';
import { useOnce } from '../once';
import { forget } from '../session';
import { Button, Field, Pending, Screen, Trouble, rupees, when } from '../ui';

graphql(`fragment WalletParts on Wallet {
  balance
  transactions(first: 20) { nodes { id kind amount balanceAfter reference createdAt } }
}`);

const WALLET = graphql(`query Wallet { wallet { ...WalletParts } me { id name phone } }`);

const LOAD = graphql(`mutation LoadWallet($amount: Money!, $key: String!) {
  loadWallet(amount: $amount, reference: "Added in the app", idempotencyKey: $key) { wallet { ...WalletParts } }
}`);

const SIGN_OUT = graphql(`mutation SignOut { logout { message } }`);

export function WalletScreen() {
  const [{ data, error }] = useLiveQuery({ query: WALLET });
  const [{ fetching }, signOut] = useMutation(SIGN_OUT);
  if (!data) return <Pending title="Wallet" error={error} />;
  const { balance, transactions } = data.wallet;
  return (
    <Screen title="Wallet">
      <p className="balance number" aria-live="polite"><small>Balance</small>{rupees(balance)}</p>
      <AddMoney />
      <h2>History</h2>
      {transactions.nodes.length === 0 && <p className="empty">No movements yet.</p>}
      <ul className="lines">
        {transactions.nodes.map(({ id, kind, amount, reference, createdAt }) => (
          <li key={id}>
            <span>{reference}<small>{when(createdAt)}</small></span>
            <span className={kind === 'DEBIT' ? 'number' : 'number good'}>{kind === 'DEBIT' ? '−' : '+'} {rupees(amount)}</span>
          </li>
        ))}
      </ul>
      <footer>
        <span>{data.me.name}, {data.me.phone}</span>
        {/* The device forgets, whether or not the gateway could be told. */}
        <Button kind="quiet" busy={fetching} onClick={() => signOut({}).then(forget)}>Sign out</Button>
      </footer>
    </Screen>
  );
}

function AddMoney() {
  const { send, busy, problem } = useOnce();
  const [amount, setAmount] = useState('500');

  function load(event: FormEvent) {
    event.preventDefault();
    send(LOAD, { amount: Number(amount) });
  }

  return (
    <form className="panel" onSubmit={load}>
      <div className="chips" role="group" aria-label="Common amounts">
        {['200', '500', '1000', '2000'].map((one) => (
          <button type="button" key={one} aria-pressed={amount === one} disabled={problem?.isUnknown} onClick={() => setAmount(one)}>
            {rupees(Number(one))}
          </button>
        ))}
      </div>
      <div className="beside">
        <Field label="Amount in rupees" name="amount" inputMode="decimal" required pattern="\d+(\.\d{1,2})?" value={amount}
          disabled={problem?.isUnknown} onChange={(event) => setAmount(event.target.value)} problem={problem} />
        <Button type="submit" kind="main" busy={busy}>{problem?.isUnknown ? 'Try again' : 'Add money'}</Button>
      </div>
      <Trouble problem={problem} fields={['amount']} />
    </form>
  );
}
