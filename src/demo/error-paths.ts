import type { GatewayPlugin } from '@graphql-hive/gateway-runtime';
import {
  defaultFieldResolver,
  GraphQLError,
  isObjectType,
  responsePathAsArray,
  type GraphQLFieldResolver,
  type GraphQLSchema,
} from 'graphql';

type Path = readonly (string | number)[];

/**
 * The path of an error that came up at `fieldPath`: that path, and behind it what `errorPath` says about the inside of the
 * field. The names of `errorPath` are trusted, its list positions before the field are not.
 */
export function toTruePath(fieldPath: Path, errorPath: Path | undefined): Path {
  let next = 0;
  for (const name of fieldPath.filter((segment) => typeof segment === 'string')) {
    const found = errorPath?.indexOf(name, next) ?? -1;
    if (found < 0) return fieldPath;
    next = found + 1;
  }
  return [...fieldPath, ...(errorPath?.slice(next) ?? [])];
}

function toTrueError(error: unknown, fieldPath: Path): unknown {
  if (error instanceof AggregateError) {
    return new AggregateError(
      error.errors.map((one) => toTrueError(one, fieldPath)),
      error.message,
    );
  }
  if (!(error instanceof Error)) return error;
  const { nodes, source, positions, path, extensions } = error as Error & Partial<GraphQLError>;
  return new GraphQLError(error.message, {
    ...(nodes ? { nodes } : {}),
    ...(source ? { source } : {}),
    ...(positions ? { positions } : {}),
    path: toTruePath(fieldPath, path),
    originalError: error,
    extensions: extensions ?? {},
  });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
}

function withTruePaths(resolve: GraphQLFieldResolver<unknown, unknown>): GraphQLFieldResolver<unknown, unknown> {
  return (source, args, context, info) => {
    const settle = (value: unknown): unknown =>
      value instanceof Error ? toTrueError(value, responsePathAsArray(info.path)) : value;
    const fail = (error: unknown): never => {
      throw toTrueError(error, responsePathAsArray(info.path));
    };
    try {
      const value = resolve(source, args, context, info);
      return isThenable(value) ? value.then(settle, fail) : settle(value);
    } catch (error) {
      return fail(error);
    }
  };
}

/**
 * A plugin that gives errors of entities in a list their position back. The gateway fetches such entities in one batch and
 * forgets which of them an error belongs to; the field at which the error surfaces knows.
 */
export function createTruePathsPlugin(): GatewayPlugin {
  const done = new WeakSet<GraphQLSchema>();
  return {
    onSchemaChange: ({ schema }: { schema: GraphQLSchema }) => {
      if (done.has(schema)) return;
      done.add(schema);
      for (const type of Object.values(schema.getTypeMap())) {
        if (!isObjectType(type) || type.name.startsWith('__')) continue;
        for (const field of Object.values(type.getFields())) {
          field.resolve = withTruePaths(field.resolve ?? defaultFieldResolver);
        }
      }
    },
  };
}
