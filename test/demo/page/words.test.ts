import { describe, expect, it } from 'vitest';
import { chooseUser, readDemoUsers, rememberUser } from '../../../src/demo/page/demo-users.ts';
import {
  toCount,
  toDateWords,
  toFullName,
  toList,
  toPhrase,
  toSentence,
  toStageCounts,
} from '../../../src/demo/page/words.ts';

describe('words', () => {
  it('tells a calendar date the same in every time zone', () => {
    expect(toDateWords('1980-01-01')).toBe('1 Jan 1980');
    expect(toDateWords('2024-12-31')).toBe('31 Dec 2024');
    expect(toDateWords(null)).toBe('–');
  });

  it('tells names, counts, lists and constants', () => {
    expect([toList([]), toList(['a']), toList(['a', 'b']), toList(['a', 'b', 'c'])]).toEqual([
      '',
      'a',
      'a and b',
      'a, b and c',
    ]);
    expect(toFullName({ firstName: 'Ada', lastName: null }, 'nobody')).toBe('Ada');
    expect(toFullName(null, 'nobody')).toBe('nobody');
    expect([toCount(1, 'lab'), toCount(0, 'lab')]).toEqual(['1 lab', '0 labs']);
    expect(toPhrase('RESULTS_READY')).toBe('Results ready');
  });

  it('ends a message so that another may follow', () => {
    expect(toSentence('The chart is signed')).toBe('The chart is signed.');
    expect(['Done.', 'Really?', 'Wait…'].map(toSentence)).toEqual(['Done.', 'Really?', 'Wait…']);
  });

  it('counts lab stages, the most advanced first', () => {
    expect(toStageCounts(['NOT_PURCHASED', 'RESULTS_READY', 'NOT_PURCHASED'])).toEqual([
      { stage: 'RESULTS_READY', count: 1 },
      { stage: 'NOT_PURCHASED', count: 2 },
    ]);
  });
});

describe('the demo users', () => {
  const raw = [
    { id: 'u-1', name: 'Grace', roles: ['admin'], token: 'a', organization: { id: 'o-1', name: 'Cedar' } },
    { id: 'u-2', name: 'Ben', roles: ['practitioner'], token: 'b', organization: 'o-1' },
  ];

  it('are read with their organization as an object or as its id alone', () => {
    expect(readDemoUsers(raw).map((user) => user.organization)).toEqual([
      { id: 'o-1', name: 'Cedar' },
      { id: 'o-1', name: 'o-1' },
    ]);
    expect(() => readDemoUsers([{ id: 'u-1' }])).toThrow();
    expect(() => readDemoUsers([])).toThrow();
  });

  it('begin with a practitioner, and stay with the one chosen in this tab', () => {
    const users = readDemoUsers(raw);
    const values = new Map<string, string>();
    const storage = {
      getItem: (key: string) => values.get(key) ?? null,
      setItem: (key: string, value: string) => void values.set(key, value),
    };
    expect(chooseUser(users, storage).id).toBe('u-2');
    rememberUser(storage, 'u-1');
    expect(chooseUser(users, storage).id).toBe('u-1');
  });
});
