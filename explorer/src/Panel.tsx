// A panel beside the editors. Escape closes it and leads back to the operation.
import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import type { KeyboardEvent, ReactNode } from 'react';

export function Panel({ title, className, children }: { title: string; className: string; children: ReactNode }) {
  const { setVisiblePlugin } = useGraphiQLActions();
  const queryEditor = useGraphiQL(({ queryEditor }) => queryEditor);
  const leave = ({ key }: KeyboardEvent) => {
    if (key !== 'Escape') return;
    setVisiblePlugin(null);
    queryEditor?.focus();
  };
  return (
    <section className={className} aria-label={title} onKeyDown={leave}>
      <h2 className="graphiql-title">{title}</h2>
      {children}
    </section>
  );
}
