import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { FullscriptPatient } from '../../src/domain/patient.ts';
import type { TreatmentPlan } from '../../src/domain/treatment-plan.ts';
import type { Call } from '../../src/fullscript/call.ts';
import { createFlights } from '../../src/mirror/flights.ts';
import type { MirrorNeeds } from '../../src/mirror/needs.ts';
import { createPatientMirror } from '../../src/mirror/patients.ts';
import { createPlanMirror } from '../../src/mirror/plans.ts';
import { createReadCounts } from '../../src/mirror/read-counts.ts';
import type { ClinicScope } from '../../src/mirror/scope.ts';
import { toClinicKey, toRowKey } from '../../src/store/keys.ts';
import { testDatabases } from '../support/database.ts';
import { createTestStore, toUnique } from '../support/store.ts';

/** What happens, in order; between any two of them some of the calls under way may take effect or be answered. */
type Step =
  | { kind: 'page' | 'own'; what: 'create' | 'edit' | 'cancel' | 'patient'; plan: number }
  | { kind: 'list' }
  | { kind: 'current' }
  | { kind: 'pass' };

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('page', 'own'),
    what: fc.constantFrom('create', 'edit', 'cancel', 'patient'),
    plan: fc.nat(3),
  }),
  fc.record({ kind: fc.constantFrom('list', 'current', 'pass') }),
);

/** Calls take effect and are answered when the test opens their gates. */
function createGates() {
  const closed: (() => void)[] = [];
  return {
    pass: () => new Promise<void>((resolve) => closed.push(resolve)),
    open(choice: number): boolean {
      if (closed.length === 0) return false;
      closed.splice(choice % closed.length, 1)[0]?.();
      return true;
    },
  };
}

/** Lets everything run that waits for neither a gate nor a timer. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

const [sqlite] = testDatabases();

it('the copy is in the end what Fullscript has, in whatever order lists, events, own writes and their answers come', async () => {
  const test = await sqlite?.open();
  if (!test) throw new Error('SQLite takes part always');
  let compared = 0;
  try {
    await fc.assert(
      fc.asyncProperty(
        fc.array(steps, { minLength: 4, maxLength: 14 }),
        fc.infiniteStream(fc.nat(20)),
        async (all, choices) => {
          const { store, clock } = createTestStore(test);
          const gates = createGates();
          const organizationId = toUnique('org');
          const clinicKey = toClinicKey(organizationId, 'clinic');
          const scope: ClinicScope = { organizationId, clinicId: 'clinic', clinicKey, accountId: 'account' };
          const environment = 'us-snd' as const;
          await store.clinics.upsert({ ...scope, environment, name: null, discountPercent: null, syncedAt: null });
          const call: Call = { accountId: 'account', priority: 'background', requestId: 'test' };

          // Fullscript.
          const plans = new Map<string, TreatmentPlan>();
          let patient = buildPatient('0');
          const change = (id: string, changes: Partial<TreatmentPlan>): void => {
            const at = clock.forward(1);
            plans.set(id, { ...(plans.get(id) ?? buildPlan(id, at)), ...changes, updatedAt: at });
          };
          /** Takes effect some time after it was sent, and is answered some time after that. */
          const ask = async <T>(effect: () => T): Promise<T> => {
            await gates.pass();
            clock.forward(1);
            const answer = structuredClone(effect());
            await gates.pass();
            clock.forward(1);
            return answer;
          };
          const needs = {
            store,
            fullscript: {
              plans: {
                listByPatient: () => ask(() => [...plans.values()]),
                get: (_: Call, id: string) => ask(() => plans.get(id)),
              },
              patients: { get: () => ask(() => patient) },
            },
            flights: createFlights(),
            reads: createReadCounts(),
            settings: { environment, freshForSeconds: 900, deadlineMs: 60_000 },
            now: clock.now,
            log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
          } as unknown as MirrorNeeds;
          const planMirror = createPlanMirror(needs);
          const patientMirror = createPatientMirror(needs, () => undefined);
          const signal = new AbortController().signal;

          let next = 0;
          const listKey = { clinicKey, kind: 'plans' as const, subject: 'patient' };
          const put = (what: 'create' | 'edit' | 'cancel', plan: number): string => {
            const id =
              what === 'create' || plans.size === 0
                ? `plan-${(next += 1)}`
                : ([...plans.keys()][plan % plans.size] ?? '');
            change(id, what === 'cancel' ? { state: 'CANCELLED' } : { personalMessage: `message ${clock.text()}` });
            return id;
          };
          const run = async (step: Step): Promise<unknown> => {
            clock.forward(1);
            if (step.kind === 'list') return await planMirror.refresh(scope, 'patient', 'test', 'background');
            if (step.kind === 'current') {
              const reading = { scope, freshness: 'CURRENT' as const, requestId: 'test', signal };
              // What there was when it was asked for is there when it is answered.
              const before = new Map(plans);
              await planMirror.ensure(reading, ['patient']);
              const stored = await readPlans();
              for (const [id, { updatedAt }] of before)
                expect(stored.get(id)?.updatedAt ?? '').toSatisfy((at) => at >= updatedAt);
              return;
            }
            if (step.kind === 'pass') return;
            if (step.what === 'patient') {
              if (step.kind === 'page') {
                patient = buildPatient(clock.forward(1));
                return await patientMirror.refreshPatient(scope, 'patient', call);
              }
              // As an own write does it.
              const key = { clinicKey, id: 'patient' };
              const doubtedAt = await store.patients.doubt(key);
              const written = await ask(() => (patient = buildPatient(clock.text())));
              return await patientMirror.storeWritten(scope, written, doubtedAt, call);
            }
            // An event is applied after what it tells of.
            const { kind, what, plan } = step;
            if (kind === 'page') return await planMirror.refreshPlan(scope, put(what, plan), call);
            const expiry = await store.copies.expireFor(listKey);
            const id = await ask(() => put(what, plan));
            await planMirror.refreshPlan(scope, id, call);
            await store.copies.settle(expiry);
          };
          const readPlans = async () => {
            const pages = await store.plans.pagesByPatients({
              keys: [{ clinicKey, fullscriptPatientId: 'patient' }],
              page: { first: 100, after: null },
            });
            const rows = pages.get(toRowKey(clinicKey, 'patient'))?.rows ?? [];
            return new Map(rows.map((row) => [row.id, row]));
          };

          const failures: unknown[] = [];
          let underWay = 0;
          const begin = (step: Step): void => {
            underWay += 1;
            run(step)
              .catch((error: unknown) => failures.push(error))
              .finally(() => (underWay -= 1));
          };
          begin({ kind: 'list' });
          begin({ kind: 'page', what: 'patient', plan: 0 });
          for (const step of all) {
            begin(step);
            await settle();
            for (let opened = choices.next().value % 4; opened > 0; opened -= 1) {
              gates.open(choices.next().value);
              await settle();
            }
          }
          while (underWay > 0) {
            gates.open(choices.next().value);
            await settle();
          }
          await needs.flights.settled();
          expect(failures).toEqual([]);

          const stored = await readPlans();
          expect([...stored.keys()].toSorted()).toEqual([...plans.keys()].toSorted());
          for (const [id, plan] of plans) expect(stored.get(id)).toMatchObject(plan);
          const copy = (await store.patients.findMany([{ clinicKey, id: 'patient' }])).get(
            toRowKey(clinicKey, 'patient'),
          );
          expect(copy).toBeDefined();
          if (copy && !copy.doubtful) {
            compared += 1;
            expect(copy).toMatchObject(patient);
          }
        },
      ),
      { numRuns: 150 },
    );
    expect(compared).toBeGreaterThan(75);
  } finally {
    await test.close();
  }
}, 120_000);

function quiet(): void {
  // Nobody reads this log.
}

function buildPlan(id: string, createdAt: string): TreatmentPlan {
  return {
    id,
    state: 'ACTIVE',
    fullscriptPatientId: 'patient',
    fullscriptPractitionerId: 'practitioner',
    availableOn: null,
    createdAt,
    updatedAt: createdAt,
    personalMessage: null,
    invitationUrl: null,
    metadataId: null,
    recommendations: [],
    labRecommendations: [],
  };
}

function buildPatient(firstName: string): FullscriptPatient {
  return {
    id: 'patient',
    email: 'patient@mail.example',
    firstName,
    lastName: 'Patient',
    dateOfBirth: '1980-05-05',
    gender: null,
    mobileNumber: null,
    archived: false,
    isDependent: false,
    guardianPatientId: null,
    discountPercent: 0,
    totalDiscountPercent: 0,
    metadataId: null,
  };
}
