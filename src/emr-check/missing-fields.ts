import { Kind, parse, print, type DocumentNode, type FieldNode, type SelectionSetNode } from 'graphql';
import { EmrFailure, type CallEmr } from '../emr/call.ts';

/**
 * Which fields of a query fail when they are asked for alone, as `patients.mobileNumber`; none when the ids fail too, since then it is not the field.
 * This finds a name without introspection and without reading the EMR's sentences. For queries only: it asks once for each field.
 */
export async function findFailingFields(
  call: CallEmr,
  bearer: string,
  document: DocumentNode,
  variables: Record<string, unknown>,
): Promise<string[]> {
  const failing: string[] = [];
  for (const path of listLeaves(document)) {
    const works = await isAnswered(call, bearer, narrow(document, path), variables);
    if (works) continue;
    if (path.length === 2 && path[1] === 'id') return [];
    failing.push(path.join('.'));
  }
  return failing;
}

async function isAnswered(
  call: CallEmr,
  bearer: string,
  document: DocumentNode,
  variables: Record<string, unknown>,
): Promise<boolean> {
  try {
    const { data, faults } = await call(bearer, document, variables);
    return faults.length === 0 && data !== null && data !== undefined;
  } catch (error) {
    if (error instanceof EmrFailure) return false;
    throw error;
  }
}

const toName = (field: FieldNode): string => field.alias?.value ?? field.name.value;

function listFields(selections: SelectionSetNode): FieldNode[] {
  return selections.selections.filter((selection) => selection.kind === Kind.FIELD);
}

function listLeaves(document: DocumentNode): string[][] {
  const below = (selections: SelectionSetNode): string[][] =>
    listFields(selections).flatMap((field) =>
      field.selectionSet ? below(field.selectionSet).map((path) => [toName(field), ...path]) : [[toName(field)]],
    );
  return document.definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION ? below(definition.selectionSet) : [],
  );
}

/** The same query with one path of fields in it. */
function narrow(document: DocumentNode, path: readonly string[]): DocumentNode {
  const within = (selections: SelectionSetNode, [name, ...rest]: readonly string[]): SelectionSetNode => ({
    ...selections,
    selections: listFields(selections)
      .filter((field) => toName(field) === name)
      .map((field) => (field.selectionSet ? { ...field, selectionSet: within(field.selectionSet, rest) } : field)),
  });
  const definitions = document.definitions.map((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION
      ? { ...definition, selectionSet: within(definition.selectionSet, path) }
      : definition,
  );
  return parse(print({ ...document, definitions }));
}
