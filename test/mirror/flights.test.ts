import { describe, expect, it } from 'vitest';
import { FullscriptFailure } from '../../src/domain/errors.ts';
import { createFlights } from '../../src/mirror/flights.ts';

/** Work that ends when it is told to; `begun` counts how often it was begun. */
function createWork() {
  const ends: ((answer: string | Error) => void)[] = [];
  return {
    begun: () => ends.length,
    run: () =>
      new Promise<string>((resolve, reject) => {
        ends.push((answer) => (answer instanceof Error ? reject(answer) : resolve(answer)));
      }),
    end: (index: number, answer: string | Error = `answer ${index}`) => ends[index]?.(answer),
  };
}

/** Lets everything happen that waits for nothing outside. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('Flights', () => {
  it('give everybody who wants the same the answer of one', async () => {
    const flights = createFlights();
    const work = createWork();
    const answers = Array.from({ length: 3 }, () => flights.run('key', 'a', null, work.run));
    expect(flights.isUnderWay('key')).toBe(true);
    work.end(0);
    expect(await Promise.all(answers)).toEqual(['answer 0', 'answer 0', 'answer 0']);
    expect(flights.stats()).toEqual({ started: 1, joined: 2, inFlight: 0 });
    expect(flights.isUnderWay('key')).toBe(false);
  });

  it('never give who asks anew the answer to a question from before, and begin one more for all who come meanwhile', async () => {
    const flights = createFlights();
    const work = createWork();
    const before = flights.run('key', 'a', null, work.run);
    // What was asked before may be slow; it keeps nobody waiting.
    const first = flights.runAnew('key', 'a', null, work.run);
    expect(work.begun()).toBe(2);
    const later = Array.from({ length: 10 }, () => flights.runAnew('key', 'a', null, work.run));
    await settle();
    expect(work.begun()).toBe(2);
    work.end(1);
    expect(await first).toBe('answer 1');
    await settle();
    expect(work.begun()).toBe(3);
    // The usual reader is content with the newest that is under way.
    const usual = flights.run('key', 'a', null, work.run);
    work.end(2);
    expect(await Promise.all([...later, usual])).toEqual(Array.from({ length: 11 }, () => 'answer 2'));
    work.end(0);
    expect(await before).toBe('answer 0');
    expect(work.begun()).toBe(3);
    expect(flights.stats()).toEqual({ started: 3, joined: 10, inFlight: 0 });
  });

  it('tell the work once somebody joins who waits for it, and not for others in the background', async () => {
    const flights = createFlights();
    const seen: AbortSignal[] = [];
    const ends: (() => void)[] = [];
    const work = (raised: AbortSignal) => {
      seen.push(raised);
      return new Promise<void>((resolve) => ends.push(resolve));
    };
    const begun = [flights.run('key', 'a', null, work), flights.run('key', 'b', null, work)];
    expect(seen.map(({ aborted }) => aborted)).toEqual([false]);
    begun.push(flights.run('key', 'b', new AbortController().signal, work));
    expect(seen.map(({ aborted }) => aborted)).toEqual([true]);

    // One that is still to begin learns of it as well.
    begun.push(flights.runAnew('key', 'a', null, work), flights.runAnew('key', 'a', null, work));
    begun.push(flights.runAnew('key', 'b', new AbortController().signal, work));
    ends[1]?.();
    await settle();
    expect(seen.map(({ aborted }) => aborted)).toEqual([true, false, true]);
    for (const end of ends) end();
    await Promise.all(begun);
  });

  it('begin the one that waits also after the one under way has failed', async () => {
    const flights = createFlights();
    const work = createWork();
    const first = flights.runAnew('key', 'a', null, work.run);
    const second = flights.runAnew('key', 'a', null, work.run);
    work.end(0, new FullscriptFailure('unavailable', 'down'));
    await expect(first).rejects.toThrow('down');
    await settle();
    work.end(1);
    expect(await second).toBe('answer 1');
  });

  it.each(['run', 'runAnew'] as const)(
    'do the work once more for a joiner of %s whose account is not the one that was refused',
    async (how) => {
      const flights = createFlights();
      const work = createWork();
      const holder = flights[how]('key', 'a', null, work.run);
      const next = how === 'runAnew' ? [flights.runAnew('key', 'a', null, work.run)] : [];
      const joiner = flights[how]('key', 'b', null, work.run);
      const refused = new FullscriptFailure('withdrawn', 'gone');
      work.end(0, refused);
      await expect(holder).rejects.toThrow('gone');
      for (const each of next) {
        await settle();
        work.end(1, refused);
        await expect(each).rejects.toThrow('gone');
      }
      await settle();
      work.end(1 + next.length, 'mine');
      expect(await joiner).toBe('mine');
    },
  );

  it('leave a reader whose time is over, and go on', async () => {
    const flights = createFlights();
    const work = createWork();
    const over = new AbortController();
    const left = flights.run('key', 'a', over.signal, work.run);
    const stays = flights.run('key', 'a', null, work.run);
    over.abort();
    await expect(left).rejects.toMatchObject({ kind: 'unavailable' });
    work.end(0);
    expect(await stays).toBe('answer 0');
  });

  it('have settled once nothing is under way any more, what waits and what nobody waits for included', async () => {
    const flights = createFlights();
    const work = createWork();
    const [first, second] = [flights.runAnew('key', 'a', null, work.run), flights.runAnew('key', 'a', null, work.run)];
    const behind = createWork();
    flights.track(behind.run());
    let settled = false;
    const settling = flights.settled().then(() => {
      settled = true;
    });
    work.end(0);
    await first;
    await settle();
    work.end(1);
    await second;
    await settle();
    expect(settled).toBe(false);
    behind.end(0, new Error('nobody hears of it'));
    await settling;
  });
});
