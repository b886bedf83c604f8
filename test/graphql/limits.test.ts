import { getIntrospectionQuery, Kind, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import {
  assertDocumentLimits,
  assertDocumentSize,
  assertRepresentations,
  findRootFields,
} from '../../src/graphql/limits.ts';

const refused = expect.objectContaining({ code: 'BAD_USER_INPUT' });
const nest = (depth: number): string => `${'{a'.repeat(depth)}${'}'.repeat(depth)}`;
const times = (count: number, write: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => write(index)).join(' ');

function check(text: string): void {
  assertDocumentLimits(parse(text, { noLocation: true }));
}

describe('document limits', () => {
  it('accepts 12 levels and refuses 13', () => {
    expect(() => check(nest(12))).not.toThrow();
    expect(() => check(nest(13))).toThrow(refused);
  });

  it('counts levels through fragments', () => {
    const text = `{ a { ...F } } fragment F on T ${nest(11)}`;
    expect(() => check(text)).not.toThrow();
    expect(() => check(`{ a { ... { a { ...F } } } } fragment F on T ${nest(11)}`)).toThrow(refused);
  });

  it('accepts 50 root fields and refuses 51', () => {
    expect(() => check(`{ ${times(50, (index) => `f${index}`)} }`)).not.toThrow();
    expect(() => check(`{ ${times(51, (index) => `f${index}`)} }`)).toThrow(refused);
    expect(() =>
      check(`{ ...F ...G } fragment F on Query { ${times(30, (index) => `f${index}`)} }
      fragment G on Query { ${times(30, (index) => `g${index}`)} }`),
    ).toThrow(refused);
  });

  it('accepts 50 aliases of one field anywhere and refuses 51', () => {
    expect(() => check(`{ a { ${times(50, (index) => `x${index}: f`)} } }`)).not.toThrow();
    expect(() => check(`{ a { ${times(51, (index) => `x${index}: f`)} } }`)).toThrow(refused);
    expect(() => check(`{ a { ${times(51, () => 'f')} } }`)).toThrow(refused);
    // The same place reached in two halves.
    expect(() =>
      check(`{ a { ${times(26, (index) => `x${index}: f`)} } a { ${times(26, (index) => `y${index}: f`)} } }`),
    ).toThrow(refused);
  });

  it('accepts many different fields', () => {
    expect(() => check(`{ a { ${times(300, (index) => `f${index}`)} } }`)).not.toThrow();
  });

  it('refuses fragments that contain themselves', () => {
    expect(() => check('{ a { ...F } } fragment F on T { b { ...F } }')).toThrow(refused);
    expect(() => check('{ a } fragment F on T { b { ...G } } fragment G on T { b { ...F } }')).toThrow(refused);
    // Directly inside itself there is nothing to write out; validation refuses it.
    expect(() => check('{ a { ...F } } fragment F on T { ...F }')).not.toThrow();
  });

  it('is quick about documents that grow by powers', () => {
    const doubling = times(
      11,
      (index) =>
        `fragment F${index} on T { x: a { ...F${index + 1} } y: a { ...F${index + 1} } z: a { ...F${index + 1} } }`,
    );
    const startedAt = performance.now();
    expect(() => check(`{ ...F0 } ${doubling} fragment F11 on T { a }`)).toThrow(refused);
    const spreads = times(300, () => '...F');
    expect(() =>
      check(`{ a { ${spreads} } } fragment F on T { ${times(300, (index) => `f${index} { ...F }`)} }`),
    ).toThrow(refused);
    expect(performance.now() - startedAt).toBeLessThan(3000);
  });

  it('leaves the standard introspection query alone, and still bounds what is under it', () => {
    expect(() => check(getIntrospectionQuery())).not.toThrow();
    expect(() => check('{ __schema { types { ...F } } } fragment F on __Type { ofType { ...F } }')).toThrow(refused);
  });

  it('accepts 20 kB of text and refuses more, in bytes', () => {
    expect(() => assertDocumentSize('x'.repeat(20_480))).not.toThrow();
    expect(() => assertDocumentSize('x'.repeat(20_481))).toThrow(refused);
    expect(() => assertDocumentSize('é'.repeat(10_241))).toThrow(refused);
  });
});

describe('representations', () => {
  const count = (text: string, variables: Record<string, unknown>): void => {
    const document = parse(text);
    const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
    if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('no operation');
    assertRepresentations(findRootFields(document, operation), variables);
  };
  const some = (length: number): unknown[] => Array.from({ length }, (_, id) => ({ __typename: 'Patient', id }));

  it('accepts 1000 and refuses 1001, from a variable or written out', () => {
    const text = 'query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }';
    expect(() => count(text, { r: some(1000) })).not.toThrow();
    expect(() => count(text, { r: some(1001) })).toThrow(refused);
    expect(() => count(`{ _entities(representations: [${times(1001, () => '{}')}]) { __typename } }`, {})).toThrow(
      refused,
    );
  });

  it('adds up what several aliases and fragments ask for', () => {
    const text = `query ($r: [_Any!]!) { a: _entities(representations: $r) { __typename } ...F }
      fragment F on Query { b: _entities(representations: $r) { __typename } }`;
    expect(() => count(text, { r: some(500) })).not.toThrow();
    expect(() => count(text, { r: some(501) })).toThrow(refused);
  });
});
