import { FullscriptFailure } from '../domain/errors.ts';
import { toComparableEmail, toComparableName } from '../domain/identity.ts';
import { toMetadataId } from '../domain/metadata.ts';
import type { Demographics, FullscriptPatient, LinkMethod } from '../domain/patient.ts';
import type { Call } from '../fullscript/call.ts';
import { toHash } from '../store/keys.ts';
import type { Match } from '../store/matches.ts';
import type { StoredPatientLink } from '../store/patient-links.ts';
import { toSharedCall, type MirrorNeeds } from './needs.ts';
import { createJudge, type Judge } from './judge-people.ts';
import { createPatientCopies, type PatientCopies } from './patient-copies.ts';
import { createOnce, createPersonSearch, type JudgedCandidate, type Look, type Person } from './person-search.ts';
import type { ClinicScope, Reading } from './scope.ts';

/** Who an EMR patient is at one Fullscript clinic. */
export type Resolution =
  /** `linkedNow` when this very look made the link. */
  | { kind: 'linked'; link: StoredPatientLink; linkedNow: boolean }
  | { kind: 'nobody' }
  /** Somebody shares the e-mail address, but nobody unmistakable: a human must choose. */
  | { kind: 'doubtful' };

/** Who EMR patients are at Fullscript, and the copies of those. */
export interface PatientMirror extends PatientCopies {
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
  /** Links what was found, queues our id for Fullscript's metadata in the same step, and stores the copy. */
  link(
    scope: ClinicScope,
    request: {
      patientId: string;
      patient: FullscriptPatient;
      /**
       * When Fullscript was asked for `patient`, at the latest; null when that is not the whole patient, so that it is read again before it counts as
       * current.
       */
      readAt: string | null;
      method: LinkMethod;
      linkedBy: string | null;
      /** A person decided: replaces an existing link and takes a refusal back. */
      replace?: boolean;
    },
  ): ReturnType<MirrorNeeds['store']['patientLinks']['link']>;
}

/** Stands for the time of a read that did not take place: whatever is read takes the place of such a copy. */
const neverRead = '1970-01-01T00:00:00.000Z';

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
  const { store, flights, settings, now } = needs;
  const personSearch = createPersonSearch(needs);

  /** What concerns several people, such as relatives, is asked once by all who look for them through this, and by all requests at the same time. */
  function toSharedLook(reading: Omit<Reading, 'freshness'>): Look {
    const { scope, requestId } = reading;
    return {
      scope,
      // With a deadline of its own, since others wait for it too.
      call: toSharedCall(needs, scope.accountId, requestId, { reader: reading.signal }),
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
    await store.patients.upsertMany(scope, [request.patient], request.readAt ?? neverRead);
    if (request.readAt === null) await store.patients.doubt({ clinicKey: scope.clinicKey, id: request.patient.id });
    // Fullscript sends no event for a patient that we made, and relatives with the same address are not unknown any more.
    if (request.method === 'CREATED') await store.matches.forgetClinic(scope.clinicKey);
    return outcome;
  }

  async function linkFound(
    scope: ClinicScope,
    patientId: string,
    found: { patient: FullscriptPatient; readAt: string },
    method: LinkMethod,
  ): Promise<Resolution> {
    const outcome = await link(scope, { patientId, ...found, method, linkedBy: null });
    if (outcome.kind === 'linked') return { kind: 'linked', link: outcome.link, linkedNow: outcome.created };
    // Somebody else linked this EMR patient a moment ago: theirs holds.
    if (outcome.kind === 'other') return { kind: 'linked', link: outcome.link, linkedNow: false };
    return { kind: 'doubtful' };
  }

  /** Decides without a link that is stored already; a match is linked. */
  async function decide(look: Look, person: Person, readAt: string): Promise<Resolution> {
    const finding = await personSearch.find(look, person);
    if (finding.kind === 'match') {
      const { patient } = finding.candidate;
      return await linkFound(look.scope, person.patientId, { patient, readAt }, finding.method);
    }
    return { kind: finding.kind };
  }

  /** `sharedMs` is how long before this search an answer that it shares with others may have been asked for. */
  async function searchNow(look: Look, person: Person, sharedMs: number): Promise<Resolution> {
    const { organizationId, clinicId } = look.scope;
    const at = now();
    const search = { organizationId, clinicId, patientId: person.patientId, beganAt: at.toISOString() };
    await store.matches.begin(search);
    const resolution = await decide(look, person, new Date(at.getTime() - sharedMs).toISOString());
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
    return flights.run(toPersonKey(scope, 'match', person), scope.accountId, signal, () =>
      searchNow(look, person, settings.deadlineMs),
    );
  }

  function isRemembered(match: Match | undefined, person: Person): match is Match {
    if (!match || match.demographicsHash !== toDemographicsHash(person.demographics)) return false;
    return now().getTime() - Date.parse(match.decidedAt) < settings.freshForSeconds * 1000;
  }

  async function findCandidatesNow(look: Look, person: Person): Promise<JudgedCandidate[]> {
    return await personSearch.compare(look.scope, person, await personSearch.findAllPossible(look, person));
  }

  return {
    search({ scope, requestId, signal }, person) {
      const call: Call = { accountId: scope.accountId, priority: 'interactive', requestId, signal };
      return searchNow({ scope, call, once: (_, ask) => ask() }, person, 0);
    },
    ...createPatientCopies(needs),
    judge: createJudge(personSearch),
    link,
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
  };
}
