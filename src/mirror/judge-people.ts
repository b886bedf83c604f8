import { FullscriptFailure } from '../domain/errors.ts';
import { isUnmistakable } from '../domain/identity.ts';
import type { Call } from '../fullscript/call.ts';
import { toChunks } from '../store/conditions.ts';
import {
  createOnce,
  type Finding,
  type JudgedCandidate,
  type Look,
  type Person,
  type PersonSearch,
} from './person-search.ts';
import type { ClinicScope } from './scope.ts';

/** Whom somebody would be linked to, if anybody. */
export type Judgement =
  | Extract<Finding, { kind: 'match' | 'nobody' }>
  | {
      kind: 'doubtful';
      candidates: JudgedCandidate[];
      /** Others of the people judged together, for whom the one candidate is unmistakable as well. */
      rivalPatientIds: string[];
    };

/**
 * Says whom each of these people would be linked to, who have no stored link, and links and remembers nothing. Those who share an address must come
 * together: a candidate who is unmistakable for two of them is doubtful for both, in whatever order they come, and what concerns all of them is asked once.
 * `metadataIds` are those of further EMR patients that do not tell by themselves whose they are. By EMR patient id; one person's failure is theirs alone.
 */
export type Judge = (
  scope: ClinicScope,
  call: Call,
  people: readonly Person[],
  metadataIds: ReadonlySet<string>,
) => Promise<Map<string, Judgement | FullscriptFailure>>;

type Findings = ReadonlyMap<Person, Finding | FullscriptFailure>;

/** How many people of one address are looked for at a time. */
const atOnce = 10;

/** Builds the judging of people over the one search for them. */
export function createJudge(search: PersonSearch): Judge {
  async function findEach(look: Look, people: readonly Person[]): Promise<Findings> {
    const findings = new Map<Person, Finding | FullscriptFailure>();
    for (const group of toChunks(people, atOnce)) {
      await Promise.all(
        group.map(async (person) => {
          const finding = await search.find(look, person).catch((error: unknown) => {
            if (error instanceof FullscriptFailure) return error;
            throw error;
          });
          findings.set(person, finding);
        }),
      );
    }
    return findings;
  }

  async function toJudgement(
    scope: ClinicScope,
    person: Person,
    findings: Findings,
  ): Promise<Judgement | FullscriptFailure> {
    const finding = findings.get(person) ?? { kind: 'nobody' };
    if (finding instanceof Error || finding.kind === 'nobody') return finding;
    if (finding.kind === 'doubtful') {
      return {
        kind: 'doubtful',
        candidates: await search.compare(scope, person, finding.among),
        rivalPatientIds: [],
      };
    }
    const rivalPatientIds = findRivals(findings, person, finding);
    if (rivalPatientIds.length === 0) return finding;
    const candidates = await search.compare(scope, person, [finding.candidate.patient]);
    return { kind: 'doubtful', candidates, rivalPatientIds };
  }

  return async (scope, call, people, metadataIds) => {
    const findings = await findEach({ scope, call, once: createOnce(), metadataIds }, people);
    const judged = new Map<string, Judgement | FullscriptFailure>();
    for (const person of people) judged.set(person.patientId, await toJudgement(scope, person, findings));
    return judged;
  };
}

/**
 * The others for whom a match by address and names is as unmistakable, also when their own search failed; but not those who are known by better evidence.
 */
function findRivals(
  findings: Findings,
  person: Person,
  { candidate, method }: Extract<Finding, { kind: 'match' }>,
): string[] {
  if (method === 'METADATA') return [];
  return [...findings]
    .filter(([other, theirs]) => {
      const isKnown = !(theirs instanceof Error) && theirs.kind === 'match' && theirs.method === 'METADATA';
      return other !== person && !isKnown && isUnmistakable(other.demographics, candidate);
    })
    .map(([other]) => other.patientId)
    .sort();
}
