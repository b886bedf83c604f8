import {
  buildSchema,
  getNamedType,
  isInputObjectType,
  isObjectType,
  isUnionType,
  type GraphQLInputType,
  type GraphQLObjectType,
} from 'graphql';
import { sdl } from '../../src/graphql/generated/sdl.ts';

const schema = buildSchema(sdl, { assumeValidSDL: true });
const objectTypes = Object.values(schema.getTypeMap()).filter(
  (type): type is GraphQLObjectType => isObjectType(type) && !type.name.startsWith('__'),
);

/** `Union.Member` for every member of every union that a mutation or query answers with. */
export function listUnionMembers(): string[] {
  const unions = Object.values(schema.getTypeMap()).filter(isUnionType);
  return unions
    .filter(({ name }) => !name.startsWith('_'))
    .flatMap((union) => union.getTypes().map((member) => `${union.name}.${member.name}`));
}

/** The names of the types that a gateway can ask for by their key. */
export function listEntityTypes(): string[] {
  return objectTypes
    .filter(({ astNode, extensionASTNodes }) =>
      [astNode, ...extensionASTNodes].some((node) => node?.directives?.some(({ name }) => name.value === 'key')),
    )
    .map(({ name }) => name);
}

/** The coordinates (`Type.field`) of a type's fields, without those that are only borrowed from another subgraph. */
export function listFields(typeName: string): string[] {
  const type = objectTypes.find(({ name }) => name === typeName);
  if (!type) throw new Error(`the schema has no type ${typeName}`);
  return Object.values(type.getFields())
    .filter(({ astNode }) => !astNode?.directives?.some(({ name }) => name.value === 'external'))
    .map(({ name }) => `${typeName}.${name}`);
}

/** Names of texts that name something as an ID does, although their type is another. */
const namingTexts = new Set(['after', 'state', 'code', 'idempotencyKey']);

/** The places where a caller names something: `Type.field(argument)` or `Type.field(argument.inner)`, and each entity's key. */
export function listIdPlaces(): string[] {
  const places = listEntityTypes().map((name) => `${name}(id)`);
  for (const type of objectTypes) {
    for (const field of Object.values(type.getFields())) {
      for (const argument of field.args) {
        for (const path of findIds(argument.type, argument.name)) places.push(`${type.name}.${field.name}(${path})`);
      }
    }
  }
  return places;
}

function findIds(type: GraphQLInputType, path: string): string[] {
  const named = getNamedType(type);
  if (named.name === 'ID' || (named.name === 'String' && namingTexts.has(path.split('.').at(-1) ?? ''))) return [path];
  if (!isInputObjectType(named)) return [];
  return Object.values(named.getFields()).flatMap((field) => findIds(field.type, `${path}.${field.name}`));
}
