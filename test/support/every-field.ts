import {
  buildASTSchema,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isNonNullType,
  isUnionType,
  parse,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'graphql';
import { sdl } from '../../src/graphql/generated/sdl.ts';

let schema: GraphQLSchema | undefined;

/**
 * The selection of every field of a type and of what it holds, down to `depth` levels. Lists that can be asked for how current they are ask
 * for now; pages are read by their nodes, and a type inside itself is left out.
 */
export function selectEverything(typeName: string, depth = 6): string {
  schema ??= buildASTSchema(parse(`scalar FieldSet\nscalar federation__Scopes\n${sdl}`), {
    assumeValid: true,
    assumeValidSDL: true,
  });
  const type = schema.getType(typeName);
  if (!type) throw new Error(`there is no type ${typeName}`);
  return select(schema, type, depth, []);
}

/** Entities of the EMR: whatever leads to one of them below the top is read no further than its id. */
const ofEmr = new Set(['Patient', 'Practitioner', 'Chart']);

function select(schema: GraphQLSchema, type: GraphQLNamedType, depth: number, above: readonly string[]): string {
  if (!isCompositeType(type)) return '';
  if (isUnionType(type) || isInterfaceType(type)) {
    const parts = schema
      .getPossibleTypes(type)
      .map((part) => `... on ${part.name} { ${select(schema, part, depth, above)} }`);
    return `__typename ${parts.join(' ')}`;
  }
  if (ofEmr.has(type.name) && above.length > 0) return '__typename id';
  const fields = Object.values(type.getFields()).flatMap((field) => {
    const inner = getNamedType(field.type);
    const isLeft =
      field.name === 'edges' ||
      field.args.some((argument) => isNonNullType(argument.type) && argument.defaultValue === undefined) ||
      (isCompositeType(inner) && (depth <= 1 || above.includes(inner.name) || inner.name === type.name));
    if (isLeft) return [];
    const selection = isCompositeType(inner) ? ` { ${select(schema, inner, depth - 1, [...above, type.name])} }` : '';
    // Members of one union have fields of this name with different words in them.
    const alias = field.name === 'status' ? `${type.name}_status: ` : '';
    return [`${alias}${field.name}${toArguments(field)}${selection}`];
  });
  return `__typename ${fields.join(' ')}`;
}

function toArguments(field: GraphQLField<unknown, unknown>): string {
  return field.args.some(({ name }) => name === 'freshness') ? '(freshness: CURRENT)' : '';
}
