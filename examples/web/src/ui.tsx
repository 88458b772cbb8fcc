// The small parts that screens are made of.
import { useEffect, useId, useRef, useState, type ComponentProps, type ReactNode } from 'react';
import type { CombinedError } from 'urql';
import { problemOf, type Problem } from './problems';

const RUPEES = new Intl.NumberFormat('en-IN', { style: 'currency', currency: 'INR', trailingZeroDisplay: 'stripIfInteger' });
const WHEN = new Intl.DateTimeFormat('en-IN', { day: 'numeric', month: 'short', hour: 'numeric', minute: '2-digit' });

export const rupees = (amount: number) => RUPEES.format(amount);
const minutes = (seconds: number) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
export const when = (at: string) => WHEN.format(new Date(at));

/** The heading of a screen. It takes the focus, so that a screen reader says where one is now. */
export function Screen({ title, children }: { title: string; children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Society shops`;
    heading.current?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }, [title]);
  return (
    <main className="screen">
      <h1 ref={heading} tabIndex={-1}>{title}</h1>
      {children}
    </main>
  );
}

/** A screen whose query has not answered, or not well. */
export function Pending({ title, error }: { title: string; error?: CombinedError }) {
  return <Screen title={title}>{error ? <Trouble problem={problemOf(error)} /> : <Loading />}</Screen>;
}

export function Loading() {
  return <div className="loading" role="status" aria-label="Loading"><i /><i /><i /></div>;
}

type ButtonProps = { busy?: boolean; kind?: 'main' | 'quiet' | 'add' } & ComponentProps<'button'>;

export function Button({ busy, kind, ...rest }: ButtonProps) {
  return <button type="button" {...rest} className={`button ${kind ?? ''}`} disabled={rest.disabled || busy} aria-busy={busy} />;
}

type FieldProps = { label: string; hint?: string; problem?: Problem } & ComponentProps<'input'>;

/** A labelled input; the problem stands at the one that the gateway named. */
export function Field({ label, hint, problem, ...rest }: FieldProps) {
  const id = useId();
  const wrong = problem !== undefined && problem.field === rest.name;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input id={id} {...rest} aria-invalid={wrong} aria-describedby={`${id}-note`} />
      <small id={`${id}-note`} className={wrong ? 'wrong' : ''} role={wrong ? 'alert' : undefined}>{wrong ? problem.text : hint}</small>
    </div>
  );
}

type TroubleProps = { problem?: Problem; fields?: string[]; children?: ReactNode };

/** What went wrong and what to do, unless one of these fields says it; counts down where waiting helps. */
export function Trouble({ problem, fields, children }: TroubleProps) {
  const left = useCountdown(problem);
  if (!problem || (problem.field && fields?.includes(problem.field))) return null;
  return (
    <div className="trouble" role="alert">
      <p>{problem.text} {left > 0 && <span className="number" aria-hidden>{minutes(left)}</span>}</p>
      {children}
    </div>
  );
}

/** Seconds until the problem is worth another try; 0 when it is already. */
export function useCountdown(problem?: Problem) {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    const until = Date.now() + (problem?.retryAfter ?? 0) * 1_000;
    const tick = () => setLeft(Math.max(0, Math.ceil((until - Date.now()) / 1_000)));
    tick();
    const timer = setInterval(tick, 500);
    return () => clearInterval(timer);
  }, [problem]);
  return left;
}

/** The picture of a shop or an item, or a tile in a colour of its own. */
export function Tile({ name, url }: { name: string; url?: string | null }) {
  if (url) return <img className="tile" src={url} alt="" loading="lazy" />;
  const hue = [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 360, 7);
  return <span className="tile" style={{ '--hue': hue } as object} aria-hidden>{name.charAt(0)}</span>;
}

export function Row({ label, children, strong }: { label: string; children: ReactNode; strong?: boolean }) {
  return <div className={strong ? 'row strong' : 'row'}><dt>{label}</dt><dd className="number">{children}</dd></div>;
}

type StepperProps = { name: string; quantity: number; most: number; busy: boolean; set: (quantity: number) => void };

export function Stepper({ name, quantity, most, busy, set }: StepperProps) {
  if (quantity === 0) return <Button kind="add" busy={busy} aria-label={`Add ${name}`} onClick={() => set(1)}>Add</Button>;
  return (
    <div className="stepper" role="group" aria-label={name}>
      <button type="button" disabled={busy} aria-label="One less" onClick={() => set(quantity - 1)}>−</button>
      <output className="number">{quantity}</output>
      <button type="button" disabled={busy || quantity === most} aria-label="One more" onClick={() => set(quantity + 1)}>+</button>
    </div>
  );
}
