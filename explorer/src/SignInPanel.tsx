// Signing in: choose one of the demo people, or type a phone, then the code.
import { useEffect, useState, type FormEvent } from 'react';
import { Panel } from './Panel';
import { people, type People, type Person } from './people';
import { enterCode, sendCode, sessions, switchTo } from './sessions';
import { useStore } from './store';

type Step = { at: 'phone' } | { at: 'code'; phone: string };

export function SignInPanel() {
  const [known, setKnown] = useState<People>();
  const [step, setStep] = useState<Step>({ at: 'phone' });
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  useEffect(() => void people.then(setKnown), []);

  async function attempt(act: () => Promise<void>) {
    setBusy(true);
    setProblem(null);
    try {
      await act();
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  }
  const ask = (phone: string) =>
    attempt(async () => {
      await sendCode(phone);
      if (known?.code) return enterCode(phone, known.code);
      setStep({ at: 'code', phone });
    });
  const back = () => {
    setProblem(null);
    setStep({ at: 'phone' });
  };
  const enter = (phone: string, code: string) =>
    attempt(async () => {
      await enterCode(phone, code);
      setStep({ at: 'phone' });
    });

  return (
    <Panel title="Sign in" className="sign-in">
      {step.at === 'phone' ? (
        <PhoneForm isBusy={isBusy} onPhone={ask} />
      ) : (
        <CodeForm
          {...step}
          isBusy={isBusy}
          isPrinted={known?.codesArePrinted ?? false}
          onCode={enter}
          onBack={back}
        />
      )}
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      {known?.code && <p className="aside">Every phone receives the code {known.code} here, so one click signs in.</p>}
      {known && step.at === 'phone' && <DemoPeople people={known.people} isBusy={isBusy} onChoose={ask} />}
    </Panel>
  );
}

function PhoneForm({ isBusy, onPhone }: { isBusy: boolean; onPhone(phone: string): void }) {
  const [phone, setPhone] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onPhone(phone.trim());
  };
  return (
    <form onSubmit={submit}>
      <label htmlFor="phone">Phone</label>
      <div className="row">
        <input
          id="phone"
          type="tel"
          required
          autoFocus
          autoComplete="tel"
          placeholder="90000 00001"
          value={phone}
          onChange={(event) => setPhone(event.target.value)}
        />
        <button type="submit" className="primary" disabled={isBusy}>
          Send the code
        </button>
      </div>
    </form>
  );
}

interface CodeFormProps {
  phone: string;
  isBusy: boolean;
  isPrinted: boolean;
  onCode(phone: string, code: string): void;
  onBack(): void;
}

function CodeForm({ phone, isBusy, isPrinted, onCode, onBack }: CodeFormProps) {
  const [code, setCode] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onCode(phone, code);
  };
  return (
    <form onSubmit={submit}>
      <label htmlFor="code">Code for {phone}</label>
      <div className="row">
        <input
          id="code"
          required
          autoFocus
          inputMode="numeric"
          autoComplete="one-time-code"
          pattern="[0-9]{6}"
          maxLength={6}
          title="Six digits"
          value={code}
          onChange={(event) => setCode(event.target.value)}
        />
        <button type="submit" className="primary" disabled={isBusy}>
          Sign in
        </button>
      </div>
      <p className="aside">
        {isPrinted ? (
          <>
            It is printed where the gateway runs: “the code of {phone} is …”. With <code>DEV_OTP=123456</code> it is
            always the same, and no code is asked for here.
          </>
        ) : (
          'It was sent to this phone.'
        )}{' '}
        <button type="button" className="link" onClick={onBack}>
          Another phone
        </button>
      </p>
    </form>
  );
}

interface DemoPeopleProps {
  people: Person[];
  isBusy: boolean;
  onChoose(phone: string): void;
}

/** So many of a role are shown at once: the staff stays in sight below a dozen vendors. */
const SHOWN = 4;

function DemoPeople({ people, ...rest }: DemoPeopleProps) {
  const roles = [...new Set(people.map(({ role }) => role))];
  return roles.map((role) => {
    const all = people.filter((person) => person.role === role);
    const card = (person: Person) => <PersonButton key={person.phone} person={person} {...rest} />;
    return (
      <div key={role} className="people">
        <h3>Demo {all.length > 1 ? `${role}s` : role}</h3>
        {all.slice(0, SHOWN).map(card)}
        {all.length > SHOWN && (
          <details>
            <summary>{all.length - SHOWN} more</summary>
            {all.slice(SHOWN).map(card)}
          </details>
        )}
      </div>
    );
  });
}

function PersonButton({ person, isBusy, onChoose }: Omit<DemoPeopleProps, 'people'> & { person: Person }) {
  const { all, active } = useStore(sessions);
  const { phone, name, society } = person;
  const isHere = all.some(({ user }) => user.phone === phone);
  return (
    <button
      type="button"
      className="person"
      aria-pressed={phone === active}
      disabled={isBusy}
      onClick={() => (isHere ? switchTo(phone) : onChoose(phone))}
    >
      <span>{name}</span>
      <small>
        {phone} · {society}
      </small>
      {isHere && <em>{phone === active ? 'asking' : 'signed in'}</em>}
    </button>
  );
}
