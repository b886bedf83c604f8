import { composeServices } from '@theguild/federation-composition';
import { parse } from 'graphql';

/** One service behind the gateway. */
export interface Subgraph {
  /** As it stands in the supergraph, lower case. */
  name: string;
  /** Its GraphQL address. */
  url: string;
  /** Its own schema, with the federation directives. */
  sdl: string;
}

/** Composes the supergraph's SDL. Throws one error that lists everything the subgraphs disagree about. */
export function composeSupergraph(subgraphs: readonly Subgraph[]): string {
  const result = composeServices(subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) })));
  if (result.errors) {
    throw new Error(`The subgraphs do not compose:\n${result.errors.map((error) => `- ${error.message}`).join('\n')}`);
  }
  return result.supergraphSdl;
}

/** Asks a running subgraph for its schema. The headers are for subgraphs that only talk to their gateway. */
export async function fetchSubgraphSdl(url: string, headers: Record<string, string> = {}): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: 'query SubgraphSdl { _service { sdl } }' }),
    signal: AbortSignal.timeout(10_000),
  });
  const answer = (await response.json()) as { data?: { _service?: { sdl?: unknown } | null } | null };
  const sdl = answer.data?._service?.sdl;
  if (typeof sdl !== 'string') throw new Error(`The subgraph at ${url} answered ${response.status} without a schema.`);
  return sdl;
}
