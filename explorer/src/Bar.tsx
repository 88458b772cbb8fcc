// Who asks: the people who are signed in here, one of whom is active. Always in sight, because every answer depends on it.
import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { createPortal } from 'react-dom';
import { HouseMark } from './icons';
import { journeyOf, type Journey, type Role } from './journeys';
import { dismiss, nameOf, sessions, signOut, switchTo, type User } from './sessions';
import { useStore } from './store';

/** GraphiQL places what it is given last, and this comes first, also for the tab key. */
const place = document.getElementById('bar');

const PLURAL: Record<Role, string> = { CONSUMER: 'consumers', VENDOR: 'vendors', STAFF: 'staff', ADMIN: 'admins' };

export function Bar() {
  const { all, active, notice } = useStore(sessions);
  const { setVisiblePlugin } = useGraphiQLActions();
  if (!place) return null;
  return createPortal(
    <header className="bar graphiql-container">
      <HouseMark />
      <h1>
        society-gateway <span>explorer</span>
      </h1>
      <div className="asking" role="group" aria-label="Who asks">
        <button type="button" className="chip" aria-pressed={active === null} onClick={() => switchTo(null)}>
          Nobody
        </button>
        {all.map(({ user }) => (
          <Chip key={user.phone} user={user} isActive={user.phone === active} />
        ))}
        <button type="button" className="add" onClick={() => setVisiblePlugin('Sign in')}>
          {all.length ? '+ Sign in somebody else' : 'Sign in'}
        </button>
      </div>
      {notice && (
        <p className="notice" role="alert">
          {notice}
          <button type="button" onClick={dismiss} aria-label="Dismiss" title="Dismiss">
            ×
          </button>
        </p>
      )}
      <Hint role={all.find(({ user }) => user.phone === active)?.user.role ?? null} />
    </header>,
    place,
  );
}

function Chip({ user, isActive }: { user: User; isActive: boolean }) {
  return (
    <span className="chip-group">
      <button
        type="button"
        className="chip"
        aria-pressed={isActive}
        title={`${user.phone}${user.society ? `, ${user.society}` : ''}`}
        onClick={() => switchTo(user.phone)}
      >
        {nameOf(user)} <small>· {user.role?.toLowerCase() ?? 'new'}</small>
      </button>
      <button
        type="button"
        className="leave"
        aria-label={`Sign out ${nameOf(user)}`}
        title="Sign out"
        onClick={() => signOut(user.phone)}
      >
        ×
      </button>
    </span>
  );
}

/** Says it before the gateway refuses: the operations of this tab are for somebody else. */
function Hint({ role }: { role: string | null }) {
  const operationName = useGraphiQL(({ operationName }) => operationName);
  const { all } = useStore(sessions);
  const { setVisiblePlugin } = useGraphiQLActions();
  const journey = journeyOf(operationName);
  if (!journey?.roles.length || isFor(journey, role)) return null;
  const other = all.find(({ user }) => isFor(journey, user.role));
  const act = () => (other ? switchTo(other.user.phone) : setVisiblePlugin('Sign in'));
  return (
    <p className="hint">
      These operations are for {journey.roles.map((each) => PLURAL[each]).join(' and ')}.
      <button type="button" onClick={act}>
        {other ? `Ask as ${nameOf(other.user)}` : 'Sign in'}
      </button>
    </p>
  );
}

function isFor({ roles }: Journey, role: string | null): boolean {
  return roles.some((each) => each === role);
}
