import { createRoot } from 'react-dom/client';
import { App } from './App.tsx';
import { ErrorBoundary } from './ErrorBoundary.tsx';
import { readOauthReturn } from './oauth-return.ts';
import './page.css';

// The authorization code leaves the address bar and the history before anything else happens.
const oauthReturn = location.pathname === '/connected' ? readOauthReturn(location.search) : null;
if (oauthReturn) history.replaceState(null, '', '/connected');

const root = document.getElementById('root');
if (!root) throw new Error('The page has no root element.');
createRoot(root).render(
  <ErrorBoundary>
    <App oauthReturn={oauthReturn} />
  </ErrorBoundary>,
);
