import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createFinishImports } from '../../src/operations/finish-imports.ts';
import { askThrough } from '../support/another-process.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { addEncounter, importPlan, listChartItems, readImports } from '../support/importing.ts';
import { startMortalProcess } from '../support/mortal-process.ts';
import { inventPerson } from '../support/people.ts';
import { waitFor } from '../support/reading.ts';
import { buildLine, listCodes, listVariantIds } from '../support/recommending.ts';
import { findUrl, spawnProcess, type SpawnedProcess } from '../support/spawned-process.ts';
import { createTestClock, type TestClock } from '../support/store.ts';
import { readAuditOf } from '../support/tables.ts';

const addItems = 'FullscriptAddChartItems';
const pastTheTurn = 6_000;
const pastTheMinute = 61_000;

/** What may become of the EMR's answer after it has taken the lines. */
const spoilt: [string, (answer: Response) => Response | Promise<Response>][] = [
  ['comes too late', () => Promise.reject(new DOMException('The operation timed out', 'TimeoutError'))],
  ['is broken off', () => Promise.reject(new TypeError('fetch failed'))],
  ['is an HTTP 500', () => Response.json({ errors: [{ message: 'No' }] }, { status: 500 })],
  [
    'is a page',
    () => new Response('<html>Bad gateway</html>', { status: 502, headers: { 'content-type': 'text/html' } }),
  ],
  ['is an error without a code', () => Response.json({ data: null, errors: [{ message: 'No' }] })],
  ['is an error with another code', () => toRefusal('SOMETHING_ELSE')],
  ['is empty', () => Response.json({ data: { addChartItems: null } })],
  ['has another shape', () => Response.json({ data: { addChartItems: { items: [{ id: 1 }] } } })],
  [
    'lacks a line',
    async (answer) => {
      const body = (await answer.json()) as { data: { addChartItems: { items: object[] } } };
      body.data.addChartItems.items.pop();
      return Response.json(body);
    },
  ],
];

function toRefusal(code: string): Response {
  return Response.json({ data: null, errors: [{ message: 'No', path: ['addChartItems'], extensions: { code } }] });
}

describeEachDatabase('Mutation.importPlanIntoChart, cut off', (get) => {
  let deployment: Deployment;
  let clock: TestClock;
  let finish: () => Promise<number>;
  /** What is made of the EMR's answers to what is added to charts. */
  let spoil: ((answer: Response) => Response | Promise<Response>) | null = null;
  /** Runs before a call leaves. */
  let onCall: ((path: string) => Promise<unknown>) | null = null;

  beforeAll(async () => {
    clock = createTestClock();
    deployment = await startDeployment({
      databaseUrl: get().url,
      outside: { now: clock.now, fetch: call },
      emr: { now: clock.now },
      sandbox: { clock: clock.now },
      env: { FULLSCRIPT_DEADLINE_MS: '20000' },
    });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    await deployment.connect('u-ben', 'ben@cedarrow.example');
    const work = createFinishImports(deployment.app.parts.operationNeeds);
    finish = () => work(new AbortController().signal);
  }, 60_000);
  afterAll(() => deployment.stop(), 60_000);
  beforeEach(() => {
    deployment.sandbox.sandbox.faults.clear();
    deployment.emr.faults.clear();
    deployment.emr.calls.clear();
    deployment.logs.length = 0;
    spoil = null;
    onCall = null;
  });

  async function call(...[address, init]: Parameters<typeof fetch>): Promise<Response> {
    await onCall?.(new URL(address instanceof Request ? address.url : address).pathname);
    const answer = await fetch(address, init);
    return spoil && typeof init?.body === 'string' && init.body.includes(addItems) ? await spoil(answer) : answer;
  }

  const run = (input: Parameters<typeof importPlan>[2], who = 'u-ada') => importPlan(deployment, who, input);
  const depth = () => deployment.app.parts.store.chartImports.depth();
  const nothingOpen = { pending: 0, parked: 0 };

  /** The EMR has each line once, and one import says so; `count` imports when more were made later. */
  async function expectOnce(chartId: string, lines: number, count = 1): Promise<void> {
    const there = listChartItems(deployment, chartId);
    const imports = await readImports(deployment, 'u-ada', chartId);
    expect([there.length, imports.length]).toEqual([lines, count]);
    const told = imports.flatMap(({ items }) => items.map(({ emrItemId }) => emrItemId));
    expect(told.sort()).toEqual(there.map(({ id }) => id).sort());
    expect(await depth()).toEqual(nothingOpen);
  }

  /** Products that no process knows yet, so that they have to be fetched on the way. */
  let nextVariant = 0;
  function addNewEncounter(): ReturnType<typeof addEncounter> {
    nextVariant += 2;
    const lines = listVariantIds(deployment, nextVariant)
      .slice(-2)
      .map((variantId) => buildLine(variantId));
    return addEncounter(deployment, { lines });
  }

  /** Lets processes die, each one step later than the one before, until one gets through. Gives what that one did. */
  async function dieEverywhere(
    look: (encounter: { planId: string; chartId: string }, step: string) => Promise<void>,
  ): Promise<string[]> {
    for (let diesAt = 1; ; diesAt += 1) {
      const encounter = await addNewEncounter();
      const mortal = await startMortalProcess(deployment, { diesAt, now: clock.now });
      const { planId, chartId } = encounter;
      const attempt = importPlan(askThrough(deployment, mortal), 'u-ada', { planId, chartId });
      try {
        const survived = await Promise.race([mortal.death.then(() => null), attempt.catch(() => null)]);
        if (survived) {
          expect(survived.result).toMatchObject({ __typename: 'FullscriptPlanImported', alreadyImported: false });
          await expectOnce(chartId, 2);
          return mortal.steps;
        }
        await look(encounter, mortal.steps.at(-1) ?? '');
      } finally {
        await mortal.bury(attempt);
      }
    }
  }

  /** Everything that an import asks of others and writes down, so that a walk through it cannot have missed any. */
  function expectWhole(steps: readonly string[]): void {
    const took = steps.filter((step) => step.startsWith('call took effect'));
    expect(took.filter((step) => step.endsWith('/graphql')).length).toBeGreaterThanOrEqual(3);
    expect(took.filter((step) => step.includes('/api/clinic/treatment_plans/'))).not.toEqual([]);
    expect(took.filter((step) => step.includes('/api/catalog/'))).not.toEqual([]);
    expect(steps.filter((step) => step === 'commit').length).toBeGreaterThanOrEqual(4);
  }

  it('wherever the process dies, the next try brings everything in once', async () => {
    const steps = await dieEverywhere(async ({ planId, chartId }, step) => {
      clock.forward(pastTheTurn);
      const { result, errors } = await run({ planId, chartId });
      expect([step, errors]).toEqual([step, []]);
      expect([step, result.__typename]).toEqual([step, 'FullscriptPlanImported']);
      await expectOnce(chartId, 2);
    });
    expectWhole(steps);
  }, 240_000);

  it('wherever the process dies, the job alone brings in what had begun, once, and nothing that had not', async () => {
    const brought = new Set<number>();
    const steps = await dieEverywhere(async ({ planId, chartId }, step) => {
      clock.forward(pastTheMinute);
      const begun = await depth();
      expect(await finish()).toBe(begun.pending);
      const lines = listChartItems(deployment, chartId).length;
      brought.add(lines);
      await expectOnce(chartId, lines, lines / 2);
      const { result, errors } = await run({ planId, chartId });
      expect([step, errors]).toEqual([step, []]);
      expect([step, result.alreadyImported]).toEqual([step, lines === 2]);
      await expectOnce(chartId, 2);
    });
    expectWhole(steps);
    expect(brought).toEqual(new Set([0, 2]));
  }, 240_000);

  it.each(spoilt)('when the EMR’s answer %s, the next try and the job each bring it in once', async (_, change) => {
    for (const bring of [
      (input: { planId: string; chartId: string }) => run(input, 'u-ben'),
      () => {
        clock.forward(pastTheMinute);
        return finish();
      },
    ]) {
      const { planId, chartId } = await addEncounter(deployment);
      spoil = change;
      expect(listCodes(await run({ planId, chartId }))).toEqual(['EMR_UNAVAILABLE']);
      expect(listChartItems(deployment, chartId)).toHaveLength(2);
      expect(await readImports(deployment, 'u-ada', chartId)).toEqual([]);
      spoil = null;
      await bring({ planId, chartId });
      await expectOnce(chartId, 2);
      expect(await readImports(deployment, 'u-ada', chartId)).toMatchObject([{ importedBy: 'u-ada' }]);
    }
  });

  it.each(['FORBIDDEN', 'NOT_FOUND'])(
    'is not forgotten because the EMR says %s to the next try: later it is brought in, once',
    async (code) => {
      const { planId, chartId } = await addEncounter(deployment);
      spoil = () => Promise.reject(new TypeError('fetch failed'));
      expect(listCodes(await run({ planId, chartId }))).toEqual(['EMR_UNAVAILABLE']);
      spoil = () => toRefusal(code);
      expect(listCodes(await run({ planId, chartId }))).toEqual([code]);
      clock.forward(pastTheMinute);
      await finish();
      expect(await depth()).toEqual({ pending: 1, parked: 0 });
      spoil = null;
      expect((await run({ planId, chartId })).result).toMatchObject({ alreadyImported: false });
      await expectOnce(chartId, 2);
    },
  );

  it('is on record as the practitioner’s own when the job brings it in', async () => {
    const { planId, chartId, patientId } = await addEncounter(deployment);
    Object.assign(deployment.emr.faults, { failNext: 1, only: addItems });
    expect(listCodes(await run({ planId, chartId }))).toEqual(['EMR_UNAVAILABLE']);
    clock.forward(pastTheMinute);
    await finish();
    const [{ id } = { id: '' }] = await readImports(deployment, 'u-ada', chartId);
    expect(await readAuditOf(deployment, id)).toMatchObject([
      { user_id: 'u-ada', action: 'chart.import', patient_id: patientId, subject: planId, outcome: 'ok' },
    ]);
  });

  it('sends nothing when the match is corrected while the products are being looked up', async () => {
    const { planId, chartId, patientId } = await addNewEncounter();
    let unlinked = false;
    onCall = async (path) => {
      if (unlinked || !path.startsWith('/api/catalog/')) return;
      unlinked = true;
      await deployment.ask(
        'u-ben',
        'mutation ($id: ID!) { unlinkFullscriptPatient(input: { patientId: $id }) { unlinked } }',
        { variables: { id: patientId } },
      );
    };
    const { result } = await run({ planId, chartId });
    expect(unlinked).toBe(true);
    expect(result).toMatchObject({ __typename: 'FullscriptPlanNotImportable', reason: 'OTHER_PATIENT' });
    expect(deployment.emr.calls.count(addItems)).toBe(0);
    expect(await depth()).toEqual(nothingOpen);
  });

  it('a job and a person never offer the same import to the EMR at the same time', async () => {
    const { planId, chartId } = await addEncounter(deployment);
    Object.assign(deployment.emr.faults, { failNext: 1, only: addItems });
    expect(listCodes(await run({ planId, chartId }))).toEqual(['EMR_UNAVAILABLE']);
    clock.forward(pastTheMinute);
    let underWay = 0;
    let most = 0;
    spoil = async (answer) => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setTimeout(resolve, 200));
      underWay -= 1;
      return answer;
    };
    await Promise.all([run({ planId, chartId }), finish(), run({ planId, chartId }, 'u-ben')]);
    expect(most).toBe(1);
    await expectOnce(chartId, 2);
  });

  describe('with an import that the EMR has not answered', () => {
    /** Ends the link to this EMR patient and makes one to another, as somebody who saw the mistake. */
    async function correctMatch(patientId: string, fullscriptPatientId: string, rightId?: string): Promise<void> {
      const unlinked = await deployment.ask(
        'u-ben',
        'mutation ($id: ID!) { unlinkFullscriptPatient(input: { patientId: $id }) { unlinked } }',
        { variables: { id: patientId } },
      );
      expect(unlinked.data.unlinkFullscriptPatient.unlinked).toBe(true);
      const linked = await deployment.ask(
        'u-ben',
        'mutation ($id: ID!, $fs: ID!) { linkFullscriptPatient(input: { patientId: $id, fullscriptPatientId: $fs }) { __typename } }',
        { variables: { id: rightId ?? deployment.emr.addPatient(inventPerson()).id, fs: fullscriptPatientId } },
      );
      expect(linked.data.linkFullscriptPatient.__typename).toBe('FullscriptPatientLinked');
    }
    /** An import of which the EMR took everything, or nothing, and did not say so. */
    async function addUnanswered(taken: boolean) {
      const encounter = await addEncounter(deployment);
      Object.assign(deployment.emr.faults, { [taken ? 'loseNext' : 'failNext']: 1, only: addItems });
      expect(listCodes(await run({ planId: encounter.planId, chartId: encounter.chartId }))).toEqual([
        'EMR_UNAVAILABLE',
      ]);
      deployment.emr.faults.clear();
      deployment.emr.calls.clear();
      return encounter;
    }
    type Encounter = Awaited<ReturnType<typeof addUnanswered>>;
    const changes: [string, (encounter: Encounter) => unknown, string, string][] = [
      [
        'the plan turned out to be another patient’s',
        ({ patientId, fullscriptPatientId }) => correctMatch(patientId, fullscriptPatientId),
        'OTHER_PATIENT',
        'OTHER_PATIENT',
      ],
      [
        'the note was moved to another patient',
        ({ chartId }) => {
          const chart = deployment.emr.store.charts.get(chartId);
          const patientId = deployment.emr.addPatient(inventPerson()).id;
          if (chart) deployment.emr.store.charts.set(chartId, { ...chart, patientId });
        },
        'OTHER_PATIENT',
        'OTHER_PATIENT',
      ],
      [
        'the plan was cancelled',
        async ({ planId }) => {
          deployment.sandbox.sandbox.actions.cancelPlan(planId);
          await readPlan(planId);
        },
        'CANCELLED',
        'CANCELLED',
      ],
      [
        'the plan is gone',
        async ({ planId }) => {
          deployment.sandbox.sandbox.state.plans.delete(planId);
          await readPlan(planId);
        },
        'NOT_FOUND',
        'GONE',
      ],
    ];
    const readPlan = (id: string) =>
      deployment.ask('u-ben', 'query ($id: ID!) { fullscriptTreatmentPlan(id: $id, freshness: CURRENT) { state } }', {
        variables: { id },
      });
    const signed = (chartId: string) => deployment.emr.signChart(chartId);

    it.each(changes)(
      'and %s since: nothing is sent into the open note, neither by the job nor for somebody',
      async (...row) => {
        const [, change, told, reason] = row;
        for (const taken of [false, true]) {
          const encounter = await addUnanswered(taken);
          const { planId, chartId } = encounter;
          await change(encounter);
          const answer = await run({ planId, chartId });
          expect(listCodes(answer)[0] ?? answer.result.reason).toBe(told);
          clock.forward(pastTheMinute);
          expect(await finish()).toBe(1);
          expect(deployment.emr.calls.count(addItems)).toBe(0);
          expect(deployment.logs.filter((line) => line.includes(`"reason":"${reason}"`))).toHaveLength(1);
          deployment.logs.length = 0;
          expect(await depth()).toEqual({ pending: 1, parked: 0 });
          // A signed note takes nothing: now the EMR tells what it had taken.
          signed(chartId);
          clock.forward(pastTheMinute);
          expect(await finish()).toBe(1);
          await expectOnce(chartId, taken ? 2 : 0, taken ? 1 : 0);
        }
      },
    );

    it('and the plan was edited since: what was chosen comes in as it was chosen, and is outdated', async () => {
      const [kept = '', dropped = '', added = ''] = listVariantIds(deployment, 3);
      const edit = (planId: string) => {
        clock.forward(5);
        deployment.sandbox.sandbox.actions.editActivePlan(planId, {
          recommendations: [buildLine(kept, { unitsToPurchase: 4 }), buildLine(added)],
        });
      };
      for (const taken of [false, true]) {
        const { planId, chartId } = await addUnanswered(taken);
        edit(planId);
        const { result } = await run({ planId, chartId });
        expect(result).toMatchObject({ alreadyImported: false, import: { items: [{ variantId: added }] } });
        await expectOnce(chartId, 3, 2);
        const imports = await readImports(deployment, 'u-ada', chartId);
        expect(imports).toMatchObject([
          { outdated: true, items: [{ variantId: kept, unitsToPurchase: 1 }, { variantId: dropped }] },
          { outdated: false, items: [{ variantId: added }] },
        ]);
      }
      const { planId, chartId } = await addUnanswered(false);
      edit(planId);
      await readPlan(planId);
      clock.forward(pastTheMinute);
      await finish();
      await expectOnce(chartId, 2);
      expect(await readImports(deployment, 'u-ada', chartId)).toMatchObject([{ outdated: true }]);
    });

    it('leaves alone what nobody asks for now: that is the job’s', async () => {
      const { planId, chartId, variantIds } = await addEncounter(deployment);
      const [first = '', second = ''] = variantIds;
      Object.assign(deployment.emr.faults, { failNext: 1, only: addItems });
      const some = { planId, chartId, recommendationIds: [first] };
      expect(listCodes(await run(some))).toEqual(['EMR_UNAVAILABLE']);
      const { result } = await run({ planId, chartId, recommendationIds: [second] }, 'u-ben');
      expect(result).toMatchObject({ alreadyImported: false, import: { importedBy: 'u-ben' } });
      expect(listChartItems(deployment, chartId)).toHaveLength(1);
      clock.forward(pastTheMinute);
      await finish();
      await expectOnce(chartId, 2, 2);
    });

    // The last one: the hours that pass outlive tokens.
    it('and the match was corrected: parked in the end, and brought in once the match is made again', async () => {
      const encounter = await addUnanswered(true);
      const { planId, chartId, patientId, fullscriptPatientId } = encounter;
      const { id: otherId } = deployment.emr.addPatient(inventPerson());
      await correctMatch(patientId, fullscriptPatientId, otherId);
      for (let tries = 0; tries < 20; tries += 1) {
        clock.forward(3_600_000);
        await finish();
      }
      expect(await depth()).toEqual({ pending: 0, parked: 1 });
      expect(deployment.logs.filter((line) => line.includes('"level":50'))).toHaveLength(1);
      expect(deployment.emr.calls.count(addItems)).toBe(0);
      await correctMatch(otherId, fullscriptPatientId, patientId);
      expect((await run({ planId, chartId })).result).toMatchObject({ alreadyImported: false });
      await expectOnce(chartId, 2);
    });
  });
});

describeEachDatabase('Mutation.importPlanIntoChart in processes of its own', (get) => {
  let deployment: Deployment;
  const spawned: SpawnedProcess[] = [];
  beforeAll(async () => {
    deployment = await startDeployment({ databaseUrl: get().url, env: { FULLSCRIPT_DEADLINE_MS: '60000' } });
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    await deployment.connect('u-ben', 'ben@cedarrow.example');
  }, 60_000);
  afterEach(() => {
    for (const { child } of spawned.splice(0)) child.kill('SIGKILL');
    deployment.emr.faults.clear();
    deployment.emr.calls.clear();
  });
  afterAll(() => deployment.stop(), 60_000);

  async function spawnTwo(): Promise<Deployment[]> {
    const env = { ...deployment.env, LOG_LEVEL: 'info' };
    const both = [spawnProcess(env), spawnProcess(env)];
    spawned.push(...both);
    return await Promise.all(both.map(async (process) => askThrough(deployment, { url: await findUrl(process) })));
  }

  it('twenty at the same moment, of two people, in two processes: one import, one set of lines, one call', async () => {
    const [one = deployment, other = deployment] = await spawnTwo();
    const { planId, chartId, variantIds } = await addEncounter(deployment);
    deployment.emr.calls.clear();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        importPlan(index % 2 ? one : other, index % 4 < 2 ? 'u-ada' : 'u-ben', { planId, chartId }),
      ),
    );
    expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
    expect(new Set(answers.map(({ result }) => result.import.id)).size).toBe(1);
    expect(answers.filter(({ result }) => !result.alreadyImported)).toHaveLength(1);
    expect(listChartItems(deployment, chartId)).toHaveLength(variantIds.length);
    expect(await readImports(deployment, 'u-ada', chartId)).toHaveLength(1);
    expect(deployment.emr.calls.count(addItems)).toBe(1);
  }, 180_000);

  it('killed while the EMR is at it: the next try, somewhere else, waits for the turn and brings it in once', async () => {
    const [one = deployment] = await spawnTwo();
    const { planId, chartId } = await addEncounter(deployment);
    Object.assign(deployment.emr.faults, { delayMs: 1_000, only: addItems });
    deployment.emr.calls.clear();
    const cutOff = importPlan(one, 'u-ada', { planId, chartId }).catch(() => 'cut off');
    await waitFor('the EMR to be asked', () => deployment.emr.calls.count(addItems) > 0, 60_000);
    for (const { child } of spawned) child.kill('SIGKILL');
    expect(await cutOff).toBe('cut off');
    deployment.emr.faults.clear();
    const { result, errors } = await importPlan(deployment, 'u-ben', { planId, chartId });
    expect(errors).toEqual([]);
    expect(result).toMatchObject({ alreadyImported: false, import: { importedBy: 'u-ada' } });
    await waitFor('the EMR to be done', () => deployment.emr.store.chartWrites.size > 0);
    expect(listChartItems(deployment, chartId)).toHaveLength(2);
    expect(await readImports(deployment, 'u-ada', chartId)).toHaveLength(1);
  }, 180_000);
});
