// Monaco's workers first: nothing may create an editor before they are known.
import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import './style.css';
import { createRoot } from 'react-dom/client';
import { Explorer } from './Explorer';

// The panels need less room than GraphiQL gives them, until somebody drags the bar between.
localStorage['graphiql:docExplorerFlex'] ??= '0.27';

const root = document.getElementById('explorer');
if (root) createRoot(root).render(<Explorer />);
