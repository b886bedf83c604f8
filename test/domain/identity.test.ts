import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  comparePeople,
  decideByMetadata,
  decideMatch,
  toComparableEmail,
  toComparableName,
  type Candidate,
} from '../../src/domain/identity.ts';
import { isMetadataIdOfAnother } from '../../src/domain/metadata.ts';
import type { Demographics, FullscriptPatient } from '../../src/domain/patient.ts';

const wren: Demographics = {
  email: 'marsh.family@mail.example',
  firstName: 'Wren',
  lastName: 'Marsh',
  dateOfBirth: '2017-09-21',
};

let made = 0;
function buildPatient(overrides: Partial<FullscriptPatient> = {}): FullscriptPatient {
  made += 1;
  return {
    id: `fs-${made}`,
    ...wren,
    gender: null,
    mobileNumber: null,
    archived: false,
    isDependent: false,
    guardianPatientId: null,
    discountPercent: 0,
    totalDiscountPercent: 0,
    metadataId: null,
    ...overrides,
  };
}

const holder = (overrides: Partial<FullscriptPatient> = {}): Candidate => ({
  patient: buildPatient(overrides),
  viaGuardian: false,
});
const dependent = (overrides: Partial<FullscriptPatient> = {}): Candidate => ({
  patient: buildPatient({ email: null, isDependent: true, guardianPatientId: 'fs-guardian', ...overrides }),
  viaGuardian: true,
});
const nobodyTaken: ReadonlySet<string> = new Set();

describe('Names are the same', () => {
  it.each([
    ['in another case', 'ZOË', 'zoë'],
    ['without diacritics', 'José Núñez', 'Jose Nunez'],
    ['composed or decomposed', 'Siân', 'Sia\u0302n'],
    ['with or without a hyphen', 'Anne-Marie', 'AnneMarie'],
    ['with another dash', 'Anne‐Marie', 'Anne–Marie'],
    ['with or without an apostrophe', "O'Riordan", 'ORiordan'],
    ['with a typographic apostrophe', "O'Riordan", 'O’Riordan'],
    ['with an acute accent for an apostrophe', "O'Riordan", 'O´Riordan'],
    ['with blanks around and between', '  Mary   Ann ', 'Mary Ann'],
    ['with a no-break space', 'Mary\u00a0Ann', 'Mary Ann'],
    ['in full-width letters', 'Ｍｉｒａ', 'Mira'],
    ['with a ligature', 'Eﬃe', 'Effie'],
    ['with ß or ss', 'Groß', 'GROSS'],
    ['with a capital ẞ', 'GROẞ', 'groß'],
    ['with a Turkish dotted İ', 'İpek', 'ipek'],
    ['with or without the points of Hebrew', 'שָׂרָה', 'שרה'],
    ['with or without the vowels of Arabic', 'مُحَمَّد', 'محمد'],
    ['with or without Vietnamese tones', 'Nguyễn', 'Nguyen'],
    ['with a final sigma, in front of a hyphen', 'Νίκος-Άρης', 'ΝικοσΑρης'],
  ])('%s', (_, one, other) => {
    expect(toComparableName(one)).toBe(toComparableName(other));
    expect(toComparableName(one)).not.toBe('');
  });

  it.each([
    ['twins', 'Karl', 'Karla'],
    ['siblings', 'Tolu', 'Temi'],
    ['a space and none', 'Mary Ann', 'Maryann'],
    ['another script', '明', 'Ming'],
    // A vowel sign is a letter of its own, though Unicode calls it a mark.
    ['names that differ in an Indic vowel sign', 'राम', 'रमा'],
    ['names that differ in a virama', 'करण', 'कर्ण'],
    ['names that differ in a Thai tone', 'ปา', 'ป้า'],
    ['names that differ in a Thai vowel', 'นา', 'นี'],
    ['names that differ in a voicing mark', 'かき', 'がき'],
  ])('never for %s', (_, one, other) => {
    expect(toComparableName(one)).not.toBe(toComparableName(other));
  });

  it('whatever is compared is compared the same a second time', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        const once = toComparableName(name);
        expect(toComparableName(once)).toBe(once);
        expect(toComparableName(name.toUpperCase())).toBe(toComparableName(name.toLowerCase().toUpperCase()));
      }),
    );
  });

  it('e-mail addresses are compared in any case and trimmed, and in nothing else', () => {
    expect(toComparableEmail(' Mira.Okoye@Mail.Example ')).toBe('mira.okoye@mail.example');
    expect(toComparableEmail('mira.okoye@mail.example')).not.toBe(toComparableEmail('miraokoye@mail.example'));
    expect(toComparableEmail(null)).toBe('');
  });
});

describe('An unmistakable match', () => {
  const cases: [name: string, person: Partial<Demographics>, candidates: Candidate[], matches: boolean][] = [
    ['same e-mail, first name and birth date', {}, [holder()], true],
    ['the same with another last name', { lastName: 'Marsh-Hill' }, [holder()], true],
    ['the e-mail in another case', { email: ' MARSH.family@mail.example' }, [holder()], true],
    ['our birth date missing, same last name', { dateOfBirth: null }, [holder()], true],
    ['their birth date missing, same last name', {}, [holder({ dateOfBirth: null })], true],
    ['both birth dates missing, same last name', { dateOfBirth: null }, [holder({ dateOfBirth: null })], true],
    ['a birth date missing, another last name', { dateOfBirth: null, lastName: 'Hill' }, [holder()], false],
    ['a birth date missing, no last name', { dateOfBirth: null, lastName: null }, [holder({ lastName: null })], false],
    ['different birth dates', { dateOfBirth: '2017-09-22' }, [holder()], false],
    ['another first name: a family that shares the address', { firstName: 'Oscar' }, [holder()], false],
    ['no first name on either side', { firstName: '' }, [holder({ firstName: '  ' })], false],
    ['another e-mail', {}, [holder({ email: 'wren@mail.example' })], false],
    ['no e-mail on either side', { email: null }, [holder({ email: null })], false],
    ['an archived patient', {}, [holder({ archived: true })], true],
    ['a dependent with all three the same', {}, [dependent()], true],
    ['a dependent with another last name', { lastName: 'Hill' }, [dependent()], false],
    ['a dependent whose birth date is missing there', {}, [dependent({ dateOfBirth: null })], false],
    ['a dependent whose birth date is missing here', { dateOfBirth: null }, [dependent()], false],
    ['a dependent with another address of their own', {}, [dependent({ email: 'wren@mail.example' })], false],
    ['the right twin of two dependents', {}, [dependent({ firstName: 'Tolu' }), dependent()], true],
    ['two twins who are written alike', {}, [dependent(), dependent()], false],
    ['the holder and a dependent who are written alike', {}, [holder(), dependent()], false],
    [
      'parent and child of one name, our birth date missing',
      { dateOfBirth: null },
      [holder({ dateOfBirth: '1984-02-03' }), dependent()],
      false,
    ],
    [
      'parent and child of one name, both theirs missing',
      {},
      [holder({ dateOfBirth: null }), dependent({ dateOfBirth: null })],
      false,
    ],
    [
      'parent and child of one name, the child excluded by the birth date',
      { dateOfBirth: '1984-02-03' },
      [holder({ dateOfBirth: null }), dependent()],
      true,
    ],
    [
      'parent and child of one name, the parent sure by the birth date',
      { dateOfBirth: '1984-02-03' },
      [holder({ dateOfBirth: '1984-02-03' }), dependent({ dateOfBirth: null })],
      true,
    ],
    [
      'parent and child of one first name, but another last name',
      { dateOfBirth: null },
      [holder({ dateOfBirth: '1984-02-03' }), dependent({ lastName: 'Hill' })],
      true,
    ],
    [
      'the guardian beside the child',
      {},
      [holder({ firstName: 'Helen', dateOfBirth: '1983-02-11' }), dependent()],
      true,
    ],
  ];

  it.each(cases)('%s', (_, person, candidates, matches) => {
    const decision = decideMatch({ ...wren, ...person }, candidates, nobodyTaken);
    expect(decision.kind).toBe(matches ? 'match' : 'doubtful');
  });

  it('is nobody only when there is no candidate at all', () => {
    expect(decideMatch(wren, [], nobodyTaken)).toEqual({ kind: 'nobody' });
  });

  it('is not somebody who belongs to another patient', () => {
    const candidate = holder();
    expect(decideMatch(wren, [candidate], new Set([candidate.patient.id])).kind).toBe('doubtful');
    expect(decideMatch(wren, [candidate], new Set(['fs-other'])).kind).toBe('match');
  });

  it('never depends on the order of the candidates, never joins different birth dates, and always has the same first name', () => {
    const anyCandidate = fc
      .record({
        email: fc.constantFrom('marsh.family@mail.example', 'other@mail.example', null),
        firstName: fc.constantFrom('Wren', 'WREN', 'Oscar', null),
        lastName: fc.constantFrom('Marsh', 'Hill', null),
        dateOfBirth: fc.constantFrom('2017-09-21', '2014-06-05', null),
        viaGuardian: fc.boolean(),
      })
      .map(({ viaGuardian, ...person }) => (viaGuardian ? dependent(person) : holder(person)));
    const anyPerson = fc.record({
      email: fc.constant(wren.email),
      firstName: fc.constantFrom('Wren', 'Oscar'),
      lastName: fc.constantFrom('Marsh', 'Hill', null),
      dateOfBirth: fc.constantFrom('2017-09-21', '2014-06-05', null),
    });
    const shuffled = fc
      .array(anyCandidate, { maxLength: 5 })
      .chain((candidates) =>
        fc.tuple(
          fc.constant(candidates),
          fc.shuffledSubarray(candidates, { minLength: candidates.length, maxLength: candidates.length }),
        ),
      );
    fc.assert(
      fc.property(anyPerson, shuffled, (person, [candidates, otherOrder]) => {
        const decision = decideMatch(person, candidates, nobodyTaken);
        expect(decideMatch(person, otherOrder, nobodyTaken)).toEqual(decision);
        if (decision.kind !== 'match') return;
        const { patient } = decision;
        expect(toComparableName(patient.firstName)).toBe(toComparableName(person.firstName));
        expect([patient.dateOfBirth, null]).toContain(person.dateOfBirth === null ? null : patient.dateOfBirth);
        if (person.dateOfBirth && patient.dateOfBirth) expect(patient.dateOfBirth).toBe(person.dateOfBirth);
        else expect(toComparableName(patient.lastName)).toBe(toComparableName(person.lastName));
      }),
      { numRuns: 500 },
    );
  });
});

describe('Our own id in the metadata', () => {
  it.each<[string, string | null, string | null, string]>([
    ['suffices with the same birth date', '2017-09-21', '2017-09-21', 'match'],
    ['suffices where a birth date is missing', null, '2017-09-21', 'match'],
    ['does not suffice when both birth dates are there and differ', '2017-09-21', '2014-06-05', 'doubtful'],
  ])('%s', (_, ours, theirs, kind) => {
    const patient = buildPatient({ firstName: 'Somebody', email: null, dateOfBirth: theirs });
    expect(decideByMetadata({ dateOfBirth: ours }, [patient], nobodyTaken).kind).toBe(kind);
  });

  it('on two patients decides nothing', () => {
    expect(decideByMetadata(wren, [buildPatient(), buildPatient()], nobodyTaken).kind).toBe('doubtful');
  });

  it('on somebody who belongs to another patient decides nothing', () => {
    const patient = buildPatient();
    expect(decideByMetadata(wren, [patient], new Set([patient.id])).kind).toBe('doubtful');
  });

  it.each<[string, string | null, boolean]>([
    ['our own', 'org:p-7', false],
    ['one of another patient of ours', 'org:p-8', true],
    ['one of another organization', 'org-2:p-8', false],
    ['one of another integrator', 'EHR-7781', false],
    ['a hash, which tells nobody whose it is', `h:${'0'.repeat(40)}`, false],
    ['none', null, false],
  ])('tells whose a patient is: %s', (_, metadataId, isAnother) => {
    expect(isMetadataIdOfAnother(metadataId, 'org', 'p-7')).toBe(isAnother);
  });
});

describe('What agrees and what differs', () => {
  it('names each field that both sides have, after the same comparison as matching', () => {
    const patient = buildPatient({
      email: 'Marsh.Family@mail.example',
      firstName: 'WREN',
      lastName: 'Hill',
      dateOfBirth: null,
      metadataId: 'org:p-7',
    });
    expect(comparePeople(wren, patient, 'org:p-7')).toEqual({
      agrees: ['email', 'firstName', 'metadata'],
      differs: ['lastName'],
    });
    expect(comparePeople(wren, { ...patient, metadataId: 'someone-else' }, 'org:p-7').differs).toContain('metadata');
    expect(comparePeople(wren, { ...patient, metadataId: null }, 'org:p-7').agrees).not.toContain('metadata');
  });
});
