import type { Deployment } from './deployment.ts';

/** The same deployment, but with its questions put to another process of it. */
export function askThrough(deployment: Deployment, { url }: { url: string }): Deployment {
  return {
    ...deployment,
    ask: (who, query, options = {}) => deployment.ask(who, query, { ...options, url }),
    askEntities: (who, representations, selection, options = {}) =>
      deployment.askEntities(who, representations, selection, { ...options, url }),
  };
}
