// Phone, then code. The same for who is new and who was here before.
import { useState, type FormEvent } from 'react';
import { graphql } from '../gql';
import { problemOf, type Problem } from '../problems';
import { door, signIn } from '../session';
import { Button, Field, Trouble, useCountdown } from '../ui';

const SEND = graphql(`mutation SendCode($phone: Phone!) { sendOtp(phone: $phone) { message expiresIn } }`);

const VERIFY = graphql(`mutation SignIn($phone: Phone!, $otp: String!) {
  verifyOtp(phone: $phone, otp: $otp) { accessToken refreshToken expiresIn }
}`);

export function SignInScreen() {
  const [phone, setPhone] = useState('');
  const [otp, setOtp] = useState('');
  const [sent, setSent] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem & { act: 'send' | 'verify' }>();
  const wait = useCountdown(problem);
  // Whoever asked for too many codes can still use the one that arrived.
  const isBlocked = (act: 'send' | 'verify') => wait > 0 && problem?.act === act;

  async function send(event?: FormEvent) {
    event?.preventDefault();
    setBusy(true);
    const { data, error } = await door.mutation(SEND, { phone });
    setBusy(false);
    const found = problemOf(error);
    setProblem(found && { ...found, act: 'send' });
    if (!data) return;
    setOtp('');
    setSent(true);
  }

  async function verify(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    const { data, error } = await door.mutation(VERIFY, { phone, otp });
    setBusy(false);
    if (data) return signIn(data.verifyOtp);
    const found = problemOf(error);
    const wrong = { field: 'otp', text: 'That code is wrong or too old. Look again, or ask for a new one.' };
    setProblem(found && { ...found, ...(found.code === 'OTP_INVALID' && wrong), act: 'verify' });
  }

  function changePhone() {
    setSent(false);
    setProblem(undefined);
  }

  return (
    <main className="screen door">
      <img src="/bag.svg" alt="" width="64" height="64" />
      <h1>{sent ? 'Enter the code' : 'The shops of your society'}</h1>
      <p className="lead">{sent ? `We sent six digits to ${phone}.` : 'Order, pay and follow it live. Your phone is all you need.'}</p>
      {sent ? (
        <form onSubmit={verify}>
          <Field key="otp" label="Code" name="otp" inputMode="numeric" autoComplete="one-time-code" maxLength={6} required autoFocus
            className="code" value={otp} onChange={(event) => setOtp(event.target.value)} problem={problem} />
          <Trouble problem={problem} fields={['otp']} />
          <Button type="submit" kind="main" busy={busy} disabled={isBlocked('verify')}>Sign in</Button>
          <div className="pair">
            <Button kind="quiet" busy={busy} disabled={isBlocked('send')} onClick={() => send()}>Send a new code</Button>
            <Button kind="quiet" onClick={changePhone}>Change phone</Button>
          </div>
        </form>
      ) : (
        <form onSubmit={send}>
          <Field label="Phone" name="phone" type="tel" autoComplete="tel" required autoFocus placeholder="98765 43210"
            value={phone} onChange={(event) => setPhone(event.target.value)} problem={problem} />
          <Trouble problem={problem} fields={['phone']} />
          <Button type="submit" kind="main" busy={busy} disabled={isBlocked('send')}>Send me a code</Button>
        </form>
      )}
    </main>
  );
}
