import type { Answer, Deployment } from './deployment.ts';

/** The same deployment, but with its questions put to another process of it. Users only, by their id. */
export function askThrough(deployment: Deployment, another: { url: string }): Deployment {
  return {
    ...deployment,
    async ask(who, query, { variables, headers } = {}) {
      const response = await fetch(`${another.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${await deployment.emr.tokenFor(who ?? '')}`,
          'x-gateway-secret': deployment.env['GATEWAY_SECRET'] ?? '',
          ...headers,
        },
        body: JSON.stringify({ query, variables }),
      });
      const body = (await response.json()) as { data?: unknown; errors?: Answer['errors'] };
      return { status: response.status, data: body.data, errors: body.errors ?? [], headers: response.headers };
    },
  };
}
