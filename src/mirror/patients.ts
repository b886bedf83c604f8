import { FullscriptFailure } from '../domain/errors.ts';
import { isCurrent } from '../domain/freshness.ts';
import {
  comparePeople,
  decideByMetadata,
  decideMatch,
  isUnmistakable,
  toComparableEmail,
  toComparableName,
  type Candidate,
  type ComparedField,
  type PairKnowledge,
} from '../domain/identity.ts';
import { toMetadataId } from '../domain/metadata.ts';
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
  /** Everybody who could be this person, best first. Throws FullscriptFailure. */
  findCandidates(reading: Omit<Reading, 'freshness'>, person: Person): Promise<JudgedCandidate[]>;
  /** The stored copies of Fullscript patients, fetched where missing and refreshed behind where old. */
  findPatients(
    reading: Reading,
    fullscriptPatientIds: readonly string[],
    sweptAt: string | null,
  ): Promise<Map<string, StoredFullscriptPatient | FullscriptFailure>>;
  /** Fetches one patient and stores it; null when Fullscript does not know it. Throws FullscriptFailure. */
  refreshPatient(scope: ClinicScope, fullscriptPatientId: string, call: Call): Promise<StoredFullscriptPatient | null>;
  /** Links what was found, stores the copy and queues our id for Fullscript's metadata. */
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

  async function getPatients(look: Look, rows: readonly FullscriptPatient[]): Promise<FullscriptPatient[]> {
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

  /**
   * Everybody who has the address, and the dependents under them that have none of their own. Dependents are left out where `person` is one of the
   * holders down to the birth date, because then none of them can be.
   */
  async function findByEmail(look: Look, email: string, person: Demographics | null): Promise<Candidate[]> {
    const { call } = look;
    const rows = await once(look, `search ${toComparableEmail(email)}`, () =>
      fullscript.patients.searchAll(call, email),
    );
    const holders = await getPatients(
      look,
      rows.filter((row) => toComparableEmail(row.email) === toComparableEmail(email)),
    );
    const certain =
      person !== null &&
      holders.some(
        (holder) => holder.dateOfBirth !== null && isUnmistakable(person, { patient: holder, viaGuardian: false }),
      );
    const guardians = certain ? [] : holders.filter((holder) => !holder.isDependent);
    const dependents = await Promise.all(
      guardians.map(
        async ({ id }) =>
          await getPatients(
            look,
            await once(look, `dependents of ${id}`, () => fullscript.patients.dependents(call, id)),
          ),
      ),
    );
    const known = new Set(holders.map((holder) => holder.id));
    return [
      ...holders.map((patient) => ({ patient, viaGuardian: false })),
      ...dependents
        .flat()
        .filter((patient) => !known.has(patient.id))
        .map((patient) => ({ patient, viaGuardian: true })),
    ];
  }

  async function findKnowledge(
    scope: ClinicScope,
    patientId: string,
    patients: readonly FullscriptPatient[],
  ): Promise<PairKnowledge> {
    const links = await store.patientLinks.findLinksByFullscriptIds(
      patients.map((patient) => ({ clinicKey: scope.clinicKey, id: patient.id })),
    );
    const refused = await store.patientLinks.findRefused(scope.clinicKey, [patientId]);
    return {
      linkedTo: new Map(
        [...links.values()]
          .filter((link) => link.patientId !== patientId)
          .map((link) => [link.fullscriptPatientId, link.patientId]),
      ),
      refused: refused.get(patientId) ?? new Set(),
    };
  }

  async function link(
    scope: ClinicScope,
    request: Parameters<PatientMirror['link']>[1],
  ): ReturnType<PatientMirror['link']> {
    const at = now().toISOString();
    const outcome = await store.patientLinks.link({
      organizationId: scope.organizationId,
      clinicId: scope.clinicId,
      patientId: request.patientId,
      fullscriptPatientId: request.patient.id,
      method: request.method,
      linkedAt: at,
      linkedBy: request.linkedBy,
      replace: request.replace ?? false,
    });
    if (outcome.kind !== 'linked') return outcome;
    await store.patients.upsertMany(scope, [request.patient], at);
    await store.matches.forgetPatient(scope.clinicKey, request.patientId);
    const metadataId = toMetadataId(scope.organizationId, request.patientId);
    if (outcome.replaced && outcome.replaced.fullscriptPatientId !== request.patient.id) {
      await putMetadata(scope, outcome.replaced.fullscriptPatientId, null, at);
    }
    if (request.patient.metadataId !== metadataId) await putMetadata(scope, request.patient.id, metadataId, at);
    return outcome;
  }

  async function putMetadata(
    scope: ClinicScope,
    fullscriptId: string,
    value: string | null,
    runAt: string,
  ): Promise<void> {
    await store.metadataTasks.put({
      organizationId: scope.organizationId,
      clinicId: scope.clinicId,
      kind: 'patient',
      fullscriptId,
      value,
      runAt,
    });
    onMetadataTask();
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

  async function searchNow(look: Look, person: Person): Promise<Resolution> {
    const { scope } = look;
    const holders = await findMetadataHolders(look, person.patientId);
    const byMetadata = decideByMetadata(
      person.demographics,
      holders,
      await findKnowledge(scope, person.patientId, holders),
    );
    if (byMetadata.kind === 'match') return await linkFound(scope, person.patientId, byMetadata.patient, 'METADATA');

    const email = (person.demographics.email ?? '').trim();
    const candidates = email === '' ? [] : await findByEmail(look, email, person.demographics);
    const byEmail = decideMatch(
      person.demographics,
      candidates,
      await findKnowledge(
        scope,
        person.patientId,
        candidates.map((candidate) => candidate.patient),
      ),
    );
    if (byMetadata.kind === 'nobody' && byEmail.kind === 'match') {
      return await linkFound(scope, person.patientId, byEmail.patient, 'EMAIL_AND_IDENTITY');
    }
    const outcome = byMetadata.kind === 'nobody' && byEmail.kind === 'nobody' ? 'NOT_CONNECTED' : 'MATCH_REQUIRED';
    await store.matches.remember({
      organizationId: scope.organizationId,
      clinicId: scope.clinicId,
      patientId: person.patientId,
      outcome,
      demographicsHash: toDemographicsHash(person.demographics),
      decidedAt: now().toISOString(),
    });
    return outcome === 'NOT_CONNECTED' ? { kind: 'nobody' } : { kind: 'doubtful' };
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
    put(await findMetadataHolders(look, person.patientId));
    if ((email ?? '').trim() !== '') {
      put((await findByEmail(look, (email ?? '').trim(), null)).map((candidate) => candidate.patient));
    } else if (lastName) {
      const rows = await fullscript.patients.searchAll(call, lastName);
      const sameName = (a: string | null, b: string | null): boolean => toComparableName(a) === toComparableName(b);
      const namesakes = rows.filter((row) => sameName(row.lastName, lastName) && sameName(row.firstName, firstName));
      put(await getPatients(look, namesakes));
    }
    const patients = [...found.values()];
    const { linkedTo } = await findKnowledge(scope, person.patientId, patients);
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
