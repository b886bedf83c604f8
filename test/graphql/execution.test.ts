import { getIntrospectionQuery, GraphQLError, parse, type ExecutionResult } from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { Refusal } from '../../src/domain/errors.ts';
import { createExecutor, guardSchema, type Executor } from '../../src/graphql/execution.ts';
import { buildSubgraphSchema } from '@apollo/subgraph';

const sdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])
  enum Colour { RED GREEN }
  scalar Moment
  input Filter { colours: [Colour!] limit: Int = 3 nested: Range ids: [ID!] }
  input Range { limit: Int = 5 ids: [ID!] }
  input Tree { name: String branches: [Tree!] }
  interface Named { name: String! }
  type Cat implements Named @key(fields: "id") { id: ID! name: String! lives: Int friends: [Named!]! }
  type Dog implements Named @key(fields: "id") { id: ID! name: String! tricks(first: Int = 2): [String!]! owner: Person! }
  type Person @key(fields: "id") { id: ID! name: String pets: [Pet!] luckyNumbers: [[Int]!] }
  union Pet = Cat | Dog
  type Mutation { rename(id: ID!, name: String!): Cat! count: Int! }
  type Query {
    cat(id: ID!): Cat
    strictCat(id: ID!): Cat!
    pets: [Pet]
    strictPets: [Pet!]
    veryStrictPets: [Pet!]!
    named: [Named]
    grow(tree: Tree): String
    echo(filter: Filter, colour: Colour = RED, number: Float, flag: Boolean): String
    colour(bad: Boolean): Colour
    moment(bad: Boolean): Moment
    fails(kind: String): String
    strictFails: String!
    listFails: [String]
    strictListFails: [String!]
    nested(bad: Boolean): [[Int]]
    holder: Holder
  }
  type Holder { ok: String strict: String! inner: Holder items: [Holder!] refusing: String notIterable: [String] badType: Pet }
`;

const cats = new Map([
  ['1', { id: '1', name: 'Mia', lives: 9 }],
  ['2', { id: '2', name: 'Tom', lives: 7 }],
]);
const cat = (id: string) => ({ __typename: 'Cat', ...cats.get(id) });
const dog = { __typename: 'Dog', id: 'd', name: 'Rex' };
const later = async <T>(value: T): Promise<T> => {
  await new Promise((resolve) => setImmediate(resolve));
  return value;
};
const rejectWithText = async (): Promise<never> => {
  await later(null);
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- what others throw is not ours to choose
  throw 'text';
};
const soonFails = async (message: string): Promise<never> => {
  await new Promise((resolve) => setImmediate(resolve));
  throw new Refusal('NOT_FOUND', message, { extensions: { hint: message } });
};
/** Names in alphabetical order, since the engines differ in the order of arguments. */
const text = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => a.localeCompare(b)))
      : inner,
  );

function buildResolvers(): Record<string, unknown> {
  let counted = 0;
  const holder = {
    ok: 'yes',
    strict: 'yes',
    inner: { ok: 'in', strict: null },
    items: [{ strict: 'a' }, { strict: null }],
  };
  return {
    Query: {
      cat: (_: unknown, { id }: { id: string }) => (cats.has(id) ? later(cats.get(id)) : null),
      strictCat: (_: unknown, { id }: { id: string }) => later(cats.get(id) ?? null),
      pets: () => [
        later(cat('1')),
        soonFails('first'),
        dog,
        soonFails('second'),
        null,
        new Refusal('FORBIDDEN', 'third'),
      ],
      strictPets: () => later(null).then(() => [cat('1'), soonFails('strict')]),
      veryStrictPets: () => [soonFails('very')],
      named: () => [cat('2'), dog, { __typename: 'Ghost', name: 'Boo' }, { name: 'nobody' }, 'text'],
      echo: (_: unknown, args: unknown) => text(args),
      grow: (_: unknown, args: unknown) => text(args),
      colour: (_: unknown, { bad }: { bad?: boolean }) => (bad === true ? 'BLUE' : 'GREEN'),
      moment: (_: unknown, { bad }: { bad?: boolean }) => (bad === true ? undefined : 'now'),
      fails: (_: unknown, { kind }: { kind?: string }) => {
        if (kind === 'later') return soonFails('later');
        if (kind === 'returned') return new Refusal('FORBIDDEN', 'returned');
        if (kind === 'reject with text') return rejectWithText();
        if (kind === 'bug') throw new TypeError('a bug');
        throw new Refusal('FORBIDDEN', 'at once');
      },
      strictFails: () => {
        throw new Refusal('FORBIDDEN', 'strict');
      },
      listFails: () => ['a', soonFails('b'), later('c'), soonFails('d'), 'e'],
      strictListFails: () => later(null).then(() => ['a', soonFails('b')]),
      nested: (_: unknown, { bad }: { bad?: boolean }) => [
        [1, null],
        null,
        bad === true ? [soonFails('deep'), 2] : [later(2)],
      ],
      holder: () => later(holder),
    },
    Holder: {
      refusing: () => soonFails('refusing'),
      notIterable: () => 5,
      badType: () => ({ name: 'nobody' }),
    },
    Mutation: {
      rename: async (_: unknown, { id, name }: { id: string; name: string }) => later({ ...cats.get(id), name }),
      count: async () => {
        const before = counted;
        await later(null);
        counted = before + 1;
        return counted;
      },
    },
    Cat: {
      __resolveReference: ({ id }: { id: string }) => {
        if (id === 'throws') throw new Refusal('NOT_FOUND', 'thrown reference');
        if (id === 'rejects') return soonFails('rejected reference');
        if (id === 'error') return new Refusal('FORBIDDEN', 'returned reference');
        return cats.has(id) ? later({ ...cats.get(id) }) : null;
      },
      friends: () => [later(dog), cat('2')],
    },
    Dog: {
      tricks: (_: unknown, { first }: { first: number }) => ['sit', 'roll', 'bark'].slice(0, first),
      owner: () => later({ id: 'p', name: 'Ada', pets: [cat('1'), dog], luckyNumbers: [[7], [null, 3]] }),
    },
  };
}

function build(): { interpret: Executor; jit: Executor } {
  type Modules = Parameters<typeof buildSubgraphSchema>[0];
  const make = () =>
    guardSchema(buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers: buildResolvers() }] as unknown as Modules));
  return { interpret: createExecutor(make(), 'graphql-js'), jit: createExecutor(make(), 'jit') };
}

/** What a caller can see of an answer, without the wording of the engine's own messages. */
function toVisible(result: ExecutionResult): unknown {
  const errors = (result.errors ?? []).map((error) => ({
    path: error.path?.join('.'),
    code: error.originalError instanceof Refusal ? error.originalError.code : 'other',
    message: error.originalError instanceof Refusal ? error.message : undefined,
  }));
  errors.sort((a, b) => (a.path ?? '').localeCompare(b.path ?? ''));
  return JSON.parse(JSON.stringify({ data: result.data, errors }));
}

let engines: ReturnType<typeof build>;
beforeAll(() => {
  engines = build();
});

async function compare(
  document: string,
  variables: Record<string, unknown> = {},
  operationName?: string,
): Promise<unknown> {
  const request = { document: parse(document), documentHash: document, operationName, variables, context: {} };
  // The first call is interpreted and the second compiled.
  await engines.jit({ ...request, context: {} });
  const [compiled, interpreted] = [await engines.jit(request), await engines.interpret(request)];
  const seen = toVisible(compiled);
  if (!document.includes('count')) expect(seen).toEqual(toVisible(interpreted));
  return seen;
}

const entity = (id: string) => ({ __typename: 'Cat', id });

describe('compiled execution answers as graphql-js does', () => {
  it.each<[string, string, Record<string, unknown>?]>([
    ['plain', '{ cat(id: 1) { id name lives } }'],
    ['null', '{ cat(id: 3) { id } }'],
    ['aliases', '{ a: cat(id: 1) { n: name name } b: cat(id: 2) { n: name } }'],
    [
      'fields merged over selections',
      '{ cat(id: 1) { id } cat(id: 1) { name } ...F } fragment F on Query { cat(id: 1) { lives } }',
    ],
    ['a variable with a default', 'query ($id: ID = 2) { cat(id: $id) { name } }'],
    ['a variable given', 'query ($id: ID!) { cat(id: $id) { name } }', { id: 1 }],
    ['a variable missing', 'query ($id: ID!) { cat(id: $id) { name } }'],
    ['a variable null', 'query ($id: ID!) { cat(id: $id) { name } }', { id: null }],
    ['a variable of another type', 'query ($id: ID!) { cat(id: $id) { name } }', { id: { x: 1 } }],
    [
      'a nullable variable that is null in a non-null place',
      'query ($id: ID = 1) { cat(id: $id) { name } }',
      { id: null },
    ],
    ['argument defaults', '{ echo }'],
    [
      'arguments written out',
      '{ echo(filter: { colours: [RED], nested: { limit: null } }, colour: GREEN, number: 1.5, flag: true) }',
    ],
    [
      'an input object',
      'query ($f: Filter) { echo(filter: $f) }',
      { f: { colours: 'GREEN', nested: { limit: 9, ids: [1, 'b'] } } },
    ],
    ['an input object with an unknown field', 'query ($f: Filter) { echo(filter: $f) }', { f: { size: 1 } }],
    ['an enum that does not exist', 'query ($c: Colour) { echo(colour: $c) }', { c: 'BLUE' }],
    ['a number out of range', 'query ($f: Filter) { echo(filter: $f) }', { f: { limit: 3_000_000_000 } }],
    [
      'a variable inside an input object',
      'query ($l: Int, $c: Colour!) { echo(filter: { limit: $l, colours: [$c] }) }',
      { c: 'RED' },
    ],
    ['an absent variable for an argument with a default', 'query ($c: Colour) { echo(colour: $c) }'],
    ['an absent variable for an input object', 'query ($f: Filter) { echo(filter: $f) }'],
    [
      'an input object that contains itself',
      'query ($t: Tree) { grow(tree: $t) }',
      { t: { name: 'a', branches: [{ name: 'b' }] } },
    ],
    ['an explicit null', 'query ($c: Colour) { echo(colour: $c) }', { c: null }],
    [
      'skip and include',
      'query ($y: Boolean!, $n: Boolean!) { a: cat(id: 1) @include(if: $y) { id @skip(if: $y) name } b: cat(id: 1) @include(if: $n) { id } ... @skip(if: $y) { echo } ...F @include(if: $y) } fragment F on Query { c: cat(id: 2) { name @include(if: $n) id } }',
      { y: true, n: false },
    ],
    [
      'skip and include together',
      'query ($y: Boolean!) { cat(id: 1) @skip(if: $y) @include(if: $y) { id } }',
      { y: true },
    ],
    ['an enum', '{ colour }'],
    ['an enum value that is not one', '{ colour(bad: true) }'],
    ['a custom scalar', '{ moment }'],
    ['a custom scalar undefined', '{ moment(bad: true) }'],
    [
      '__typename everywhere',
      '{ __typename cat(id: 1) { __typename friends { __typename name } } pets { __typename } }',
    ],
    [
      'an interface',
      '{ cat(id: 1) { friends { name ... on Dog { tricks(first: 1) owner { name pets { ... on Cat { lives } ...D } } } } } } fragment D on Dog { tricks }',
    ],
    ['an interface with values of no type', '{ named { __typename name ... on Cat { lives } } }'],
    ['lists in lists', '{ nested }'],
    ['lists in lists with a rejected item', '{ nested(bad: true) }'],
    ['lists of lists in objects', '{ cat(id: 1) { friends { ... on Dog { owner { luckyNumbers } } } } }'],
    ['rejected items', '{ pets { ... on Cat { id name } ... on Dog { name } } }'],
    ['rejected items of scalars', '{ listFails }'],
    ['a rejected item where none may be null', '{ strictPets { ... on Cat { id } } cat(id: 1) { id } }'],
    ['a rejected item of scalars where none may be null', '{ strictListFails colour }'],
    ['a rejected item that empties the answer', '{ veryStrictPets { ... on Cat { id } } cat(id: 1) { id } }'],
    ['a thrown error', '{ fails colour }'],
    ['a rejected field', '{ fails(kind: "later") colour }'],
    ['a returned error', '{ fails(kind: "returned") colour }'],
    ['a rejection that is no error', '{ fails(kind: "reject with text") colour }'],
    ['an error where null is not allowed', '{ strictFails colour }'],
    ['null where it is not allowed', '{ strictCat(id: 9) { id } }'],
    ['null deep down where it is not allowed', '{ holder { ok strict inner { ok strict } items { strict } } }'],
    [
      'null deep down, side by side with errors',
      '{ holder { refusing inner { refusing ok } items { refusing ok strict } } }',
    ],
    ['a list that is none', '{ holder { ok notIterable } }'],
    ['a union value of no type', '{ holder { ok badType { ... on Cat { id } } } }'],
    ['a mutation', 'mutation { a: rename(id: 1, name: "X") { name } b: rename(id: 2, name: "Y") { id name } }'],
    ['a field that fails twice under two names', '{ a: fails b: fails(kind: "later") }'],
    ['introspection', getIntrospectionQuery()],
    [
      'a type by name',
      '{ __type(name: "Filter") { inputFields { name defaultValue type { kind ofType { name } } } } }',
    ],
    ['the SDL', '{ _service { sdl } }'],
  ])('%s', async (_, document, variables) => {
    await compare(document, variables);
  });

  it('chooses the operation by name', async () => {
    const document = 'query A { cat(id: 1) { name } } query B { cat(id: 2) { name } }';
    expect(await compare(document, {}, 'A')).toEqual({ data: { cat: { name: 'Mia' } }, errors: [] });
    expect(await compare(document, {}, 'B')).toEqual({ data: { cat: { name: 'Tom' } }, errors: [] });
    await compare(document, {}, 'C');
    await compare(document);
  });

  it.each(['{ fails(kind: "bug") colour }', '{ strictCat(id: 9) { id } }', '{ strictFails colour }'])(
    'gives errors with extensions and locations, whatever was thrown: %s',
    async (document) => {
      const request = { document: parse(document), documentHash: document, operationName: undefined, variables: {} };
      await engines.jit({ ...request, context: {} });
      const compiled = await engines.jit({ ...request, context: {} });
      expect(compiled.errors?.map((error) => error instanceof GraphQLError)).toEqual([true]);
      expect(compiled.errors?.[0]?.extensions).toBeTypeOf('object');
      expect(compiled.errors?.[0]?.toJSON().locations).toHaveLength(1);
    },
  );

  it('runs the fields of a mutation one after the other', async () => {
    const answer = await compare('mutation { a: count b: count c: count }');
    // Counted three times by the interpreted call before.
    expect(answer).toEqual({ data: { a: 4, b: 5, c: 6 }, errors: [] });
  });

  it('keeps entities in order when some of them fail', async () => {
    const document = 'query ($r: [_Any!]!) { _entities(representations: $r) { __typename ... on Cat { id name } } }';
    const representations = ['1', 'throws', '2', 'rejects', 'unknown', 'error', '1'].map(entity);
    expect(await compare(document, { r: representations })).toEqual({
      data: {
        _entities: [
          { __typename: 'Cat', id: '1', name: 'Mia' },
          null,
          { __typename: 'Cat', id: '2', name: 'Tom' },
          null,
          null,
          null,
          { __typename: 'Cat', id: '1', name: 'Mia' },
        ],
      },
      errors: [
        { code: 'NOT_FOUND', message: 'thrown reference', path: '_entities.1' },
        { code: 'NOT_FOUND', message: 'rejected reference', path: '_entities.3' },
        { code: 'FORBIDDEN', message: 'returned reference', path: '_entities.5' },
      ],
    });
  });

  it('refuses a representation of no type of ours and keeps the others', async () => {
    const document = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Cat { id } } }';
    const answer = await compare(document, {
      r: [entity('1'), { __typename: 'Ghost', id: 1 }, { id: 1 }, { __typename: 'Pet' }],
    });
    expect(answer).toMatchObject({
      data: { _entities: [{ id: '1' }, null, null, null] },
      errors: [{ code: 'BAD_USER_INPUT' }, { code: 'BAD_USER_INPUT' }, { code: 'BAD_USER_INPUT' }],
    });
  });

  it('answers many at the same time without mixing them up', async () => {
    const document = 'query ($id: ID!) { cat(id: $id) { id } }';
    await compare(document, { id: '1' });
    const ids = Array.from({ length: 40 }, (_, index) => String((index % 2) + 1));
    const answers = await Promise.all(
      ids.map((id) =>
        engines.jit({
          document: parse(document),
          documentHash: document,
          operationName: undefined,
          variables: { id },
          context: {},
        }),
      ),
    );
    expect(answers.map(({ data }) => (data?.['cat'] as { id: string }).id)).toEqual(ids);
  });
});
