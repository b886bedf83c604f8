import { readFile } from 'node:fs/promises';

import { walkthroughSteps } from '../walkthrough.ts';

/** GraphiQL's part of the page, which is loaded only when somebody opens the playground: it is 9 MB of text. */
async function renderGraphiql(firstQuery: string): Promise<string> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  return renderGraphiQL({
    title: 'Juniper EMR supergraph',
    endpoint: '/graphql',
    query: firstQuery,
    defaultTheme: 'light',
  } as Parameters<typeof renderGraphiQL>[0]);
}

function toInlineJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

function insertOnce(html: string, marker: string, toText: (marker: string) => string): string {
  const at = html.indexOf(marker);
  if (at < 0)
    throw new Error(`GraphiQL's page has no ${marker}; the installed version is not the one this was written for.`);
  return html.slice(0, at) + toText(marker) + html.slice(at + marker.length);
}

/**
 * Renders the playground: GraphiQL with a bar on top that switches between the demo's users and loads the walk-through's
 * steps. The page holds everything it needs and asks nothing but its own origin.
 */
export async function renderPlayground(): Promise<string> {
  const readPart = (name: string): Promise<string> => readFile(new URL(name, import.meta.url), 'utf8');
  const [graphiql, html, css, script] = await Promise.all([
    renderGraphiql(walkthroughSteps[0]?.query ?? ''),
    readPart('bar.html'),
    readPart('bar.css'),
    readPart('bar.js'),
  ]);
  const bar = [
    html,
    `<script type="application/json" id="demo-data">${toInlineJson({ steps: walkthroughSteps })}</script>`,
    `<script>${script}</script>`,
  ].join('\n');
  const styled = insertOnce(graphiql, '</head>', (end) => `<style>${css}</style>${end}`);
  return insertOnce(styled, '<div id="root"></div>', (root) => `${bar}\n${root}`);
}

/**
 * The page that an authorization started in the playground comes back to: it hands code and state to the playground's tab
 * and shows them, so that the next step can be run by hand.
 */
export function renderPlaygroundReturn(): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Back from Fullscript</title>
    <style>
      body { font: 16px/1.5 system-ui, sans-serif; color: #36485c; max-width: 40rem; margin: 12vh auto; padding: 0 1.5rem; }
      h1 { font-size: 1.3rem; color: #1b533f; }
      dt { font-weight: 600; }
      dd { margin: 0 0 0.5rem; font-family: ui-monospace, monospace; word-break: break-all; }
    </style>
  </head>
  <body>
    <h1>Back from Fullscript</h1>
    <p id="told">The playground has what it needs: close this tab and run “Complete connect” there.</p>
    <dl id="values"></dl>
    <script>
      const answer = Object.fromEntries(new URLSearchParams(location.search));
      history.replaceState({}, '', '/connected');
      for (const name of ['code', 'state', 'error']) {
        if (answer[name] === undefined) continue;
        const [term, value] = [document.createElement('dt'), document.createElement('dd')];
        term.textContent = name;
        value.textContent = answer[name];
        document.getElementById('values').append(term, value);
      }
      new BroadcastChannel('playground-connect').postMessage({ code: answer.code, state: answer.state });
      if (answer.error) document.getElementById('told').textContent = 'The authorization was declined.';
    </script>
  </body>
</html>`;
}
