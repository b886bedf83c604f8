import type { ClinicalRecords } from './clinical-records.ts';
import type { Answer, AskOptions, Deployment } from './deployment.ts';

/** A deployment with somebody's records in it. */
export interface Scene {
  deployment: Deployment;
  records: ClinicalRecords;
}

/** Asks one thing as somebody. */
export type Ask = (who: string, scene: Scene, options?: AskOptions) => Promise<Answer>;

/** Asks a root field; what it gives should be called `it`. */
export function askRoot(query: string, toVariables: (records: ClinicalRecords) => object = () => ({})): Ask {
  return (who, { deployment, records }, options) =>
    deployment.ask(who, query, { ...options, variables: { ...toVariables(records) } });
}

/** Asks for one entity, as a gateway does. */
export function askEntity(
  toReference: (records: ClinicalRecords) => { __typename: string; id: string },
  selection: string,
): Ask {
  return (who, { deployment, records }, options) => {
    const reference = toReference(records);
    return deployment.askEntities(who, [reference], `... on ${reference.__typename} { ${selection} }`, options);
  };
}

/** What came back for the root field called `it`, or for the one entity. */
export function toIt({ data }: Answer): unknown {
  const { it, _entities } = (data ?? {}) as { it?: unknown; _entities?: unknown[] };
  return _entities ? _entities[0] : it;
}

/** The codes of an answer's errors, in order. */
export function toCodes({ errors }: Answer): unknown[] {
  return errors.map(({ extensions }) => extensions['code']);
}
