import { FullscriptFailure } from '../domain/errors.ts';
import {
  comparePeople,
  decideByMetadata,
  decideMatch,
  toComparableEmail,
  toComparableName,
  type Candidate,
  type ComparedField,
} from '../domain/identity.ts';
import { isMetadataIdOfAnother, toMetadataId } from '../domain/metadata.ts';
import type { Demographics, FullscriptPatient, LinkMethod } from '../domain/patient.ts';
import type { Call } from '../fullscript/call.ts';
import type { MirrorNeeds } from './needs.ts';
import type { ClinicScope } from './scope.ts';

/** An EMR patient to be found at Fullscript. */
export interface Person {
  patientId: string;
  demographics: Demographics;
}

/** A Fullscript patient that could be the EMR's, for a human to judge. */
export interface JudgedCandidate {
  patient: FullscriptPatient;
  agrees: ComparedField[];
  differs: ComparedField[];
  /** The other EMR patient it is linked to. */
  linkedPatientId: string | null;
}

/** Whom a search asks, and how. */
export interface Look {
  scope: ClinicScope;
  call: Call;
  /** Asks Fullscript what may concern several people at a time, such as relatives: whether an answer to the same `what` counts is up to the look. */
  once<T>(what: string, ask: () => Promise<T>): Promise<T>;
  /** Metadata ids of EMR patients beyond those that tell by themselves whose they are; whoever carries one belongs to that patient. */
  metadataIds?: ReadonlySet<string>;
}

/** Who a person is by the evidence at Fullscript; nothing is linked by it. */
export type Finding =
  | { kind: 'match'; candidate: Candidate; method: Extract<LinkMethod, 'METADATA' | 'EMAIL_AND_IDENTITY'> }
  /** Those who were looked at, and of whom none is unmistakable. */
  | { kind: 'doubtful'; among: FullscriptPatient[] }
  | { kind: 'nobody' };

export interface PersonSearch {
  /**
   * Finds an EMR patient without a stored link: first by our id in Fullscript's metadata, then by the e-mail address and the identity rule. Changes nothing.
   * Throws FullscriptFailure.
   */
  find(look: Look, person: Person): Promise<Finding>;
  /** Everybody who could be this person, also whom a person has refused for them; without an address, namesakes. Throws FullscriptFailure. */
  findAllPossible(look: Look, person: Person): Promise<FullscriptPatient[]>;
  /** Compares the person with each, best first. */
  compare(scope: ClinicScope, person: Person, patients: readonly FullscriptPatient[]): Promise<JudgedCandidate[]>;
}

/** Keeps every answer, for as long as people who may share an address are looked for together. `askNow` decides who else is asked along; by default nobody. */
export function createOnce(askNow: Look['once'] = (_, ask) => ask()): Look['once'] {
  const answers = new Map<string, Promise<unknown>>();
  return (what, ask) => {
    const answer = (answers.get(what) as ReturnType<typeof ask> | undefined) ?? askNow(what, ask);
    answers.set(what, answer);
    return answer;
  };
}

/** Builds the search for EMR patients at Fullscript: what every way of matching has in common. */
export function createPersonSearch({ store, fullscript }: Pick<MirrorNeeds, 'store' | 'fullscript'>): PersonSearch {
  async function getPatients(look: Look, rows: readonly Pick<FullscriptPatient, 'id'>[]): Promise<FullscriptPatient[]> {
    const patients = await Promise.all(
      rows.map(async (row) => {
        try {
          return await look.once(`read patient ${row.id}`, () => fullscript.patients.get(look.call, row.id));
        } catch (error) {
          if (error instanceof FullscriptFailure && error.kind === 'not_found') return null;
          throw error;
        }
      }),
    );
    return patients.filter((patient) => patient !== null);
  }

  async function findMetadataHolders(look: Look, patientId: string): Promise<FullscriptPatient[]> {
    const metadataId = toMetadataId(look.scope.organizationId, patientId);
    return await getPatients(look, await fullscript.patients.findByMetadata(look.call, metadataId));
  }

  /** A guardian's dependents; none where the guardian is gone by now. */
  async function findDependents(look: Look, guardianId: string): Promise<FullscriptPatient[]> {
    const rows = await look
      .once(`dependents of ${guardianId}`, () => fullscript.patients.dependents(look.call, guardianId))
      .catch((error: unknown) => {
        if (error instanceof FullscriptFailure && error.kind === 'not_found') return [];
        throw error;
      });
    return await getPatients(look, rows);
  }

  /** Everybody who has the address, and the dependents under them that have none of their own. */
  async function findByEmail(look: Look, address: string): Promise<Candidate[]> {
    // Asked for in one form, so that relatives get one answer however the EMR has written the address down.
    const email = toComparableEmail(address);
    if (email === '') return [];
    const rows = await look.once(`search ${email}`, () => fullscript.patients.searchAll(look.call, email));
    // A thin row may leave the address out, and a search may know an old one: the patient's own record decides.
    const possible = rows.filter((row) => row.email === null || toComparableEmail(row.email) === email);
    const holders = (await getPatients(look, possible)).filter((patient) => toComparableEmail(patient.email) === email);
    const guardians = holders.filter((holder) => !holder.isDependent);
    const dependents = await Promise.all(guardians.map(({ id }) => findDependents(look, id)));
    const known = new Set(holders.map((holder) => holder.id));
    return [
      ...holders.map((patient) => ({ patient, viaGuardian: false })),
      ...dependents
        .flat()
        .filter((patient) => !known.has(patient.id))
        .map((patient) => ({ patient, viaGuardian: true })),
    ];
  }

  /** The other EMR patients that Fullscript patients are linked to, by Fullscript id. */
  async function findOthersLinked(
    scope: ClinicScope,
    patientId: string,
    patients: readonly FullscriptPatient[],
  ): Promise<Map<string, string>> {
    const links = await store.patientLinks.findLinksByFullscriptIds(
      patients.map((patient) => ({ clinicKey: scope.clinicKey, id: patient.id })),
    );
    return new Map(
      [...links.values()]
        .filter((link) => link.patientId !== patientId)
        .map((link) => [link.fullscriptPatientId, link.patientId]),
    );
  }

  /**
   * The Fullscript ids that belong to other EMR patients of the organization: they are linked, or carry the other's id in the metadata, which is
   * better evidence than an e-mail address.
   */
  async function findTaken(
    { scope, metadataIds }: Look,
    patientId: string,
    patients: readonly FullscriptPatient[],
  ): Promise<Set<string>> {
    const linked = await findOthersLinked(scope, patientId, patients);
    const ownMetadataId = toMetadataId(scope.organizationId, patientId);
    const claimed = patients.filter(
      ({ metadataId }) =>
        isMetadataIdOfAnother(metadataId, scope.organizationId, patientId) ||
        (metadataId !== null && metadataId !== ownMetadataId && metadataIds?.has(metadataId)),
    );
    return new Set([...linked.keys(), ...claimed.map((patient) => patient.id)]);
  }

  /** Those of the Fullscript patients that a person has refused for this EMR patient who are still there. */
  async function findRefused(look: Look, patientId: string): Promise<FullscriptPatient[]> {
    const refused = await store.patientLinks.findRefused(look.scope.clinicKey, [patientId]);
    return await getPatients(
      look,
      [...(refused.get(patientId) ?? [])].map((id) => ({ id })),
    );
  }

  return {
    async find(look, { patientId, demographics }) {
      // Who has been put right by a person once is not second-guessed: while the refused one is there, a person chooses again.
      const refused = await findRefused(look, patientId);
      if (refused.length > 0) return { kind: 'doubtful', among: refused };

      const holders = await findMetadataHolders(look, patientId);
      const byMetadata = decideByMetadata(demographics, holders, await findTaken(look, patientId, holders));
      if (byMetadata.kind === 'match')
        return { kind: 'match', candidate: { patient: byMetadata.patient, viaGuardian: false }, method: 'METADATA' };
      if (byMetadata.kind === 'doubtful') return { kind: 'doubtful', among: holders };

      const candidates = await findByEmail(look, demographics.email ?? '');
      const among = candidates.map((candidate) => candidate.patient);
      const byEmail = decideMatch(demographics, candidates, await findTaken(look, patientId, among));
      if (byEmail.kind === 'doubtful') return { kind: 'doubtful', among };
      const matched = byEmail.kind === 'match' && candidates.find(({ patient }) => patient === byEmail.patient);
      return matched ? { kind: 'match', candidate: matched, method: 'EMAIL_AND_IDENTITY' } : { kind: 'nobody' };
    },

    async findAllPossible(look, person) {
      const { email, firstName, lastName } = person.demographics;
      const found = new Map<string, FullscriptPatient>();
      const put = (patients: readonly FullscriptPatient[]): void => {
        for (const patient of patients) found.set(patient.id, patient);
      };
      put(await findRefused(look, person.patientId));
      put(await findMetadataHolders(look, person.patientId));
      if (toComparableEmail(email) !== '') {
        put((await findByEmail(look, email ?? '')).map((candidate) => candidate.patient));
      } else if (lastName && toComparableName(lastName) !== '') {
        const rows = await fullscript.patients.searchAll(look.call, lastName);
        const sameName = (a: string | null, b: string | null): boolean => toComparableName(a) === toComparableName(b);
        const namesakes = rows.filter((row) => sameName(row.lastName, lastName) && sameName(row.firstName, firstName));
        put(await getPatients(look, namesakes));
      }
      return [...found.values()];
    },

    async compare(scope, person, patients) {
      const linkedTo = await findOthersLinked(scope, person.patientId, patients);
      const ourMetadataId = toMetadataId(scope.organizationId, person.patientId);
      return patients
        .map((patient) => ({
          patient,
          ...comparePeople(person.demographics, patient, ourMetadataId),
          linkedPatientId: linkedTo.get(patient.id) ?? null,
        }))
        .sort(
          (a, b) =>
            b.agrees.length - b.differs.length - (a.agrees.length - a.differs.length) ||
            (a.patient.id < b.patient.id ? -1 : 1),
        );
    },
  };
}
