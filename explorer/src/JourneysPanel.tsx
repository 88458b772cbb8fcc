// The prepared operations by journey. A click opens the tab they are in, anew where it was closed, and puts the cursor there.
import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useEffect } from 'react';
import { ids, withIds } from './ids';
import { journeyOf, journeys, type Journey, type Operation } from './journeys';
import { Panel } from './Panel';
import { createStore, useStore } from './store';

/** The operation that was asked for: chosen as soon as the editor knows it. */
const wanted = createStore<string | null>(null);

export function JourneysPanel() {
  const open = useOpen();
  const operationName = useGraphiQL(({ operationName }) => operationName);
  return (
    <Panel title="Journeys" className="journeys">
      <p className="legend operations">
        <span className="query">query</span> <span className="mutation">mutation</span>{' '}
        <span className="subscription">subscription</span>
      </p>
      {journeys.map((journey) => (
        <div key={journey.name}>
          <h3>
            {journey.name} <small>{journey.roles.map((role) => role.toLowerCase()).join(', ') || 'everybody'}</small>
          </h3>
          <div className="operations">
            {journey.operations.map((operation) => (
              <button
                key={operation.name}
                type="button"
                title={operation.kind}
                className={operation.kind}
                aria-pressed={operation.name === operationName}
                onClick={() => open(journey, operation)}
              >
                {operation.name}
              </button>
            ))}
          </div>
        </div>
      ))}
    </Panel>
  );
}

function useOpen() {
  const { addTab, changeTab } = useGraphiQLActions();
  const { tabs, activeTabIndex, queryEditor, variableEditor } = useGraphiQL(
    ({ tabs, activeTabIndex, queryEditor, variableEditor }) => ({ tabs, activeTabIndex, queryEditor, variableEditor }),
  );
  return (journey: Journey, operation: Operation) => {
    // Where the operation is, also after somebody edited the document around it.
    const declaration = new RegExp(`^${operation.kind}\\s+${operation.name}\\b`, 'm');
    const place = tabs.findIndex(({ query }) => query && declaration.test(query));
    if (place < 0) {
      addTab();
      queryEditor?.setValue(journey.query);
      variableEditor?.setValue(withIds(journey.variables));
    } else if (place !== activeTabIndex) {
      changeTab(place);
    }
    const model = queryEditor?.getModel();
    const offset = model ? model.getValue().search(declaration) : -1;
    if (model && offset >= 0) {
      const position = model.getPositionAt(offset);
      queryEditor?.setPosition(position);
      queryEditor?.revealLineNearTop(position.lineNumber);
      queryEditor?.focus();
    }
    wanted.set(operation.name);
  };
}

/** Where a variable is among those of the tab. */
function lineOf(variable: string | undefined, variables: string): number {
  return variables.split('\n').findIndex((line) => line.trimStart().startsWith(`"${variable}"`)) + 1;
}

/** Chooses the wanted operation, writes new ids into the variables, keeps what is active in sight. Shows nothing. */
export function Editors() {
  const { setOperationName } = useGraphiQLActions();
  const { operations, tabs, activeTabIndex, queryEditor, variableEditor, responseEditor } = useGraphiQL(
    ({ operations, tabs, activeTabIndex, queryEditor, variableEditor, responseEditor }) => ({
      operations,
      tabs,
      activeTabIndex,
      queryEditor,
      variableEditor,
      responseEditor,
    }),
  );
  const name = useStore(wanted);
  const known = useStore(ids);

  useEffect(() => {
    if (!name || !operations?.some((operation) => operation.name?.value === name)) return;
    setOperationName(name);
    const variable = journeyOf(name)?.operations.find((operation) => operation.name === name)?.variables[0];
    variableEditor?.revealLineNearTop(lineOf(variable, variableEditor.getValue()) || 1);
    // Editing the document chooses its first operation again; only the cursor counts from then on.
    const forget = setTimeout(() => wanted.set(null), 300);
    return () => clearTimeout(forget);
  }, [name, operations, variableEditor, setOperationName]);

  useEffect(() => {
    document.querySelector('.graphiql-tab-active')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [activeTabIndex, tabs[activeTabIndex]?.title]);

  useEffect(() => {
    // GraphiQL shows the variables of the first tab only after a change of tabs.
    const now = variableEditor?.getValue() || tabs[activeTabIndex]?.variables;
    const next = now && withIds(now);
    if (next && next !== variableEditor?.getValue()) variableEditor?.setValue(next);
    // Not while somebody types.
  }, [known, activeTabIndex, variableEditor]);

  useEffect(() => {
    for (const editor of [queryEditor, variableEditor, responseEditor])
      editor?.updateOptions({ fontSize: 13, wordWrap: 'on' });
  }, [queryEditor, variableEditor, responseEditor]);

  return null;
}
