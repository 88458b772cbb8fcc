// Who somebody is, asked once after the first sign-in: society and flat say which shops they see and where to deliver.
import { useDeferredValue, useState, type FormEvent } from 'react';
import { useClient, useQuery } from 'urql';
import { graphql } from '../gql';
import { problemOf, type Problem } from '../problems';
import { forget } from '../session';
import { Button, Field, Trouble } from '../ui';

const SOCIETIES = graphql(`query Societies($search: String) {
  societies(search: $search, first: 20) { nodes { city society shopCount } }
}`);

const BASIC = graphql(`mutation BasicOnboarding($input: BasicOnboardingInput!) {
  completeBasicOnboarding(input: $input) { user { id name society role basicOnboardingDone } }
}`);

const CONSUMER = graphql(`mutation ConsumerOnboarding($input: ConsumerOnboardingInput!) {
  completeConsumerOnboarding(input: $input) { user { id roleOnboardingDone } }
}`);

export function OnboardingScreen() {
  const client = useClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const [place, setPlace] = useState('');
  // What was chosen reads "Green Meadows, Pune"; the name alone finds it.
  const search = useDeferredValue(place.split(',')[0]!.trim());
  const [{ data, error }] = useQuery({ query: SOCIETIES, variables: { search } });
  const societies = data?.societies.nodes ?? [];
  const home = societies.find(({ society, city }) => `${society}, ${city}` === place);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '').trim();
    if (!home) return;
    const who = { name: text('name'), city: home.city, society: home.society, role: 'CONSUMER' } as const;
    setBusy(true);
    const basic = await client.mutation(BASIC, { input: who });
    // The first answer leads to the shops; a flat that does not get through can be given later, in the profile.
    if (basic.data) await client.mutation(CONSUMER, { input: { flatNumber: text('flatNumber') } });
    setBusy(false);
    setProblem(problemOf(basic.error));
  }

  return (
    <main className="screen door">
      <h1>Welcome</h1>
      <p className="lead">Where do you live? You see the shops of your own society.</p>
      <form onSubmit={submit}>
        <Field label="Name" name="name" autoComplete="name" required autoFocus problem={problem} />
        <Field label="Society" name="society" required autoComplete="off" list="societies" value={place}
          onChange={(event) => setPlace(event.target.value)} problem={problem}
          hint={place && !home ? 'Choose it from the list.' : 'It cannot be changed later.'} />
        <datalist id="societies">
          {societies.map(({ society, city, shopCount }) => (
            <option key={`${society}, ${city}`} value={`${society}, ${city}`}>{shopCount === 1 ? '1 shop' : `${shopCount} shops`}</option>
          ))}
        </datalist>
        {data && societies.length === 0 && <p className="note">No society of that name has shops here yet.</p>}
        <Field label="Flat" name="flatNumber" required maxLength={50} placeholder="B-1204" problem={problem} />
        <Trouble problem={problem ?? problemOf(error)} fields={['name', 'society']} />
        <Button type="submit" kind="main" busy={busy} disabled={!home}>Show me the shops</Button>
        <Button kind="quiet" onClick={forget}>Use another phone</Button>
      </form>
    </main>
  );
}
