import type { Demographics, FullscriptPatient } from './patient.ts';

const apostrophes = /['’‘ʼʻ´`′＇]/gu;

/**
 * Diacritics, dashes, and what cannot be seen. A mark is not always a diacritic: the vowel signs, viramas and tone marks of Indic and Thai scripts
 * tell one name from another, and so does the voicing mark of a kana. So only marks count that belong to no script, and the points of Hebrew.
 */
const dropped =
  /(?![\u3099\u309a])(?=\p{Diacritic})(?=[\p{Script=Inherited}\p{Script=Hebrew}])\p{M}|\p{Pd}|\p{Default_Ignorable_Code_Point}/gu;

/**
 * The form in which names are compared: Unicode NFKC, case folded, trimmed, runs of spaces made one, without diacritics, hyphens
 * and apostrophes. Empty when there is nothing to compare.
 */
export function toComparableName(name: string | null | undefined): string {
  return (
    (name ?? '')
      .replaceAll(apostrophes, '')
      .normalize('NFKC')
      .replaceAll(apostrophes, '')
      // One after the other folds what either alone leaves apart: ẞ, ß and ss, the two small sigmas.
      .toLowerCase()
      .toUpperCase()
      .normalize('NFD')
      .replaceAll(dropped, '')
      .replaceAll(/\s+/gu, ' ')
      .trim()
  );
}

/** The form in which e-mail addresses are compared: trimmed, any case. Empty when there is none. */
export function toComparableEmail(email: string | null | undefined): string {
  return (email ?? '').trim().normalize('NFKC').toLowerCase();
}

/** How a Fullscript patient was found among those who might be the EMR's patient. */
export interface Candidate {
  patient: FullscriptPatient;
  /** A dependent without an address of its own, found under the guardian who has the EMR patient's. */
  viaGuardian: boolean;
}

function sameName(a: string | null, b: string | null): boolean {
  const comparable = toComparableName(a);
  return comparable !== '' && comparable === toComparableName(b);
}

/** True when both birth dates are there and differ: then it is never the same person. */
export function birthDatesDiffer(
  a: Pick<Demographics, 'dateOfBirth'>,
  b: Pick<FullscriptPatient, 'dateOfBirth'>,
): boolean {
  return Boolean(a.dateOfBirth && b.dateOfBirth && a.dateOfBirth !== b.dateOfBirth);
}

/**
 * Whether a candidate is beyond doubt the EMR's patient: same e-mail, same first name, and either both birth dates there and
 * equal, or one of them missing and the same last name. A dependent found under the guardian with that e-mail needs first name,
 * last name and birth date, all there and equal.
 */
export function isUnmistakable(person: Demographics, candidate: Candidate): boolean {
  const { patient, viaGuardian } = candidate;
  const sameBirthDate = Boolean(person.dateOfBirth && person.dateOfBirth === patient.dateOfBirth);
  if (!sameName(person.firstName, patient.firstName)) return false;
  if (viaGuardian) return !patient.email?.trim() && sameName(person.lastName, patient.lastName) && sameBirthDate;
  const email = toComparableEmail(person.email);
  if (email === '' || email !== toComparableEmail(patient.email)) return false;
  if (person.dateOfBirth && patient.dateOfBirth) return sameBirthDate;
  return sameName(person.lastName, patient.lastName);
}

/** What the evidence allows. */
export type MatchDecision = { kind: 'match'; patient: FullscriptPatient } | { kind: 'doubtful' } | { kind: 'nobody' };

/** Whether a candidate of the same name could be the person as well: nothing tells them apart, though too little is known to be sure. */
function isNamesake(person: Demographics, { patient }: Candidate): boolean {
  return (
    sameName(person.firstName, patient.firstName) &&
    sameName(person.lastName, patient.lastName) &&
    !birthDatesDiffer(person, patient)
  );
}

/**
 * Decides by e-mail and identity: exactly one unmistakable candidate who is free is a match, any other candidate makes it doubtful
 * (a human chooses), no candidate at all means nobody. A match by name alone, where a birth date is missing, does not stand beside a namesake, such
 * as a parent and a child who are called the same. `taken` holds the Fullscript ids that belong to other EMR patients. The order of the
 * candidates never matters.
 */
export function decideMatch(
  person: Demographics,
  candidates: readonly Candidate[],
  taken: ReadonlySet<string>,
): MatchDecision {
  if (candidates.length === 0) return { kind: 'nobody' };
  const certain = candidates.filter((candidate) => isUnmistakable(person, candidate));
  const [only] = certain;
  if (certain.length !== 1 || !only || taken.has(only.patient.id)) return { kind: 'doubtful' };
  const byBirthDate = Boolean(person.dateOfBirth && only.patient.dateOfBirth);
  const isAmbiguous =
    !byBirthDate && candidates.some((candidate) => candidate !== only && isNamesake(person, candidate));
  return isAmbiguous ? { kind: 'doubtful' } : { kind: 'match', patient: only.patient };
}

/**
 * Decides by our own id in Fullscript's metadata: it suffices for a link unless both birth dates are there and differ, or the patient belongs to
 * another EMR patient already (`taken`, Fullscript ids).
 */
export function decideByMetadata(
  person: Pick<Demographics, 'dateOfBirth'>,
  holders: readonly FullscriptPatient[],
  taken: ReadonlySet<string>,
): MatchDecision {
  const [only] = holders;
  if (!only) return { kind: 'nobody' };
  if (holders.length > 1 || taken.has(only.id) || birthDatesDiffer(person, only)) return { kind: 'doubtful' };
  return { kind: 'match', patient: only };
}

/** The fields a human compares when choosing. */
export type ComparedField = 'email' | 'firstName' | 'lastName' | 'dateOfBirth' | 'metadata';

/** Which fields agree and which differ; a field that either side lacks is in neither list. */
export function comparePeople(
  person: Demographics,
  patient: FullscriptPatient,
  ourMetadataId: string,
): { agrees: ComparedField[]; differs: ComparedField[] } {
  const agrees: ComparedField[] = [];
  const differs: ComparedField[] = [];
  const put = (field: ComparedField, ours: string, theirs: string): void => {
    if (ours !== '' && theirs !== '') (ours === theirs ? agrees : differs).push(field);
  };
  put('email', toComparableEmail(person.email), toComparableEmail(patient.email));
  put('firstName', toComparableName(person.firstName), toComparableName(patient.firstName));
  put('lastName', toComparableName(person.lastName), toComparableName(patient.lastName));
  put('dateOfBirth', person.dateOfBirth ?? '', patient.dateOfBirth ?? '');
  put('metadata', ourMetadataId, patient.metadataId ?? '');
  return { agrees, differs };
}
