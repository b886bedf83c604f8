import {
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { Refusal } from '../domain/errors.ts';

/** Bytes of a document's text. */
const maxDocumentBytes = 20_480;
const maxDepth = 12;
const maxRootFields = 50;
/** How often one field may stand in one place, under whatever aliases. */
const maxSameField = 50;
/** Fields that a document comes to once its fragments are written out; bounds the work of everything that follows. */
const maxExpandedFields = 4000;
const maxRepresentations = 1000;

/** Throws BAD_USER_INPUT for a document whose text is over 20 kB. */
export function assertDocumentSize(source: string): void {
  if (source.length > maxDocumentBytes || Buffer.byteLength(source) > maxDocumentBytes)
    throw new Refusal('BAD_USER_INPUT', `The document is over ${maxDocumentBytes} bytes`);
}

/**
 * Throws BAD_USER_INPUT for a document that is nested more than 12 deep, has more than 50 root fields or names one field more than 50
 * times in one place, or comes to an absurd size once its fragments are written out. Needs no schema and comes before validation, whose
 * cost such documents aim at; fragments that contain themselves end here too. What is under `__schema` and `__type` may be deep.
 */
export function assertDocumentLimits(document: DocumentNode): void {
  const walk = new Walk(document);
  for (const definition of document.definitions)
    if (definition.kind === Kind.OPERATION_DEFINITION) walk.operation(definition);
  // A fragment that no operation uses is still validated, so it counts as well.
  for (const fragment of walk.unusedFragments()) walk.level([fragment.selectionSet], 2, false);
}

class Walk {
  private readonly fragments = new Map<string, FragmentDefinitionNode>();
  private readonly used = new Set<string>();
  private fieldCount = 0;

  constructor(document: DocumentNode) {
    for (const definition of document.definitions)
      if (definition.kind === Kind.FRAGMENT_DEFINITION) this.fragments.set(definition.name.value, definition);
  }

  operation(operation: OperationDefinitionNode): void {
    this.level([operation.selectionSet], 1, false);
  }

  *unusedFragments(): Iterable<FragmentDefinitionNode> {
    for (const [name, fragment] of this.fragments) if (!this.used.has(name)) yield fragment;
  }

  /** Looks at all selections that answer one place together, then at the places below. */
  level(selectionSets: readonly SelectionSetNode[], depth: number, introspection: boolean): void {
    const fields = this.collect(selectionSets);
    if (depth === 1 && fields.length > maxRootFields)
      throw new Refusal('BAD_USER_INPUT', `More than ${maxRootFields} root fields`);
    const timesNamed = new Map<string, number>();
    const places = new Map<string, FieldNode[]>();
    for (const field of fields) {
      const times = (timesNamed.get(field.name.value) ?? 0) + 1;
      if (times > maxSameField) throw new Refusal('BAD_USER_INPUT', `One field more than ${maxSameField} times`);
      timesNamed.set(field.name.value, times);
      const place = field.alias?.value ?? field.name.value;
      const present = places.get(place);
      if (present) present.push(field);
      else places.set(place, [field]);
    }
    if (!introspection && depth > maxDepth && fields.length > 0)
      throw new Refusal('BAD_USER_INPUT', `Nested more than ${maxDepth} deep`);
    for (const sameAnswer of places.values()) {
      const below = sameAnswer.flatMap((field) => field.selectionSet ?? []);
      const name = sameAnswer[0]?.name.value;
      const free = introspection || (depth === 1 && (name === '__schema' || name === '__type'));
      if (below.length > 0) this.level(below, depth + 1, free);
    }
  }

  /** The fields of one place, fragments written out; each fragment is entered once in a place, as an executor does. */
  private collect(selectionSets: readonly SelectionSetNode[]): FieldNode[] {
    const fields: FieldNode[] = [];
    const entered = new Set<string>();
    const pending = [...selectionSets];
    for (let set = pending.pop(); set !== undefined; set = pending.pop()) {
      for (const selection of set.selections) {
        this.fieldCount += 1;
        if (this.fieldCount > maxExpandedFields)
          throw new Refusal('BAD_USER_INPUT', 'Too many fields once the fragments are written out');
        if (selection.kind === Kind.FIELD) fields.push(selection);
        else if (selection.kind === Kind.INLINE_FRAGMENT) pending.push(selection.selectionSet);
        else {
          const fragment = this.fragments.get(selection.name.value);
          if (fragment && !entered.has(selection.name.value)) {
            entered.add(selection.name.value);
            this.used.add(selection.name.value);
            pending.push(fragment.selectionSet);
          }
        }
      }
    }
    return fields;
  }
}

/** The root fields of an operation with fragments written out. For documents that were found within the limits. */
export function findRootFields(document: DocumentNode, operation: OperationDefinitionNode): FieldNode[] {
  const fields: FieldNode[] = [];
  const entered = new Set<string>();
  const pending = [operation.selectionSet];
  for (let set = pending.pop(); set !== undefined; set = pending.pop()) {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) fields.push(selection);
      else if (selection.kind === Kind.INLINE_FRAGMENT) pending.push(selection.selectionSet);
      else if (!entered.has(selection.name.value)) {
        const name = selection.name.value;
        entered.add(name);
        const fragment = document.definitions.find(
          (definition): definition is FragmentDefinitionNode =>
            definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === name,
        );
        if (fragment) pending.push(fragment.selectionSet);
      }
    }
  }
  return fields;
}

/** Throws BAD_USER_INPUT when the operation's `_entities` fields ask for more than 1000 representations together. */
export function assertRepresentations(
  rootFields: readonly FieldNode[],
  variables: Readonly<Record<string, unknown>> | undefined,
): void {
  let count = 0;
  for (const field of rootFields) {
    if (field.name.value !== '_entities') continue;
    const value = field.arguments?.find((argument) => argument.name.value === 'representations')?.value;
    if (value?.kind === Kind.LIST) count += value.values.length;
    else if (value?.kind === Kind.VARIABLE) {
      const given = variables?.[value.name.value];
      if (Array.isArray(given)) count += given.length;
    }
  }
  if (count > maxRepresentations)
    throw new Refusal('BAD_USER_INPUT', `More than ${maxRepresentations} representations`);
}
