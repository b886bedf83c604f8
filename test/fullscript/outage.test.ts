import { describe, expect, test, vi } from 'vitest';
import { createRoom, toFailureOf, type Room } from '../support/fullscript-room.ts';
import type { GivenAnswer } from '../support/http-server.ts';

const clinic = { body: { clinic: { id: 'c1', name: 'Cedar' } } };
const variant = { body: { variant: { id: 'v1', product: { id: 'q1', name: 'Zinc' } } } };
const down: GivenAnswer = { status: 503, body: {} };

/** A room under a clock of its own, whose Fullscript answers what `answers` says by path; all else is down. */
async function start(answers: Record<string, GivenAnswer> = {}) {
  let at = Date.parse('2026-03-02T14:00:00.000Z');
  const gates: (() => void)[] = [];
  const given = { answers, isHeld: false };
  const room = await createRoom(
    async (request) => {
      if (given.isHeld) await new Promise<void>((resolve) => gates.push(resolve));
      return given.answers[request.path] ?? down;
    },
    { needs: { now: () => new Date(at) } },
  );
  return { room, given, gates, forward: (milliseconds: number) => void (at += milliseconds) };
}

type Outage = Awaited<ReturnType<typeof start>>;

const askClinic = ({ room }: Outage) => toFailureOf(room.fullscript.clinics.get(room.call));

/** Has calls fail until they are refused. */
async function openCircuit(outage: Outage): Promise<void> {
  for (let i = 0; i < 4; i += 1) {
    await askClinic(outage);
    outage.forward(500);
  }
  expect(outage.room.fullscript.stats().circuit).toBe('open');
}

const pathsOf = ({ server }: Room) => server.seen.map(({ path }) => path);

describe('while Fullscript is down', () => {
  test('calls are refused at once as unavailable, cost nothing of the budget and are no attempts', async () => {
    const outage = await start();
    await openCircuit(outage);
    const before = [outage.room.server.seen.length, outage.room.records.length];
    const { used } = outage.room.fullscript.stats().budget;
    for (let i = 0; i < 50; i += 1) expect(await askClinic(outage)).toMatchObject({ kind: 'unavailable' });
    expect([outage.room.server.seen.length, outage.room.records.length]).toEqual(before);
    expect(outage.room.fullscript.stats().budget.used).toBe(used);
    expect(outage.room.log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });

  test('one call at a time finds out whether it is back, without repeating itself', async () => {
    const outage = await start();
    await openCircuit(outage);
    const before = outage.room.server.seen.length;
    outage.forward(30_000);
    expect(outage.room.fullscript.stats().circuit).toBe('half_open');
    await Promise.all(Array.from({ length: 20 }, () => askClinic(outage)));
    expect(outage.room.server.seen.length).toBe(before + 1);
    expect(outage.room.fullscript.stats().circuit).toBe('open');
  });

  test('no token is refreshed for a call that is refused', async () => {
    const outage = await start();
    await openCircuit(outage);
    const pair = outage.room.store.pairs.get('account-1')!;
    outage.room.store.pairs.set('account-1', { ...pair, expiresAt: '2000-01-01T00:00:00.000Z' });
    await askClinic(outage);
    expect(pathsOf(outage.room)).not.toContain('/api/oauth/token');
  });

  test('revoking is tried all the same, and its success ends the outage', async () => {
    const outage = await start();
    await openCircuit(outage);
    expect(await toFailureOf(outage.room.fullscript.oauth.revoke('at-1'))).toMatchObject({ status: 503 });
    outage.given.answers['/api/oauth/revoke'] = { body: {} };
    await expect(outage.room.fullscript.oauth.revoke('at-1')).resolves.toBe('confirmed');
    expect(outage.room.fullscript.stats().circuit).toBe('closed');
  });

  test('an endpoint that fails alone keeps nobody from the others, not for one call', async () => {
    const outage = await start({ '/api/catalog/variants/v1': variant });
    for (let i = 0; i < 50; i += 1) {
      await askClinic(outage);
      outage.forward(500);
      await expect(outage.room.fullscript.catalog.getVariant(outage.room.call, 'v1')).resolves.toMatchObject({
        id: 'v1',
      });
    }
  });
});

test('when Fullscript is back, those who come together go out few at a time, and more with every answer', async () => {
  const outage = await start({ '/api/clinic': clinic });
  delete outage.given.answers['/api/clinic'];
  await openCircuit(outage);
  outage.given.answers['/api/clinic'] = clinic;
  outage.forward(30_000);
  await outage.room.fullscript.clinics.get(outage.room.call);
  expect(outage.room.fullscript.stats().circuit).toBe('closed');

  outage.given.isHeld = true;
  const all = Array.from({ length: 30 }, () => outage.room.fullscript.clinics.get(outage.room.call));
  const widths: number[] = [];
  while (widths.reduce((sum, width) => sum + width, 0) < 30) {
    const { inFlight } = await vi.waitFor(() => {
      const stats = outage.room.fullscript.stats();
      expect(outage.gates).toHaveLength(stats.inFlight);
      expect(stats.inFlight).toBeGreaterThan(0);
      return stats;
    });
    widths.push(inFlight);
    const before = outage.room.records.length;
    for (const open of outage.gates.splice(0)) open();
    await vi.waitFor(() => expect(outage.room.records.length).toBe(before + inFlight));
  }
  await Promise.all(all);
  expect(widths).toEqual([1, 2, 4, 8, 10, 5]);
});

describe('too many calls', () => {
  test('a 429 that does not say for how long slows everybody down, longer each time', async () => {
    let at = Date.parse('2026-03-02T14:00:00.000Z');
    const room = await createRoom(() => ({ status: 429, body: {} }), { needs: { now: () => new Date(at) } });
    const pauses: unknown[] = [];
    for (let i = 0; i < 4; i += 1) {
      // Whoever does not wait at all hears how long the pause is.
      await toFailureOf(room.fullscript.clinics.get({ ...room.call, maxWaitMs: 0 }));
      const other = await toFailureOf(room.fullscript.catalog.getVariant({ ...room.call, maxWaitMs: 0 }, 'v1'));
      pauses.push((other as { retryAfterSeconds: unknown }).retryAfterSeconds);
      at += 8000;
    }
    // 250, 500, 1000 and 2000 ms, in whole seconds.
    expect(pauses).toEqual([1, 1, 1, 2]);
    expect(room.server.seen).toHaveLength(4);
  });

  test('what was counted and never sent is taken back', async () => {
    const answers: ((answer: GivenAnswer) => void)[] = [];
    const room = await createRoom(() => new Promise((resolve) => answers.push(resolve)), {
      settings: { maxConcurrency: 1 },
    });
    const first = room.fullscript.clinics.get(room.call);
    await vi.waitFor(() => expect(answers).toHaveLength(1));
    const leaving = new AbortController();
    const others = Array.from({ length: 5 }, () =>
      toFailureOf(room.fullscript.clinics.get({ ...room.call, signal: leaving.signal })),
    );
    await vi.waitFor(() => expect(room.fullscript.stats()).toMatchObject({ queued: 5, budget: { used: 6 } }));
    leaving.abort();
    await Promise.all(others);
    expect(room.fullscript.stats().budget.used).toBe(1);
    answers[0]!(clinic);
    await first;
    expect(room.records).toHaveLength(1);
  });
});
