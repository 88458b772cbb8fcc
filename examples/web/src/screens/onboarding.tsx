// Who somebody is, asked once after the first sign-in: society and flat say which shops they see and where to deliver.
import { useState, type FormEvent } from 'react';
import { useClient } from 'urql';
import { graphql } from '../gql';
import { problemOf, type Problem } from '../problems';
import { forget } from '../session';
import { Button, Field, Trouble } from '../ui';

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

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '').trim();
    const who = { name: text('name'), city: text('city'), society: text('society'), role: 'CONSUMER' } as const;
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
        <Field label="City" name="city" autoComplete="address-level2" required problem={problem} />
        <Field label="Society" name="society" required problem={problem}
          hint="As it is written at the gate. It cannot be changed later." />
        <Field label="Flat" name="flatNumber" required maxLength={50} placeholder="B-1204" problem={problem} />
        <Trouble problem={problem} fields={['name', 'city', 'society']} />
        <Button type="submit" kind="main" busy={busy}>Show me the shops</Button>
        <Button kind="quiet" onClick={forget}>Use another phone</Button>
      </form>
    </main>
  );
}
