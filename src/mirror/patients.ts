import { FullscriptFailure } from '../domain/errors.ts';
import { isCurrent } from '../domain/freshness.ts';
import { toComparableEmail, toComparableName } from '../domain/identity.ts';
import { toMetadataId } from '../domain/metadata.ts';
import type { Demographics, FullscriptPatient, LinkMethod } from '../domain/patient.ts';
import type { Call } from '../fullscript/call.ts';
import { toHash, toRowKey } from '../store/keys.ts';
import type { Match } from '../store/matches.ts';
import type { StoredPatientLink } from '../store/patient-links.ts';
import type { StoredFullscriptPatient } from '../store/patients.ts';
import { toSharedCall, type MirrorNeeds } from './needs.ts';
import { createJudge, type Judge } from './judge-people.ts';
import { createOnce, createPersonSearch, type JudgedCandidate, type Look, type Person } from './person-search.ts';
import type { ClinicScope, Reading } from './scope.ts';

/** Who an EMR patient is at one Fullscript clinic. */
export type Resolution =
  /** `linkedNow` when this very look made the link. */
  | { kind: 'linked'; link: StoredPatientLink; linkedNow: boolean }
  | { kind: 'nobody' }
  /** Somebody shares the e-mail address, but nobody unmistakable: a human must choose. */
  | { kind: 'doubtful' };

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
  /** Says whom people would be linked to, and links and remembers nothing. */
  judge: Judge;
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
  const personSearch = createPersonSearch(needs);

  /** What concerns several people, such as relatives, is asked once by all who look for them through this, and by all requests at the same time. */
  function toSharedLook(reading: Omit<Reading, 'freshness'>): Look {
    const { scope, requestId } = reading;
    return {
      scope,
      // With a deadline of its own, since others wait for it too.
      call: toSharedCall(needs, scope.accountId, requestId),
      once: createOnce((what, ask) => flights.run(`${scope.clinicKey}:${what}`, scope.accountId, null, ask)),
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
      // Also when it stands there already: the clearing of a link that was ended a moment ago may still be under way.
      metadataId: toMetadataId(scope.organizationId, request.patientId),
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
  async function decide(look: Look, person: Person): Promise<Resolution> {
    const finding = await personSearch.find(look, person);
    if (finding.kind === 'match')
      return await linkFound(look.scope, person.patientId, finding.candidate.patient, finding.method);
    return { kind: finding.kind };
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
  function searchTogether(
    { scope, signal }: Omit<Reading, 'freshness'>,
    look: Look,
    person: Person,
  ): Promise<Resolution> {
    return flights.run(toPersonKey(scope, 'match', person), scope.accountId, signal, () => searchNow(look, person));
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
    return await personSearch.compare(look.scope, person, await personSearch.findAllPossible(look, person));
  }

  return {
    search({ scope, requestId, signal }, person) {
      const call: Call = { accountId: scope.accountId, priority: 'interactive', requestId, signal };
      return searchNow({ scope, call, once: (_, ask) => ask() }, person);
    },
    judge: createJudge(personSearch),
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

      const look = toSharedLook(reading);
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
          return await searchTogether(reading, look, person);
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
        const current =
          copy &&
          isCurrent({ syncedAt: copy.doubtful ? null : copy.syncedAt, sweptAt }, now(), settings.freshForSeconds);
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
