import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { toComparableName } from '../../src/domain/identity.ts';
import { askThrough } from '../support/another-process.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { addFullscriptPatient, getPatient } from '../support/people.ts';
import { toRepresentation } from '../support/reading.ts';
import { recommend } from '../support/recommending.ts';

/** A member of a family who shares one e-mail address, as one side wrote them down. */
interface Member {
  firstName: string;
  lastName: string;
  dateOfBirth: string | null;
}

/** A record at Fullscript; the address is written in one of two ways, or is missing for a dependent of the first record. */
interface RecordedMember extends Member {
  address: 'lower' | 'upper' | 'dependent';
  /** Whose id stands in the metadata: that of the EMR patient at this place. */
  metadataOf: number | null;
}

interface Family {
  emr: Member[];
  fullscript: RecordedMember[];
}

const anyMember = {
  firstName: fc.constantFrom('Wren', 'WREN', 'Oscar', 'Karl', 'Karla'),
  lastName: fc.constantFrom('Marsh', 'marsh', 'Hill'),
  dateOfBirth: fc.constantFrom('2017-09-21', '2017-09-12', '1984-02-03', null),
};
const anyFamily: fc.Arbitrary<Family> = fc.record({
  emr: fc.array(fc.record(anyMember), { minLength: 1, maxLength: 4 }),
  fullscript: fc.array(
    fc.record({
      ...anyMember,
      address: fc.constantFrom<RecordedMember['address'][]>('lower', 'lower', 'upper', 'dependent', 'dependent'),
      metadataOf: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat({ max: 4 }) }),
    }),
    { maxLength: 4 },
  ),
});

/** The same, but with one record alone that has the address, as Fullscript itself keeps it; all others are dependents. */
function withOneAddress(family: Family): Family {
  const holder = family.fullscript.findIndex((record) => record.address !== 'dependent');
  return {
    ...family,
    fullscript: family.fullscript.map((record, place) =>
      place === holder ? record : { ...record, address: 'dependent' },
    ),
  };
}

/** Who an EMR patient is in the end. */
interface Verdict {
  patientId: string;
  status: string;
  fullscriptPatientId: string | null;
  linkedBy: string | null;
}

/** One run; fast-check reports the seed and the family when one fails. */
const runs = { numRuns: 25, endOnFailure: true };

describeEachDatabase('Whatever a family looks like', (get) => {
  let deployment: Deployment;
  let processes: Deployment[];
  let families = 0;

  beforeAll(async () => {
    deployment = await startDeployment({ databaseUrl: get().url, env: { FULLSCRIPT_DEADLINE_MS: '60000' } });
    processes = [deployment, askThrough(deployment, await deployment.startAnother())];
    await deployment.connect('u-ada', 'ada@cedarrow.example');
  }, 120_000);
  afterAll(() => deployment.stop());

  /** Puts a family into the EMR and the clinic; gives the EMR ids and the Fullscript ids by place. */
  function settle(family: Family, order: 'forwards' | 'backwards'): { patientIds: string[]; recordIds: string[] } {
    families += 1;
    const email = `f${families}.family@mail.example`;
    const patientIds = family.emr.map((member) => deployment.emr.addPatient({ ...member, email }).id);
    const recordIds = new Array<string>(family.fullscript.length);
    const places = family.fullscript.map((record, place) => ({ record, place }));
    for (const { record, place } of order === 'forwards' ? places : places.toReversed()) {
      const patient = addFullscriptPatient(deployment);
      recordIds[place] = patient.id;
      const owner = record.metadataOf === null ? undefined : patientIds[record.metadataOf];
      Object.assign(patient, {
        firstName: record.firstName,
        lastName: record.lastName,
        dateOfBirth: record.dateOfBirth,
        email: record.address === 'dependent' ? null : record.address === 'upper' ? email.toUpperCase() : email,
        metadataId: owner === undefined ? null : `org-juniper:${owner}`,
      });
    }
    const guardian = family.fullscript.findIndex((record) => record.address !== 'dependent');
    family.fullscript.forEach((record, place) => {
      if (record.address !== 'dependent' || guardian < 0) return;
      getPatient(deployment, recordIds[place] ?? '').guardianPatientId = recordIds[guardian] ?? null;
    });
    return { patientIds, recordIds };
  }

  async function judge(through: Deployment, patientIds: readonly string[]): Promise<Verdict[]> {
    const { data, errors } = await through.askEntities(
      'u-ada',
      patientIds.map((id) => toRepresentation(deployment, id)),
      '... on Patient { connectionStatus fullscriptAccount { id linkedBy } }',
    );
    expect(errors).toEqual([]);
    const answers = data._entities as {
      connectionStatus: string;
      fullscriptAccount: { id: string; linkedBy: string } | null;
    }[];
    return answers.map(({ connectionStatus, fullscriptAccount }, place) => ({
      patientId: patientIds[place] ?? '',
      status: connectionStatus,
      fullscriptPatientId: fullscriptAccount?.id ?? null,
      linkedBy: fullscriptAccount?.linkedBy ?? null,
    }));
  }

  /** What must hold of links that nobody made by hand. */
  function expectNobodyConfused(verdicts: readonly Verdict[]): void {
    const linked = verdicts.filter((verdict) => verdict.fullscriptPatientId !== null);
    expect(new Set(linked.map((verdict) => verdict.fullscriptPatientId)).size).toBe(linked.length);
    for (const { patientId, status, fullscriptPatientId, linkedBy } of linked) {
      expect(status).toBe('CONNECTED');
      const ours = deployment.emr.store.patients.get(patientId);
      const theirs = getPatient(deployment, fullscriptPatientId ?? '');
      if (ours?.dateOfBirth && theirs.dateOfBirth) expect(theirs.dateOfBirth).toBe(ours.dateOfBirth);
      if (linkedBy === 'METADATA') continue;
      expect(toComparableName(theirs.firstName)).toBe(toComparableName(ours?.firstName));
      if (!ours?.dateOfBirth || !theirs.dateOfBirth) {
        expect(toComparableName(theirs.lastName)).toBe(toComparableName(ours?.lastName));
      }
    }
  }

  it('nobody is taken for somebody else, asking again says the same, and no order matters', async () => {
    await fc.assert(
      fc.asyncProperty(anyFamily, async (family) => {
        const one = settle(family, 'forwards');
        const first = await judge(deployment, one.patientIds);
        expectNobodyConfused(first);
        expect(await judge(deployment, one.patientIds)).toEqual(first);

        // The same family again, its records in another order, and its members asked for one by one from the last.
        const other = settle(family, 'backwards');
        const second: Verdict[] = [];
        for (const id of other.patientIds.toReversed()) second.push(...(await judge(deployment, [id])));
        expectNobodyConfused(second);
        const listLinked = (verdicts: readonly Verdict[], recordIds: readonly string[]): number[] =>
          verdicts
            .filter((verdict) => verdict.fullscriptPatientId !== null)
            .map((verdict) => recordIds.indexOf(verdict.fullscriptPatientId ?? ''))
            .sort();
        expect(listLinked(second, other.recordIds)).toEqual(listLinked(first, one.recordIds));
        // Of doubles in the EMR whoever is asked for first has the record; all others are judged alike.
        if (new Set(first.map(({ status }) => status)).size === 1) {
          expect(second.map(({ status }) => status)).toEqual(first.map(({ status }) => status));
        }
      }),
      runs,
    );
  }, 240_000);

  it('two processes that look and recommend at the same time confuse nobody, make at most one patient, and put no plan on another', async () => {
    const anyRush = fc.record({
      family: anyFamily.map(withOneAddress),
      recommends: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
    });
    await fc.assert(
      fc.asyncProperty(anyRush, async ({ family, recommends }) => {
        const { patientIds } = settle(family, 'forwards');
        const email = `f${families}.family@mail.example`;
        const { patients, plans } = deployment.sandbox.sandbox.state;
        const before = patients.size;
        const planned = new Map<string, string>();
        const rush = processes.flatMap((process, number) =>
          patientIds.map(async (patientId, place) => {
            if (recommends[number * 4 + place] !== true) {
              await judge(process, [patientId]);
              return;
            }
            const { result, errors } = await recommend(process, 'u-ada', { patientId });
            expect(errors).toEqual([]);
            if (result.plan) planned.set(result.plan.id, patientId);
          }),
        );
        await Promise.all(rush);

        const verdicts = await judge(deployment, patientIds);
        expectNobodyConfused(verdicts);
        // Whoever is known under the address, or was made for it, keeps a second one from being made.
        expect(patients.size - before).toBeLessThanOrEqual(1);
        const holders = [...patients.values()].filter((patient) => patient.email?.toLowerCase() === email);
        if (patients.size > before) expect(holders).toHaveLength(1);
        for (const [planId, patientId] of planned) {
          const verdict = verdicts.find((each) => each.patientId === patientId);
          expect(plans.get(planId)?.patientId).toBe(verdict?.fullscriptPatientId);
        }
      }),
      runs,
    );
  }, 240_000);
});
