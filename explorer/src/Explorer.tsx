// The page: GraphiQL with a bar that says who asks, a panel to sign in, and the prepared operations.
import { GraphiQL } from 'graphiql';
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import type { GraphiQLPlugin } from '@graphiql/react';
import { Bar } from './Bar';
import { JourneysIcon, PersonIcon } from './icons';
import { Editors, JourneysPanel } from './JourneysPanel';
import { journeys } from './journeys';
import { sessions } from './sessions';
import { SignInPanel } from './SignInPanel';
import { StatusLine } from './StatusLine';
import { fetcher } from './transport';

const signIn: GraphiQLPlugin = { title: 'Sign in', icon: PersonIcon, content: SignInPanel };
const prepared: GraphiQLPlugin = { title: 'Journeys', icon: JourneysIcon, content: JourneysPanel };
const plugins = [signIn, prepared, HISTORY_PLUGIN];
const first = sessions.get().all.length ? prepared : signIn;
const tabs = journeys.map(({ query, variables }) => ({ query, variables }));

export function Explorer() {
  return (
    <GraphiQL
      fetcher={fetcher}
      plugins={plugins}
      visiblePlugin={first}
      defaultTabs={tabs}
      defaultEditorToolsVisibility="variables"
      inputValueDeprecation
      schemaDescription
    >
      <GraphiQL.Logo>{null}</GraphiQL.Logo>
      <GraphiQL.Footer>
        <StatusLine />
      </GraphiQL.Footer>
      <Bar />
      <Editors />
    </GraphiQL>
  );
}
