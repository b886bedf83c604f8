import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startDeployment, type Answer, type Deployment } from '../support/deployment.ts';
import { toRepresentation, waitFor } from '../support/reading.ts';
import { createTestClock, type TestClock } from '../support/store.ts';

const minuteMs = 60_000;
const list = '{ totalCount stale syncedAt nodes { id state } }';

let deployment: Deployment;
let clock: TestClock;
let people: string[];

beforeEach(async () => {
  clock = createTestClock();
  deployment = await startDeployment({
    outside: { now: clock.now },
    emr: { now: clock.now },
    sandbox: { clock: clock.now },
  });
  await deployment.connect('u-ada', 'ada@cedarrow.example');
  const page = await readPage(juniper(), 'STALE_WHILE_REVALIDATE');
  // Those who are linked, and so have something to be asked again.
  people = juniper()
    .filter((_, index) => page.data._entities[index].connectionStatus === 'CONNECTED')
    .slice(0, 20);
  expect(people).toHaveLength(20);
}, 60_000);
afterEach(() => deployment.stop());

function juniper(): string[] {
  return [...deployment.emr.store.patients.values()]
    .filter(({ organizationId }) => organizationId === 'org-juniper')
    .slice(0, 40)
    .map(({ id }) => id);
}

const readPage = (patientIds: readonly string[], freshness: string): Promise<Answer> =>
  deployment.askEntities(
    'u-ada',
    patientIds.map((id) => toRepresentation(deployment, id)),
    `... on Patient { id connectionStatus treatmentPlans(freshness: ${freshness}) ${list} labOrders(freshness: ${freshness}) { totalCount stale } }`,
  );

const readPlans = (patientId: string, freshness: string): Promise<Answer> =>
  deployment.askEntities(
    'u-ada',
    [toRepresentation(deployment, patientId)],
    `... on Patient { treatmentPlans(freshness: ${freshness}) ${list} }`,
  );

const circuit = () => deployment.app.parts.fullscript.stats().circuit;
const calls = () => deployment.sandbox.sandbox.calls;
const linesAbout = (state: string) =>
  deployment.logs.map((line) => JSON.parse(line) as { circuit?: string }).filter((line) => line.circuit === state);

/** Twenty users look at their patients once a second, and ask for the newest of one, for so many seconds. */
async function useFor(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    const [page, current] = await Promise.all([
      readPage(people, 'STALE_WHILE_REVALIDATE'),
      readPlans(people[second % people.length] ?? '', 'CURRENT'),
    ]);
    expect(page.errors).toEqual([]);
    for (const patient of page.data._entities as { treatmentPlans: { stale: boolean; syncedAt: string } }[]) {
      expect(patient.treatmentPlans.stale).toBe(true);
      expect(Date.parse(patient.treatmentPlans.syncedAt)).toBeLessThan(clock.now().getTime() - 15 * minuteMs);
    }
    expect(current.data._entities).toEqual([{ treatmentPlans: null }]);
    expect(current.errors).toMatchObject([{ extensions: { code: 'FULLSCRIPT_UNAVAILABLE' } }]);
    clock.forward(1000);
  }
}

describe('Fullscript down for a minute', () => {
  it('leaves reads as they were, flagged stale, has CURRENT fail, and is asked less and less often', async () => {
    clock.forward(16 * minuteMs);
    deployment.sandbox.sandbox.faults.add({ status: 503 });
    calls().clear();
    const { used } = deployment.app.parts.fullscript.stats().budget;
    await useFor(10);
    expect(circuit()).not.toBe('closed');
    const first = calls().count();
    await useFor(50);
    // From the opening on one call at a time, after 4, 8, 16, 30 seconds or half of that: a handful in fifty seconds.
    expect(calls().count() - first).toBeLessThan(15);
    expect(deployment.app.parts.fullscript.stats().budget.used - used).toBe(calls().count());
    expect(linesAbout('open')).toHaveLength(1);
  }, 120_000);

  it('is not overrun when it is back: one call, then few, each key once, and everything is current again', async () => {
    clock.forward(16 * minuteMs);
    const { faults } = deployment.sandbox.sandbox;
    faults.add({ status: 503 });
    await useFor(60);
    await waitFor(
      'the last refresh behind an answer to fail',
      () => deployment.app.parts.flights.stats().inFlight === 0,
    );
    faults.clear();
    // The first call takes long enough to be seen alone, the others long enough to meet.
    faults.add({ latencyMs: 700, count: 1 });
    faults.add({ latencyMs: 30 });
    // Past the longest time it stays open, and the pauses of the copies that could not be refreshed.
    clock.forward(minuteMs + 1);
    calls().clear();
    expect(circuit()).toBe('half_open');

    const widths: number[] = [];
    const watching = setInterval(() => widths.push(calls().summary().inFlight), 5);
    const pages = Array.from({ length: 20 }, () => readPage(people, 'STALE_WHILE_REVALIDATE'));
    for (const { errors } of await Promise.all(pages)) expect(errors).toEqual([]);
    const isCurrent = async () => {
      const page = await readPage(people, 'STALE_WHILE_REVALIDATE');
      expect(page.errors).toEqual([]);
      // Copies that the one trial left out are tried again after a pause.
      clock.forward(1000);
      return page.data._entities.every(
        ({ treatmentPlans, labOrders }: Record<string, { stale: boolean }>) =>
          !treatmentPlans?.stale && !labOrders?.stale,
      );
    };
    await waitFor('every copy to be current', isCurrent, 30_000);
    clearInterval(watching);

    const begun = calls().list();
    const keys = begun.map(({ method, path, query }) => `${method} ${path}${query}`);
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
    // The first went out alone, and all of it within the slots that the background has.
    expect(widths.find((width) => width > 0)).toBe(1);
    expect(Math.max(...widths)).toBeLessThanOrEqual(8);
    expect(circuit()).toBe('closed');
    expect(linesAbout('closed')).toHaveLength(1);
  }, 120_000);
});

describe('Less than an outage', () => {
  it('one endpoint that fails all the time leaves the others alone', async () => {
    deployment.sandbox.sandbox.faults.add({ path: '/api/clinic/labs/orders', status: 500 });
    for (let second = 0; second < 15; second += 1) {
      const answer = await deployment.askEntities(
        'u-ada',
        [toRepresentation(deployment, people[second] ?? '')],
        `... on Patient { treatmentPlans(freshness: CURRENT) { totalCount } labOrders(freshness: CURRENT) { totalCount } }`,
      );
      expect(answer.data._entities[0].treatmentPlans).not.toBeNull();
      expect(answer.errors).toMatchObject([{ path: ['_entities', 0, 'labOrders'] }]);
      clock.forward(1000);
    }
  }, 60_000);

  it('every fifth call failing never opens the circuit', async () => {
    deployment.sandbox.sandbox.faults.add({ path: '/api/clinic/*', status: 500, share: 0.2 });
    let good = 0;
    for (let second = 0; second < 60; second += 1) {
      const { errors } = await readPlans(people[second % people.length] ?? '', 'CURRENT');
      if (errors.length === 0) good += 1;
      clock.forward(1000);
    }
    expect(linesAbout('open')).toEqual([]);
    // Three attempts each: nearly all get through.
    expect(good).toBeGreaterThan(50);
  }, 60_000);
});
