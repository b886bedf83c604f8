import {
  getNamedType,
  isInputObjectType,
  isListType,
  isNonNullType,
  type GraphQLArgument,
  type GraphQLInputType,
} from 'graphql';
import { Refusal } from '../domain/errors.ts';

/** Ids are opaque, come in any format and are up to this long; what is longer fits no column and can be nobody's. */
const maxIdLength = 255;

type Arguments = Readonly<Record<string, unknown>>;

/**
 * Makes the check of a field's arguments: it throws BAD_USER_INPUT, naming the argument and not its value, for an `ID` of more than 255
 * characters wherever one may stand in them. Null for a field that takes no id.
 */
export function createIdCheck(args: readonly GraphQLArgument[]): ((given: Arguments) => void) | null {
  const taking = args.filter((argument) => mayHoldId(argument.type, []));
  if (taking.length === 0) return null;
  return (given) => {
    for (const argument of taking) assertIds(argument.type, given[argument.name], argument.name);
  };
}

/** Throws BAD_USER_INPUT unless a representation's `id` is text of at most 255 characters. */
export function assertRepresentationId(id: unknown): void {
  if (typeof id === 'string' && id.length <= maxIdLength) return;
  throw new Refusal('BAD_USER_INPUT', `A representation needs an id: text of at most ${maxIdLength} characters`);
}

function mayHoldId(type: GraphQLInputType, above: readonly string[]): boolean {
  const named = getNamedType(type);
  if (named.name === 'ID') return true;
  if (!isInputObjectType(named) || above.includes(named.name)) return false;
  return Object.values(named.getFields()).some((field) => mayHoldId(field.type, [...above, named.name]));
}

function assertIds(type: GraphQLInputType, value: unknown, argument: string): void {
  if (value === null || value === undefined) return;
  if (isNonNullType(type)) {
    assertIds(type.ofType, value, argument);
  } else if (isListType(type)) {
    if (Array.isArray(value)) for (const item of value) assertIds(type.ofType, item, argument);
  } else if (isInputObjectType(type)) {
    const fields = type.getFields();
    for (const [name, inner] of Object.entries(value as Arguments)) {
      const field = fields[name];
      if (field) assertIds(field.type, inner, `${argument}.${name}`);
    }
  } else if (type.name === 'ID' && typeof value === 'string' && value.length > maxIdLength) {
    throw new Refusal('BAD_USER_INPUT', `${argument}: an id has at most ${maxIdLength} characters`, {
      extensions: { argument },
    });
  }
}
