import { renderGraphiQL } from '@graphql-yoga/render-graphiql';

const firstQuery = `# Put a token of the EMR into the Headers tab below, then run this.
query Standing {
  fullscriptViewer {
    connectionStatus
    canRecommend
    accounts {
      clinic {
        name
      }
      scopes
      missingScopes
    }
  }
}
`;

let page: string | null = null;

/** The explorer as one HTML text. Everything is inside, so it works without internet. Made once, on first use, since it is large. */
export function renderLandingPage(): string {
  page ??= renderGraphiQL({
    title: 'Fullscript subgraph',
    defaultQuery: firstQuery,
    headers: JSON.stringify({ authorization: 'Bearer ' }, null, 2),
    endpoint: '/graphql',
  });
  return page;
}
