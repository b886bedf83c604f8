import { FullscriptFailure } from '../domain/errors.ts';
import { isCurrent } from '../domain/freshness.ts';
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
import { toHash, toRowKey } from '../store/keys.ts';
import type { Match } from '../store/matches.ts';
import type { StoredPatientLink } from '../store/patient-links.ts';
import type { StoredFullscriptPatient } from '../store/patients.ts';
import { toSharedCall, type MirrorNeeds } from './needs.ts';
import type { ClinicScope, Reading } from './scope.ts';

/** An EMR patient to be found at Fullscript. */
export interface Person {
  patientId: string;
  demographics: Demographics;
}

/** Who an EMR patient is at one Fullscript clinic. */
export type Resolution =
  /** `linkedNow` when this very look made the link. */
  | { kind: 'linked'; link: StoredPatientLink; linkedNow: boolean }
  | { kind: 'nobody' }
  /** Somebody shares the e-mail address, but nobody unmistakable: a human must choose. */
  | { kind: 'doubtful' };

/** A Fullscript patient that could be the EMR's, for a human to judge. */
export interface JudgedCandidate {
  patient: FullscriptPatient;
  agrees: ComparedField[];
  differs: ComparedField[];
  /** The other EMR patient it is linked to. */
  linkedPatientId: string | null;
}

export interface PatientMirror {
  /**
   * Finds each person: the stored link; else our id in Fullscript's metadata; else the e-mail address and the identity rule, linking an unmistakable
   * match. A search that found nobody is remembered. With freshness STORED nothing is searched. One person's failure is theirs alone; in an
   * outage a pair that a person took apart still is doubtful.
   */
  resolve(reading: Reading, people: readonly Person[]): Promise<Map<string, Resolution | FullscriptFailure>>;
  /**
   * Searches one person now, whatever is remembered, and never with the answer to a question that somebody asked earlier; used before anything is
   * created. Throws FullscriptFailure.
   */
  search(reading: Omit<Reading, 'freshness'>, person: Person): Promise<Resolution>;
  /** Everybody who could be this person, also whom a person has refused for them, best first. Throws FullscriptFailure. */
  findCandidates(reading: Omit<Reading, 'freshness'>, person: Person): Promise<JudgedCandidate[]>;
  /** The stored copies of Fullscript patients, fetched where missing and refreshed behind where old. */
  findPatients(
    reading: Reading,
    fullscriptPatientIds: readonly string[],
    sweptAt: string | null,
  ): Promise<Map<string, StoredFullscriptPatient | FullscriptFailure>>;
  /** Fetches one patient and stores it; null when Fullscript does not know it. Throws FullscriptFailure. */
  refreshPatient(scope: ClinicScope, fullscriptPatientId: string, call: Call): Promise<StoredFullscriptPatient | null>;
  /** Links what was found, queues our id for Fullscript's metadata in the same step, and stores the copy. */
  link(
    scope: ClinicScope,
    request: {
      patientId: string;
      patient: FullscriptPatient;
      method: LinkMethod;
      linkedBy: string | null;
      /** A person decided: replaces an existing link and takes a refusal back. */
      replace?: boolean;
    },
  ): ReturnType<MirrorNeeds['store']['patientLinks']['link']>;
}

/** Whom a search asks, and with which calls. */
interface Look {
  scope: ClinicScope;
  call: Call;
  /** Whether it may wait for the same question of somebody else. The call is then one with a deadline of its own, since others wait for it too. */
  isShared: boolean;
}

/** Changes with the demographics that a search was made with, without keeping them. */
function toDemographicsHash(person: Demographics): string {
  return toHash([
    toComparableEmail(person.email),
    toComparableName(person.firstName),
    toComparableName(person.lastName),
    person.dateOfBirth ?? '',
  ]);
}

/** `onMetadataTask` is told that there is a metadata id to be written. */
export function createPatientMirror(needs: MirrorNeeds, onMetadataTask: () => void): PatientMirror {
  const { store, fullscript, flights, settings, now, log } = needs;

  /** Relatives are looked for at the same time, and what concerns them all is asked once. */
  function once<T>({ scope, isShared }: Look, what: string, work: () => Promise<T>): Promise<T> {
    return isShared ? flights.run(`${scope.clinicKey}:${what}`, scope.accountId, null, work) : work();
  }

  function toSharedLook(reading: Omit<Reading, 'freshness'>): Look {
    const { scope, requestId } = reading;
    return { scope, call: toSharedCall(needs, scope.accountId, requestId), isShared: true };
  }

  async function getPatients(look: Look, rows: readonly Pick<FullscriptPatient, 'id'>[]): Promise<FullscriptPatient[]> {
    const patients = await Promise.all(
      rows.map(async (row) => {
        try {
          return await once(look, `read patient ${row.id}`, () => fullscript.patients.get(look.call, row.id));
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
    const rows = await once(look, `dependents of ${guardianId}`, () =>
      fullscript.patients.dependents(look.call, guardianId),
    ).catch((error: unknown) => {
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
    const rows = await once(look, `search ${email}`, () => fullscript.patients.searchAll(look.call, email));
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
    scope: ClinicScope,
    patientId: string,
    patients: readonly FullscriptPatient[],
  ): Promise<Set<string>> {
    const linked = await findOthersLinked(scope, patientId, patients);
    const claimed = patients.filter((patient) =>
      isMetadataIdOfAnother(patient.metadataId, scope.organizationId, patientId),
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

  async function link(
    scope: ClinicScope,
    request: Parameters<PatientMirror['link']>[1],
  ): ReturnType<PatientMirror['link']> {
    const at = now().toISOString();
    const metadataId = toMetadataId(scope.organizationId, request.patientId);
    const outcome = await store.patientLinks.link({
      organizationId: scope.organizationId,
      clinicId: scope.clinicId,
      patientId: request.patientId,
      fullscriptPatientId: request.patient.id,
      method: request.method,
      linkedAt: at,
      linkedBy: request.linkedBy,
      replace: request.replace ?? false,
      metadataId: request.patient.metadataId === metadataId ? null : metadataId,
    });
    if (outcome.kind !== 'linked') return outcome;
    onMetadataTask();
    await store.patients.upsertMany(scope, [request.patient], at);
    // Fullscript sends no event for a patient that we made, and relatives with the same address are not unknown any more.
    if (request.method === 'CREATED') await store.matches.forgetClinic(scope.clinicKey);
    return outcome;
  }

  async function linkFound(
    scope: ClinicScope,
    patientId: string,
    patient: FullscriptPatient,
    method: LinkMethod,
  ): Promise<Resolution> {
    const outcome = await link(scope, { patientId, patient, method, linkedBy: null });
    if (outcome.kind === 'linked') return { kind: 'linked', link: outcome.link, linkedNow: outcome.created };
    // Somebody else linked this EMR patient a moment ago: theirs holds.
    if (outcome.kind === 'other') return { kind: 'linked', link: outcome.link, linkedNow: false };
    return { kind: 'doubtful' };
  }

  /** Decides without a link that is stored already; a match is linked. */
  async function decide(look: Look, { patientId, demographics }: Person): Promise<Resolution> {
    const { scope } = look;
    // Who has been put right by a person once is not second-guessed: while the refused one is there, a person chooses again.
    if ((await findRefused(look, patientId)).length > 0) return { kind: 'doubtful' };

    const holders = await findMetadataHolders(look, patientId);
    const byMetadata = decideByMetadata(demographics, holders, await findTaken(scope, patientId, holders));
    if (byMetadata.kind === 'match') return await linkFound(scope, patientId, byMetadata.patient, 'METADATA');
    if (byMetadata.kind === 'doubtful') return byMetadata;

    const candidates = await findByEmail(look, demographics.email ?? '');
    const patients = candidates.map((candidate) => candidate.patient);
    const byEmail = decideMatch(demographics, candidates, await findTaken(scope, patientId, patients));
    return byEmail.kind === 'match'
      ? await linkFound(scope, patientId, byEmail.patient, 'EMAIL_AND_IDENTITY')
      : byEmail;
  }

  async function searchNow(look: Look, person: Person): Promise<Resolution> {
    const { organizationId, clinicId } = look.scope;
    const search = { organizationId, clinicId, patientId: person.patientId, beganAt: now().toISOString() };
    await store.matches.begin(search);
    const resolution = await decide(look, person);
    if (resolution.kind !== 'linked') {
      await store.matches.remember({
        ...search,
        outcome: resolution.kind === 'nobody' ? 'NOT_CONNECTED' : 'MATCH_REQUIRED',
        demographicsHash: toDemographicsHash(person.demographics),
        decidedAt: now().toISOString(),
      });
    }
    return resolution;
  }

  function toPersonKey(scope: ClinicScope, what: string, person: Person): string {
    return `${scope.clinicKey}:${what}:${person.patientId}:${toDemographicsHash(person.demographics)}`;
  }

  /** Readers who look for the same person at the same time have one search. */
  function searchTogether(reading: Omit<Reading, 'freshness'>, person: Person): Promise<Resolution> {
    const { scope, signal } = reading;
    return flights.run(toPersonKey(scope, 'match', person), scope.accountId, signal, () =>
      searchNow(toSharedLook(reading), person),
    );
  }

  function isRemembered(match: Match | undefined, person: Person): match is Match {
    if (!match || match.demographicsHash !== toDemographicsHash(person.demographics)) return false;
    return now().getTime() - Date.parse(match.decidedAt) < settings.freshForSeconds * 1000;
  }

  async function refreshPatient(
    scope: ClinicScope,
    fullscriptPatientId: string,
    call: Call,
  ): Promise<StoredFullscriptPatient | null> {
    const key = { clinicKey: scope.clinicKey, id: fullscriptPatientId };
    const readAt = now().toISOString();
    try {
      await store.patients.upsertMany(scope, [await fullscript.patients.get(call, fullscriptPatientId)], readAt);
    } catch (error) {
      if (!(error instanceof FullscriptFailure) || error.kind !== 'not_found') throw error;
      await store.patients.remove(key);
      return null;
    }
    return (await store.patients.findMany([key])).get(toRowKey(key.clinicKey, key.id)) ?? null;
  }

  function fetchPatient(
    reading: Omit<Reading, 'freshness'>,
    fullscriptPatientId: string,
    signal: AbortSignal | null,
  ): Promise<StoredFullscriptPatient | null> {
    const { scope, requestId } = reading;
    return flights.run(`${scope.clinicKey}:patient:${fullscriptPatientId}`, scope.accountId, signal, () =>
      refreshPatient(scope, fullscriptPatientId, toSharedCall(needs, scope.accountId, requestId)),
    );
  }

  async function findCandidatesNow(look: Look, person: Person): Promise<JudgedCandidate[]> {
    const { scope, call } = look;
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
      const rows = await fullscript.patients.searchAll(call, lastName);
      const sameName = (a: string | null, b: string | null): boolean => toComparableName(a) === toComparableName(b);
      const namesakes = rows.filter((row) => sameName(row.lastName, lastName) && sameName(row.firstName, firstName));
      put(await getPatients(look, namesakes));
    }
    const patients = [...found.values()];
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
  }

  return {
    search({ scope, requestId, signal }, person) {
      const call: Call = { accountId: scope.accountId, priority: 'interactive', requestId, signal };
      return searchNow({ scope, call, isShared: false }, person);
    },
    link,
    refreshPatient,
    findCandidates(reading, person) {
      const { scope, signal } = reading;
      return flights.run(toPersonKey(scope, 'candidates', person), scope.accountId, signal, () =>
        findCandidatesNow(toSharedLook(reading), person),
      );
    },
    async resolve(reading, people) {
      const { scope } = reading;
      const ids = people.map((person) => person.patientId);
      const [links, remembered] = await Promise.all([
        store.patientLinks.findLinks(scope.clinicKey, ids),
        store.matches.recall(scope.clinicKey, ids),
      ]);

      let refused: ReturnType<typeof store.patientLinks.findRefused> | undefined;
      /** What a person took apart here is known here, also while nobody can be searched for. */
      const hasRefusedPair = async (patientId: string): Promise<boolean> => {
        refused ??= store.patientLinks.findRefused(scope.clinicKey, ids);
        return (await refused).has(patientId);
      };

      const resolveOne = async (person: Person): Promise<Resolution | FullscriptFailure> => {
        const stored = links.get(person.patientId);
        if (stored) return { kind: 'linked', link: stored, linkedNow: false };
        const match = remembered.get(person.patientId);
        if (isRemembered(match, person)) {
          return match.outcome === 'NOT_CONNECTED' ? { kind: 'nobody' } : { kind: 'doubtful' };
        }
        if (reading.freshness === 'STORED') return { kind: 'nobody' };
        try {
          return await searchTogether(reading, person);
        } catch (error) {
          if (!(error instanceof FullscriptFailure)) throw error;
          return error.isOutage && (await hasRefusedPair(person.patientId)) ? { kind: 'doubtful' } : error;
        }
      };
      return new Map(
        await Promise.all(
          people.map(async (person): Promise<[string, Resolution | FullscriptFailure]> => [
            person.patientId,
            await resolveOne(person),
          ]),
        ),
      );
    },
    async findPatients(reading, fullscriptPatientIds, sweptAt) {
      const { scope, freshness } = reading;
      const stored = await store.patients.findMany(
        fullscriptPatientIds.map((id) => ({ clinicKey: scope.clinicKey, id })),
      );
      const findOne = async (id: string): Promise<StoredFullscriptPatient | FullscriptFailure> => {
        const copy = stored.get(toRowKey(scope.clinicKey, id));
        const current = copy && isCurrent({ syncedAt: copy.syncedAt, sweptAt }, now(), settings.freshForSeconds);
        if (copy && (current || freshness === 'STORED')) return copy;
        if (copy && freshness === 'STALE_WHILE_REVALIDATE') {
          fetchPatient(reading, id, null).catch((error: unknown) => {
            const kind = error instanceof FullscriptFailure ? error.kind : 'bug';
            log.warn({ requestId: reading.requestId, kind }, 'a patient could not be refreshed behind the answer');
          });
          return copy;
        }
        try {
          const fetched = await fetchPatient(reading, id, reading.signal);
          return (
            fetched ??
            new FullscriptFailure('not_found', 'Fullscript does not know this patient any more', { status: 404 })
          );
        } catch (error) {
          if (error instanceof FullscriptFailure) return error;
          throw error;
        }
      };
      return new Map(
        await Promise.all(
          fullscriptPatientIds.map(async (id): Promise<[string, StoredFullscriptPatient | FullscriptFailure]> => [
            id,
            await findOne(id),
          ]),
        ),
      );
    },
  };
}
