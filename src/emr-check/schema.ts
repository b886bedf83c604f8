import {
  buildClientSchema,
  coerceInputValue,
  getIntrospectionQuery,
  getNullableType,
  isInputType,
  isListType,
  isNonNullType,
  Kind,
  parse,
  typeFromAST,
  TypeInfo,
  validate,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type GraphQLSchema,
  type IntrospectionQuery,
  type VariableDefinitionNode,
} from 'graphql';
import type { CallEmr } from '../emr/call.ts';
import {
  addChartItemsDocument,
  addDocumentDocument,
  chartDocument,
  patientsDocument,
  practitionerDocument,
} from '../emr/documents.ts';
import { note, ok, wrong, type Finding } from './findings.ts';
import { toChartItemsInput, toDocumentInput } from './inputs.ts';

const documents: readonly DocumentNode[] = [
  patientsDocument,
  chartDocument,
  practitionerDocument,
  addChartItemsDocument,
  addDocumentDocument,
];

const where = 'src/emr/documents.ts';

/**
 * Holds every document against the EMR's schema, when it can be introspected, so that what is missing has a name. Nothing is written. `call` must give
 * time and room for the whole schema of a supergraph.
 */
export async function* checkSchema(call: CallEmr, bearer: string | null): AsyncGenerator<Finding> {
  const schema = await readSchema(call, bearer);
  if (schema === null) {
    yield note(
      'Introspection is off: only what is asked below is checked. Switch it on for this check to have mutations compared without writing',
    );
    return;
  }
  const faults = new Set([
    ...documents.flatMap((document) => validate(schema, document).map(({ message }) => toWords(message))),
    ...documents.flatMap((document) => findNullability(schema, document)),
    ...findInputFaults(schema, addChartItemsDocument, [toChartItemsInput('c', true), toChartItemsInput('c', false)]),
    ...findInputFaults(schema, addDocumentDocument, [toDocumentInput('p')]),
  ]);
  for (const fault of faults) yield wrong(fault);
  if (faults.size === 0) yield ok(`The schema has everything that ${where} asks for`);
}

async function readSchema(call: CallEmr, bearer: string | null): Promise<GraphQLSchema | null> {
  try {
    const { data } = await call(bearer, parse(getIntrospectionQuery({ descriptions: false })), {});
    return buildClientSchema(data as IntrospectionQuery);
  } catch {
    // No answer, or one that is no schema.
    return null;
  }
}

/** The validator's sentence about one of our own documents, as what to do. */
function toWords(message: string): string {
  const field = /^Cannot query field "(\w+)" on type "(\w+)"/.exec(message);
  if (field) return `${field[2]}.${field[1]}: missing; alias it in ${where}, as in "${field[1]}: yourName"`;
  const argument = /^Unknown argument "(\w+)" on field "([\w.]+)"/.exec(message);
  if (argument) return `${argument[2]}(${argument[1]}:): there is no such argument; name yours in ${where}`;
  const required = /^Field "(\w+)" argument "(\w+)" of type "([^"]+)" is required/.exec(message);
  if (required)
    return `${required[1]}(${required[2]}: ${required[3]}): required by the EMR and not sent; make it optional or add it in ${where}`;
  const type = /^Unknown type "(\w+)"/.exec(message);
  if (type) return `${type[1]}: there is no such type; name yours in ${where}`;
  return `${message.replace(/ Did you mean .*$/, '')} Change the schema, or ${where}`;
}

/** Where the EMR answers null for what is hidden, its schema must allow it; otherwise one hidden patient takes the others away. */
function findNullability(schema: GraphQLSchema, document: DocumentNode): string[] {
  const faults: string[] = [];
  const types = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(types, {
      Field: {
        enter(node) {
          const type = types.getType();
          const parent = types.getParentType();
          if (!type || parent !== schema.getQueryType()) return undefined;
          const name = `Query.${node.name.value}: ${String(type)}`;
          const list = getNullableType(type);
          if (isListType(list)) {
            if (isNonNullType(list.ofType))
              faults.push(
                `${name}: the items must be nullable, or one hidden patient takes all others of the list away`,
              );
          } else if (isNonNullType(type)) faults.push(`${name}: must be nullable, since what is hidden is null`);
          return false;
        },
      },
    }),
  );
  return faults;
}

/** Whether the EMR's input type takes what is sent, with its optional fields and without them. */
function findInputFaults(schema: GraphQLSchema, document: DocumentNode, samples: readonly object[]): string[] {
  const variables: VariableDefinitionNode[] = [];
  visit(document, {
    VariableDefinition(node) {
      variables.push(node);
    },
  });
  const faults: string[] = [];
  for (const { type: node } of variables) {
    const named = node.kind === Kind.NON_NULL_TYPE ? node.type : node;
    const type = named.kind === Kind.NAMED_TYPE ? typeFromAST(schema, named) : undefined;
    if (!type || !isInputType(type)) continue;
    for (const sample of samples) {
      coerceInputValue(sample, type, (path, _, { message }) => {
        faults.push(toInputWords(type.toString(), path, message));
      });
    }
  }
  return faults;
}

function toInputWords(type: string, path: readonly (string | number)[], message: string): string {
  const place = [type, ...path.filter((part) => typeof part === 'string')].join('.');
  const unknown = /^Field "(\w+)" is not defined by type "(\w+)"/.exec(message);
  if (unknown) return `${unknown[2]}.${unknown[1]}: missing; it is sent`;
  const required = /^Field "(\w+)" of required type "([^"]+)" was not provided/.exec(message);
  if (required) return `${place}.${required[1]}: ${required[2]}: required by the EMR and not sent; make it optional`;
  if (message.includes('not to be null'))
    return `${place}: must be nullable; null is sent where Fullscript has nothing`;
  return `${place}: does not take what is sent (${message.replace(/ Did you mean .*$/, '')})`;
}
