// The small parts that screens are made of.
import { useEffect, useId, useRef, useState, type ComponentProps, type ReactNode } from 'react';
import type { Problem } from './problems';

const RUPEES = new Intl.NumberFormat('en-IN', { style: 'currency', currency: 'INR', trailingZeroDisplay: 'stripIfInteger' });
const WHEN = new Intl.DateTimeFormat('en-IN', { day: 'numeric', month: 'short', hour: 'numeric', minute: '2-digit' });

export const rupees = (amount: number) => RUPEES.format(amount);
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

export function Button({ busy, kind = 'plain', ...rest }: { busy?: boolean; kind?: 'plain' | 'main' | 'quiet' } & ComponentProps<'button'>) {
  return <button type="button" {...rest} className={`button ${kind}`} disabled={rest.disabled || busy} aria-busy={busy} />;
}

/** A labelled input; the problem is marked where the gateway named this field. */
export function Field({ label, hint, problem, ...rest }: { label: string; hint?: string; problem?: Problem } & ComponentProps<'input'>) {
  const id = useId();
  const wrong = problem !== undefined && problem.field === rest.name;
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input id={id} {...rest} aria-invalid={wrong} aria-describedby={`${id}-note`} />
      <small id={`${id}-note`} className={wrong ? 'wrong' : undefined} role={wrong ? 'alert' : undefined}>
        {wrong ? problem.text : hint}
      </small>
    </div>
  );
}

/** What went wrong and what to do; counts down where waiting helps. */
export function Trouble({ problem, children }: { problem?: Problem; children?: ReactNode }) {
  const left = useCountdown(problem);
  if (!problem) return null;
  return (
    <div className="trouble" role="alert">
      <p>{problem.text} {left > 0 && <span className="number">{left} s</span>}</p>
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

export function Empty({ children }: { children: ReactNode }) {
  return <p className="empty">{children}</p>;
}

export function Loading() {
  return <div className="loading" role="status" aria-label="Loading"><i /><i /><i /></div>;
}
