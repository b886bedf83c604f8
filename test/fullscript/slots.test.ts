import { describe, expect, test } from 'vitest';
import { createSlots, type SlotRequest, type Slots } from '../../src/fullscript/slots.ts';

const interactive: SlotRequest = { priority: 'interactive' };
const background: SlotRequest = { priority: 'background' };

/** A task begins in the turn after it got its slot. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Begins calls that run until they are told to end; `begun` has their names in order. */
function start(limit: number) {
  const slots: Slots = createSlots(limit);
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const runs = new Map<string, Promise<void>>();
  return {
    slots,
    begun,
    add(name: string, request: SlotRequest): Promise<void> {
      const run = slots.run(request, () => {
        begun.push(name);
        return new Promise<void>((resolve) => ends.set(name, resolve));
      });
      runs.set(name, run);
      return run;
    },
    async end(name: string): Promise<void> {
      await turn();
      ends.get(name)?.();
      await runs.get(name);
      await turn();
    },
  };
}

describe('slots', () => {
  test('give a free one to interactive calls first, each kind in its order', async () => {
    const one = start(1);
    void one.add('first', background);
    for (const name of ['b1', 'b2']) void one.add(name, background);
    for (const name of ['i1', 'i2']) void one.add(name, interactive);
    for (const name of ['first', 'i1', 'i2', 'b1', 'b2']) await one.end(name);
    expect(one.begun).toEqual(['first', 'i1', 'i2', 'b1', 'b2']);
    expect(one.slots.stats()).toEqual({ inFlight: 0, queued: 0 });
  });

  test('leave a fifth free of background calls', () => {
    const one = start(10);
    for (let i = 0; i < 20; i += 1) void one.add(`b${i}`, background);
    expect(one.slots.stats()).toEqual({ inFlight: 8, queued: 12 });
    for (let i = 0; i < 5; i += 1) void one.add(`i${i}`, interactive);
    expect(one.slots.stats()).toEqual({ inFlight: 10, queued: 15 });
  });

  test('give patient calls half of them at most', async () => {
    const one = start(4);
    for (let i = 0; i < 5; i += 1) void one.add(`p${i}`, { ...interactive, isPatient: true });
    expect(one.slots.stats()).toEqual({ inFlight: 2, queued: 3 });
    void one.add('i', interactive);
    await turn();
    expect(one.begun).toEqual(['p0', 'p1', 'i']);
  });

  test('starve nobody: while both wait, every tenth goes to a background call', async () => {
    const one = start(1);
    void one.add('first', interactive);
    void one.add('b', background);
    for (let i = 0; i < 30; i += 1) void one.add(`i${i}`, interactive);
    await one.end('first');
    for (let i = 0; i < 8; i += 1) await one.end(`i${i}`);
    expect(one.begun).not.toContain('b');
    await one.end('i8');
    expect(one.begun.at(-1)).toBe('b');
  });

  test('put a background call among the interactive ones as soon as somebody waits for it', async () => {
    const one = start(1);
    const raised = new AbortController();
    void one.add('first', interactive);
    void one.add('b1', background);
    void one.add('b2', { ...background, raised: raised.signal });
    raised.abort();
    await one.end('first');
    expect(one.begun).toEqual(['first', 'b2']);
  });

  test('let a raised one take what is kept free of background calls', () => {
    const one = start(5);
    const raised = new AbortController();
    for (let i = 0; i < 5; i += 1)
      void one.add(`b${i}`, { ...background, raised: i === 4 ? raised.signal : undefined });
    expect(one.slots.stats().inFlight).toBe(4);
    raised.abort();
    expect(one.slots.stats().inFlight).toBe(5);
  });

  test('forget whoever leaves, and reject with the reason', async () => {
    const one = start(1);
    const leaving = new AbortController();
    void one.add('first', interactive);
    const left = one.add('second', { ...interactive, signal: leaving.signal });
    leaving.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    await one.end('first');
    expect(one.begun).toEqual(['first']);
    await expect(one.add('late', { ...interactive, signal: leaving.signal })).rejects.toThrow('gone');
  });

  test('become fewer and more: what runs goes on, what waits begins', async () => {
    const one = start(4);
    for (let i = 0; i < 6; i += 1) void one.add(`i${i}`, interactive);
    one.slots.setLimit(1);
    for (let i = 0; i < 3; i += 1) await one.end(`i${i}`);
    expect(one.slots.stats()).toEqual({ inFlight: 1, queued: 2 });
    one.slots.setLimit(3);
    expect(one.slots.stats()).toEqual({ inFlight: 3, queued: 0 });
  });
});
