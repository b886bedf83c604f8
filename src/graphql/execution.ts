import {
  BREAK,
  execute,
  getNamedType,
  getNullableType,
  GraphQLError,
  isAbstractType,
  isInputObjectType,
  isListType,
  isObjectType,
  Kind,
  typeFromAST,
  visit,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLAbstractType,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
} from 'graphql';
import { compileQuery, isCompiledQuery, type CompiledQuery } from 'graphql-jit';
import { LRUCache } from 'lru-cache';
import { Refusal } from '../domain/errors.ts';
import { assertRepresentationId, createIdCheck } from './id-limits.ts';

/** `jit` compiles documents that come again; `graphql-js` is the reference implementation, to fall back to. */
export type Engine = 'jit' | 'graphql-js';

export interface ExecutionRequest {
  document: DocumentNode;
  /** Tells documents apart: a hash of the source. */
  documentHash: string;
  operationName: string | undefined;
  variables: Readonly<Record<string, unknown>> | undefined;
  context: unknown;
}

export type Executor = (request: ExecutionRequest) => Promise<ExecutionResult>;

/**
 * Makes the executor of a schema. With `jit`, a document is compiled the second time it is seen, so that documents which never come
 * again cost no compilation; up to `cacheSize` (500) are kept. The schema must have been through `guardSchema`.
 */
export function createExecutor(schema: GraphQLSchema, engine: Engine, options: { cacheSize?: number } = {}): Executor {
  const interpret: Executor = async (request) =>
    await execute({
      schema,
      document: request.document,
      contextValue: request.context,
      variableValues: request.variables,
      operationName: request.operationName,
    });
  if (engine === 'graphql-js') return interpret;

  const max = options.cacheSize ?? 500;
  const seen = new LRUCache<string, true>({ max: max * 4 });
  const compiled = new LRUCache<string, CompiledQuery | 'interpret'>({ max });

  return async (request) => {
    const key = `${request.documentHash}:${request.operationName ?? ''}`;
    let query = compiled.get(key);
    if (query === undefined) {
      if (!seen.has(key)) {
        seen.set(key, true);
        return await interpret(request);
      }
      query = compileSafely(schema, request);
      compiled.set(key, query);
    }
    if (query === 'interpret') return await interpret(request);
    return withWholeErrors(await query.query({}, request.context, request.variables));
  };
}

/** Compiled documents give errors without extensions, which everything that speaks GraphQL may count on: those are made whole. */
function withWholeErrors(result: ExecutionResult): ExecutionResult {
  if (result.errors === undefined) return result;
  const errors = result.errors.map((error) => {
    if ((error.extensions as unknown) !== undefined) return error;
    const { message, path, originalError, locations } = error;
    const whole = new GraphQLError(message, { path: path ?? null, originalError: originalError ?? null });
    return Object.defineProperty(whole, 'locations', { value: locations, enumerable: locations !== undefined });
  });
  return { ...result, errors };
}

/**
 * Compiles what the compiler gets right. It takes an absent variable inside an input object for null, although the field then counts as
 * left out, and never ends on an input type that contains itself: such documents are interpreted, as are those it refuses.
 */
function compileSafely(schema: GraphQLSchema, request: ExecutionRequest): CompiledQuery | 'interpret' {
  if (hasNestedVariable(request.document) || takesRecursiveInput(schema, request.document)) return 'interpret';
  const result = compileQuery(schema, request.document, request.operationName);
  return isCompiledQuery(result) ? result : 'interpret';
}

function hasNestedVariable(document: DocumentNode): boolean {
  let found = false;
  let nesting = 0;
  const nest = { enter: () => void (nesting += 1), leave: () => void (nesting -= 1) };
  visit(document, {
    ObjectValue: nest,
    ListValue: nest,
    Variable: () => {
      if (nesting === 0) return undefined;
      found = true;
      return BREAK;
    },
  });
  return found;
}

function takesRecursiveInput(schema: GraphQLSchema, document: DocumentNode): boolean {
  return document.definitions.some(
    (definition) =>
      definition.kind === Kind.OPERATION_DEFINITION &&
      (definition.variableDefinitions ?? []).some((variable) => {
        const type = typeFromAST(schema, variable.type);
        return type !== undefined && isRecursive(getNamedType(type), []);
      }),
  );
}

function isRecursive(type: GraphQLNamedType, above: readonly GraphQLNamedType[]): boolean {
  if (!isInputObjectType(type)) return false;
  if (above.includes(type)) return true;
  return Object.values(type.getFields()).some((field) => isRecursive(getNamedType(field.type), [...above, type]));
}

/**
 * Makes a schema safe for either engine, in place, and returns it. Compiled documents misplace list items whose promise is rejected and
 * never answer when the type of a value cannot be told; `_entities` of the federation library fails as a whole when one reference does.
 * So: what a resolver throws becomes an error it returns, rejected list items become errors in their place, and an unknown type is an error.
 * Ids that are too long for any column are refused before a resolver sees them.
 */
export function guardSchema(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__')) continue;
    if (isAbstractType(type)) guardAbstractType(type);
    if (!isObjectType(type)) continue;
    const isQuery = type === schema.getQueryType();
    for (const field of Object.values(type.getFields())) {
      if (field.subscribe) field.subscribe = guardIds(field.subscribe, createIdCheck(field.args));
      if (!field.resolve) continue;
      if (isQuery && field.name === '_entities') guardEntities(field, schema);
      field.resolve = guardResolver(field.resolve, field.type, createIdCheck(field.args));
    }
  }
  return schema;
}

function guardAbstractType(type: GraphQLAbstractType): void {
  const given = type.resolveType;
  type.resolveType = (value, context, info, abstractType) => {
    try {
      const found = given ? given(value, context, info, abstractType) : readTypename(value);
      if (typeof found === 'string' && found !== '') return found;
    } catch {
      // An error of its own is reported below, in the engine's words.
    }
    return 'unknown';
  };
}

function readTypename(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('__typename' in value)) return undefined;
  return typeof value.__typename === 'string' ? value.__typename : undefined;
}

function guardResolver(
  resolve: GraphQLFieldResolver<unknown, unknown>,
  type: GraphQLOutputType,
  checkIds: ReturnType<typeof createIdCheck>,
): GraphQLFieldResolver<unknown, unknown> {
  const nesting = countListNesting(type);
  const settle = (value: unknown): unknown => (nesting === 0 ? value : settleItems(value, nesting));
  return (source, args: Readonly<Record<string, unknown>>, context, info) => {
    try {
      checkIds?.(args);
      const value: unknown = resolve(source, args, context, info);
      return isPromise(value) ? value.then(settle, toError) : settle(value);
    } catch (error) {
      return toError(error);
    }
  };
}

/** What begins a stream may throw: nothing else depends on it. */
function guardIds(
  subscribe: GraphQLFieldResolver<unknown, unknown>,
  checkIds: ReturnType<typeof createIdCheck>,
): GraphQLFieldResolver<unknown, unknown> {
  return (source, args: Readonly<Record<string, unknown>>, context, info) => {
    checkIds?.(args);
    return subscribe(source, args, context, info);
  };
}

function countListNesting(type: GraphQLOutputType): number {
  const inner = getNullableType(type);
  return isListType(inner) ? 1 + countListNesting(inner.ofType) : 0;
}

/** Turns promises among the items into ones that fulfil with an error instead of being rejected. Copies the list only when it holds some. */
function settleItems(value: unknown, nesting: number): unknown {
  if (!Array.isArray(value)) return value;
  const items: readonly unknown[] = value;
  let settled: unknown[] | null = null;
  for (let index = 0; index < items.length; index += 1) {
    const item = items[index];
    const better = isPromise(item)
      ? item.then((inner) => (nesting > 1 ? settleItems(inner, nesting - 1) : inner), toError)
      : nesting > 1
        ? settleItems(item, nesting - 1)
        : item;
    if (better !== item) {
      settled ??= [...items];
      settled[index] = better;
    }
  }
  return settled ?? items;
}

interface Representation {
  readonly __typename?: unknown;
  readonly id?: unknown;
}

/** Each representation is resolved by itself, so that one that fails, or is of no type of ours, leaves the others alone. */
function guardEntities(field: GraphQLField<unknown, unknown>, schema: GraphQLSchema): void {
  const resolveAll = field.resolve;
  if (!resolveAll) return;
  field.resolve = (source, args: { representations: readonly Representation[] }, context, info) =>
    args.representations.map((representation) => {
      try {
        const name = representation.__typename;
        if (typeof name !== 'string' || !isObjectType(schema.getType(name)))
          return new Refusal('BAD_USER_INPUT', 'A representation names no type of this subgraph');
        assertRepresentationId(representation.id);
        const resolved: unknown = resolveAll(source, { representations: [representation] }, context, info);
        if (isPromise(resolved)) return resolved.then((list) => (Array.isArray(list) ? (list[0] as unknown) : null));
        return Array.isArray(resolved) ? (resolved[0] as unknown) : null;
      } catch (error) {
        return toError(error);
      }
    });
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error('Something that is no error was thrown', { cause: thrown });
}
