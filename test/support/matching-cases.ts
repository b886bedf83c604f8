import type { ComparedField } from '../../src/domain/identity.ts';
import type { LinkMethod } from '../../src/domain/patient.ts';

/** A record as somebody wrote it down: first name, last name, birth date, e-mail address. */
type Written = readonly [
  firstName: string | null,
  lastName: string | null,
  dateOfBirth: string | null,
  email: string | null,
];

/** A record at Fullscript: what is written, and what is special about it. */
export interface FullscriptRecord {
  written: Written;
  /** The guardian's label, for a dependent. */
  under?: string;
  archived?: boolean;
  /** What stands in the metadata slot: the id of the EMR patient of this case, of another one, or something as it is. */
  metadata?: 'ours' | 'of another patient' | 'of another organization' | { text: string };
  /** Belongs to another clinic. */
  elsewhere?: boolean;
  /** Not there from the beginning: a step adds it. */
  later?: boolean;
}

/** What happened before the question. */
export type Step =
  | { seenAs: Status }
  | { linkedByHandTo: string }
  | { unlinked: true }
  | { removed: string }
  | { added: string }
  | { emrChanges: Partial<Record<'firstName' | 'lastName' | 'dateOfBirth' | 'email', string | null>> }
  | { secondsPass: number };

export type Status = 'CONNECTED' | 'MATCH_REQUIRED' | 'NOT_CONNECTED';

/** What `createRecommendation` must do. */
export type Recommendation =
  /** A draft for this record, which was there before. */
  | { draftFor: string }
  /** Fullscript's own page for this record, since it has no address. */
  | { pageFor: string }
  /** A draft for a new Fullscript patient. */
  | 'new patient'
  /** A person must choose; nothing is made. */
  | 'match required'
  /** The EMR's record lacks these; nothing is made. */
  | { missing: string[] }
  /** Fullscript refuses the new patient, and says why. */
  | 'rejected';

/** One row: what both sides have, what happened, and what must come of it. */
export interface MatchingCase {
  name: string;
  /** The EMR patient who is asked about. */
  emr: Written;
  /** The EMR's id of the patient, where it matters. */
  emrId?: string;
  /** Other EMR patients, linked by hand to the record named. */
  others?: Record<string, { written: Written; linkedTo: string }>;
  /** The records of the clinic, by label. */
  fullscript: Record<string, FullscriptRecord>;
  /** How many strangers with a similar address stand beside them. */
  crowd?: number;
  before?: readonly Step[];
  status: Status;
  /** The record that is linked in the end, and how it was found. */
  linked?: readonly [label: string, method: LinkMethod];
  /** `Query.fullscriptPatientCandidates`: what agrees | what differs, by label. Nobody else is a candidate. */
  candidates: Record<string, `${string}|${string}`>;
  recommendation: Recommendation;
}

/** Reads `email firstName | lastName`. */
export function readComparison(text: string): { agrees: ComparedField[]; differs: ComparedField[] } {
  const [agrees = [], differs = []] = text.split('|').map((part) => part.split(' ').filter((word) => word !== ''));
  return { agrees: agrees as ComparedField[], differs: differs as ComparedField[] };
}

const allAgree = 'email firstName lastName dateOfBirth |';
const childAgrees = 'firstName lastName dateOfBirth |';

const found = (label: string, method: LinkMethod = 'EMAIL_AND_IDENTITY') =>
  ({ status: 'CONNECTED', linked: [label, method], recommendation: { draftFor: label } }) as const;
const foundChild = (label: string) =>
  ({ status: 'CONNECTED', linked: [label, 'EMAIL_AND_IDENTITY'], recommendation: { pageFor: label } }) as const;
const doubtful = { status: 'MATCH_REQUIRED', recommendation: 'match required' } as const;
const unknown = { status: 'NOT_CONNECTED', recommendation: 'new patient' } as const;

/** Two records that differ in their writing only. */
function alike(name: string, emr: Written, there: Written): MatchingCase {
  return { name, emr, fullscript: { same: { written: there } }, ...found('same'), candidates: { same: allAgree } };
}

const evidence: MatchingCase[] = [
  {
    name: 'the same address, names and birth date',
    emr: ['Mira', 'Abara', '1988-04-17', 'mira.abara@mail.example'],
    fullscript: { mira: { written: ['Mira', 'Abara', '1988-04-17', 'mira.abara@mail.example'] } },
    ...found('mira'),
    candidates: { mira: allAgree },
  },
  {
    name: 'nobody there',
    emr: ['Hugo', 'Abelson', '1985-09-27', 'hugo.abelson@mail.example'],
    fullscript: {},
    ...unknown,
    candidates: {},
  },
  {
    name: 'the stored id decides, whatever the EMR says later',
    emr: ['Nora', 'Acker', '1971-02-02', 'nora.acker@mail.example'],
    fullscript: {
      nora: { written: ['Nora', 'Acker', '1971-02-02', 'nora.acker@mail.example'] },
      other: { written: ['Jo', 'Bloom', '1990-01-01', 'jo.acker@mail.example'], later: true },
    },
    before: [
      { seenAs: 'CONNECTED' },
      { added: 'other' },
      { emrChanges: { firstName: 'Jo', lastName: 'Bloom', dateOfBirth: '1990-01-01', email: 'jo.acker@mail.example' } },
    ],
    ...found('nora'),
    candidates: { other: allAgree },
  },
  {
    name: 'our id in the metadata suffices, whatever names and address say',
    emr: ['Ona', 'Adler', null, 'ona.adler@mail.example'],
    fullscript: { x: { written: ['Una', 'Eagle', '1988-04-17', 'una.eagle@mail.example'], metadata: 'ours' } },
    ...found('x', 'METADATA'),
    candidates: { x: 'metadata | email firstName lastName' },
  },
  {
    name: 'our id in the metadata comes before the address of somebody else',
    emr: ['Ida', 'Agnew', '1966-06-06', 'ida.agnew@mail.example'],
    fullscript: {
      marked: { written: ['Ida', 'Agnew', '1966-06-06', 'ida.old.agnew@mail.example'], metadata: 'ours' },
      namesake: { written: ['Ida', 'Agnew', '1966-06-06', 'ida.agnew@mail.example'] },
    },
    ...found('marked', 'METADATA'),
    candidates: { marked: 'firstName lastName dateOfBirth metadata | email', namesake: allAgree },
  },
  {
    name: 'our id in the metadata finds somebody without an address in the EMR',
    emr: ['Pia', 'Ahlers', '1950-01-01', null],
    fullscript: { pia: { written: ['Pia', 'Ahlers', '1950-01-01', 'pia.ahlers@mail.example'], metadata: 'ours' } },
    ...found('pia', 'METADATA'),
    candidates: { pia: 'firstName lastName dateOfBirth metadata |' },
  },
  {
    name: 'our id in the metadata of somebody with another birth date',
    emr: ['Rex', 'Aiken', '1988-04-17', 'rex.aiken@mail.example'],
    fullscript: { rex: { written: ['Rex', 'Aiken', '1988-04-18', 'rex.aiken@mail.example'], metadata: 'ours' } },
    ...doubtful,
    candidates: { rex: 'email firstName lastName metadata | dateOfBirth' },
  },
  {
    name: 'our id in the metadata of the wrong person, beside somebody unmistakable',
    emr: ['Sol', 'Akers', '1988-04-17', 'sol.akers@mail.example'],
    fullscript: {
      wrong: { written: ['Sam', 'Akers', '2010-10-10', 'sam.akers@mail.example'], metadata: 'ours' },
      right: { written: ['Sol', 'Akers', '1988-04-17', 'sol.akers@mail.example'] },
    },
    ...doubtful,
    candidates: { wrong: 'lastName metadata | email firstName dateOfBirth', right: allAgree },
  },
  {
    name: 'our id in the metadata of two',
    emr: ['Tea', 'Alden', '1988-04-17', 'tea.alden@mail.example'],
    fullscript: {
      one: { written: ['Tea', 'Alden', '1988-04-17', 'tea.alden@mail.example'], metadata: 'ours' },
      two: { written: ['Tea', 'Alden', '1988-04-17', 'tea.two.alden@mail.example'], metadata: 'ours' },
    },
    ...doubtful,
    candidates: {
      one: 'email firstName lastName dateOfBirth metadata |',
      two: 'firstName lastName dateOfBirth metadata | email',
    },
  },
  {
    name: 'our id in the metadata of somebody who is linked to another patient',
    emr: ['Uma', 'Allen', '1988-04-17', 'uma.allen@mail.example'],
    others: { sister: { written: ['Una', 'Allen', '1988-04-17', null], linkedTo: 'una' } },
    fullscript: { una: { written: ['Una', 'Allen', '1988-04-17', 'una.allen@mail.example'], metadata: 'ours' } },
    ...doubtful,
    candidates: { una: 'lastName dateOfBirth metadata | email firstName' },
  },
  {
    name: 'a hash in the metadata, for an id that is too long',
    emrId: `p-${'x'.repeat(120)}`,
    emr: ['Vic', 'Almond', '1988-04-17', 'vic.almond@mail.example'],
    fullscript: { vic: { written: ['Vic', 'Almond', null, 'vic.other.almond@mail.example'], metadata: 'ours' } },
    ...found('vic', 'METADATA'),
    candidates: { vic: 'firstName lastName metadata | email' },
  },
  {
    name: 'a hash in the metadata, for an id that is not ASCII',
    emrId: 'p-ä-明',
    emr: ['Wil', 'Alper', '1988-04-17', 'wil.alper@mail.example'],
    fullscript: { wil: { written: ['Wil', 'Alper', null, 'wil.other.alper@mail.example'], metadata: 'ours' } },
    ...found('wil', 'METADATA'),
    candidates: { wil: 'firstName lastName metadata | email' },
  },
  {
    name: 'an id in the metadata that only begins like ours',
    emrId: 'p-77',
    emr: ['Xia', 'Amato', '1988-04-17', 'xia.amato@mail.example'],
    fullscript: {
      x: {
        written: ['Xia', 'Amato', '1988-04-17', 'xia.other.amato@mail.example'],
        metadata: { text: 'org-juniper:p-771' },
      },
    },
    ...unknown,
    candidates: {},
  },
  {
    name: 'the same patient id of another organization in the metadata of a stranger',
    emr: ['Yan', 'Ames', '1988-04-17', 'yan.ames@mail.example'],
    fullscript: {
      x: { written: ['Yan', 'Ames', '1988-04-17', 'yan.other.ames@mail.example'], metadata: 'of another organization' },
    },
    ...unknown,
    candidates: {},
  },
  {
    name: 'the id of another organization does not stand in the way',
    emr: ['Zoe', 'Amos', '1988-04-17', 'zoe.amos@mail.example'],
    fullscript: {
      zoe: { written: ['Zoe', 'Amos', '1988-04-17', 'zoe.amos@mail.example'], metadata: 'of another organization' },
    },
    ...found('zoe'),
    candidates: { zoe: 'email firstName lastName dateOfBirth | metadata' },
  },
  {
    name: 'the id of another integrator does not stand in the way',
    emr: ['Abe', 'Andor', '1988-04-17', 'abe.andor@mail.example'],
    fullscript: {
      abe: { written: ['Abe', 'Andor', '1988-04-17', 'abe.andor@mail.example'], metadata: { text: 'EHR-7781' } },
    },
    ...found('abe'),
    candidates: { abe: 'email firstName lastName dateOfBirth | metadata' },
  },
  {
    name: 'the id of another patient of ours in the metadata of somebody unmistakable',
    emr: ['Bea', 'Ansel', '1988-04-17', 'bea.ansel@mail.example'],
    fullscript: {
      bea: { written: ['Bea', 'Ansel', '1988-04-17', 'bea.ansel@mail.example'], metadata: 'of another patient' },
    },
    ...doubtful,
    candidates: { bea: 'email firstName lastName dateOfBirth | metadata' },
  },
  {
    name: 'a person said who it is, though nothing agrees',
    emr: ['Cal', 'Arden', '1988-04-17', 'cal.arden@mail.example'],
    fullscript: { x: { written: ['Kai', 'Orden', '1999-09-09', 'kai.orden@mail.example'] } },
    before: [{ linkedByHandTo: 'x' }],
    ...found('x', 'MANUAL'),
    candidates: {},
  },
];

const families: MatchingCase[] = [
  {
    name: 'a sister who shares the address',
    emr: ['Ada', 'Bain', '1990-01-01', 'family.bain@mail.example'],
    fullscript: { eve: { written: ['Eve', 'Bain', '1992-02-02', 'family.bain@mail.example'] } },
    ...doubtful,
    candidates: { eve: 'email lastName | firstName dateOfBirth' },
  },
  {
    name: 'a husband and a wife who share the address, born on the same day',
    emr: ['Max', 'Baird', '1980-05-05', 'family.baird@mail.example'],
    fullscript: { mia: { written: ['Mia', 'Baird', '1980-05-05', 'family.baird@mail.example'] } },
    ...doubtful,
    candidates: { mia: 'email lastName dateOfBirth | firstName' },
  },
  {
    name: 'a child of whom only the mother is there',
    emr: ['Wren', 'Baker', '2017-09-21', 'family.baker@mail.example'],
    fullscript: { helen: { written: ['Helen', 'Baker', '1983-02-11', 'family.baker@mail.example'] } },
    ...doubtful,
    candidates: { helen: 'email lastName | firstName dateOfBirth' },
  },
  {
    name: 'a child under the mother',
    emr: ['Wren', 'Bates', '2017-09-21', 'family.bates@mail.example'],
    fullscript: {
      helen: { written: ['Helen', 'Bates', '1983-02-11', 'family.bates@mail.example'] },
      wren: { written: ['Wren', 'Bates', '2017-09-21', null], under: 'helen' },
      oscar: { written: ['Oscar', 'Bates', '2014-06-05', null], under: 'helen' },
    },
    ...foundChild('wren'),
    candidates: {
      wren: childAgrees,
      helen: 'email lastName | firstName dateOfBirth',
      oscar: 'lastName | firstName dateOfBirth',
    },
  },
  {
    name: 'the mother herself, beside her children',
    emr: ['Helen', 'Bauer', '1983-02-11', 'family.bauer@mail.example'],
    fullscript: {
      helen: { written: ['Helen', 'Bauer', '1983-02-11', 'family.bauer@mail.example'] },
      wren: { written: ['Wren', 'Bauer', '2017-09-21', null], under: 'helen' },
    },
    ...found('helen'),
    candidates: { helen: allAgree, wren: 'lastName | firstName dateOfBirth' },
  },
  {
    name: 'a child under an archived guardian',
    emr: ['Finn', 'Beale', '2015-03-03', 'family.beale@mail.example'],
    fullscript: {
      paul: { written: ['Paul', 'Beale', '1981-01-01', 'family.beale@mail.example'], archived: true },
      finn: { written: ['Finn', 'Beale', '2015-03-03', null], under: 'paul' },
    },
    ...foundChild('finn'),
    candidates: { finn: childAgrees, paul: 'email lastName | firstName dateOfBirth' },
  },
  {
    name: 'a child whose birth date Fullscript lacks',
    emr: ['Juno', 'Beck', '2016-04-04', 'family.beck@mail.example'],
    fullscript: {
      anna: { written: ['Anna', 'Beck', '1985-05-05', 'family.beck@mail.example'] },
      juno: { written: ['Juno', 'Beck', null, null], under: 'anna' },
    },
    ...doubtful,
    candidates: { juno: 'firstName lastName |', anna: 'email lastName | firstName dateOfBirth' },
  },
  {
    name: 'a child whose birth date the EMR lacks',
    emr: ['Kit', 'Bell', null, 'family.bell@mail.example'],
    fullscript: {
      anna: { written: ['Anna', 'Bell', '1985-05-05', 'family.bell@mail.example'] },
      kit: { written: ['Kit', 'Bell', '2016-04-04', null], under: 'anna' },
    },
    ...doubtful,
    candidates: { kit: 'firstName lastName |', anna: 'email lastName | firstName' },
  },
  {
    name: 'a child with another last name at Fullscript',
    emr: ['Lou', 'Benn', '2016-04-04', 'family.benn@mail.example'],
    fullscript: {
      anna: { written: ['Anna', 'Benn', '1985-05-05', 'family.benn@mail.example'] },
      lou: { written: ['Lou', 'Cole', '2016-04-04', null], under: 'anna' },
    },
    ...doubtful,
    candidates: { lou: 'firstName dateOfBirth | lastName', anna: 'email lastName | firstName dateOfBirth' },
  },
  {
    name: 'a child whose birth date is a day off',
    emr: ['Mae', 'Bento', '2016-04-04', 'family.bento@mail.example'],
    fullscript: {
      anna: { written: ['Anna', 'Bento', '1985-05-05', 'family.bento@mail.example'] },
      mae: { written: ['Mae', 'Bento', '2016-04-05', null], under: 'anna' },
    },
    ...doubtful,
    candidates: { mae: 'firstName lastName | dateOfBirth', anna: 'email lastName | firstName dateOfBirth' },
  },
  {
    name: 'a teenager under a guardian, but with an address of their own there',
    emr: ['Ned', 'Berg', '2009-04-04', 'family.berg@mail.example'],
    fullscript: {
      anna: { written: ['Anna', 'Berg', '1985-05-05', 'family.berg@mail.example'] },
      ned: { written: ['Ned', 'Berg', '2009-04-04', 'ned.berg@mail.example'], under: 'anna' },
    },
    ...doubtful,
    candidates: {
      ned: 'firstName lastName dateOfBirth | email',
      anna: 'email lastName | firstName dateOfBirth',
    },
  },
  {
    name: 'a teenager with an account of their own',
    emr: ['Ola', 'Best', '2007-04-04', 'ola.best@mail.example'],
    fullscript: {
      anna: { written: ['Anna', 'Best', '1985-05-05', 'family.best@mail.example'] },
      ola: { written: ['Ola', 'Best', '2007-04-04', 'ola.best@mail.example'] },
    },
    ...found('ola'),
    candidates: { ola: allAgree },
  },
  {
    name: 'a child who is linked to another patient of the EMR',
    emr: ['Pip', 'Biggs', '2016-04-04', 'family.biggs@mail.example'],
    others: { double: { written: ['Pip', 'Biggs', '2016-04-04', null], linkedTo: 'pip' } },
    fullscript: {
      anna: { written: ['Anna', 'Biggs', '1985-05-05', 'family.biggs@mail.example'] },
      pip: { written: ['Pip', 'Biggs', '2016-04-04', null], under: 'anna' },
    },
    ...doubtful,
    candidates: { pip: childAgrees, anna: 'email lastName | firstName dateOfBirth' },
  },
  {
    name: 'a child whose mother is linked to her own record, and who is not there',
    emr: ['Quin', 'Birch', '2016-04-04', 'family.birch@mail.example'],
    others: { mother: { written: ['Anna', 'Birch', '1985-05-05', null], linkedTo: 'anna' } },
    fullscript: { anna: { written: ['Anna', 'Birch', '1985-05-05', 'family.birch@mail.example'] } },
    ...doubtful,
    candidates: { anna: 'email lastName | firstName dateOfBirth' },
  },
  {
    name: 'twins under a guardian',
    emr: ['Temi', 'Bisset', '2012-03-08', 'family.bisset@mail.example'],
    fullscript: {
      ife: { written: ['Ife', 'Bisset', '1984-08-08', 'family.bisset@mail.example'] },
      tolu: { written: ['Tolu', 'Bisset', '2012-03-08', null], under: 'ife' },
      temi: { written: ['Temi', 'Bisset', '2012-03-08', null], under: 'ife' },
    },
    ...foundChild('temi'),
    candidates: {
      temi: childAgrees,
      tolu: 'lastName dateOfBirth | firstName',
      ife: 'email lastName | firstName dateOfBirth',
    },
  },
  {
    name: 'twins with similar first names, both there',
    emr: ['Karla', 'Black', '2012-03-08', 'family.black@mail.example'],
    fullscript: {
      ute: { written: ['Ute', 'Black', '1984-08-08', 'family.black@mail.example'] },
      karl: { written: ['Karl', 'Black', '2012-03-08', null], under: 'ute' },
      karla: { written: ['Karla', 'Black', '2012-03-08', null], under: 'ute' },
    },
    ...foundChild('karla'),
    candidates: {
      karla: childAgrees,
      karl: 'lastName dateOfBirth | firstName',
      ute: 'email lastName | firstName dateOfBirth',
    },
  },
  {
    name: 'twins with similar first names, only the other one there',
    emr: ['Karla', 'Blair', '2012-03-08', 'family.blair@mail.example'],
    fullscript: {
      ute: { written: ['Ute', 'Blair', '1984-08-08', 'family.blair@mail.example'] },
      karl: { written: ['Karl', 'Blair', '2012-03-08', null], under: 'ute' },
    },
    ...doubtful,
    candidates: {
      karl: 'lastName dateOfBirth | firstName',
      ute: 'email lastName | firstName dateOfBirth',
    },
  },
  {
    name: 'twins whose names differ in a single Indic sign',
    emr: ['कर्ण', 'Bhatt', '2012-03-08', 'family.bhatt@mail.example'],
    fullscript: { karan: { written: ['करण', 'Bhatt', '2012-03-08', 'family.bhatt@mail.example'] } },
    ...doubtful,
    candidates: { karan: 'email lastName dateOfBirth | firstName' },
  },
  {
    name: 'the son of a father with the same name',
    emr: ['John', 'Bloch', '2010-10-10', 'family.bloch@mail.example'],
    fullscript: {
      father: { written: ['John', 'Bloch', '1980-08-08', 'family.bloch@mail.example'] },
      son: { written: ['John', 'Bloch', '2010-10-10', null], under: 'father' },
    },
    ...foundChild('son'),
    candidates: { son: childAgrees, father: 'email firstName lastName | dateOfBirth' },
  },
  {
    name: 'the father of a son with the same name',
    emr: ['John', 'Blom', '1980-08-08', 'family.blom@mail.example'],
    fullscript: {
      father: { written: ['John', 'Blom', '1980-08-08', 'family.blom@mail.example'] },
      son: { written: ['John', 'Blom', '2010-10-10', null], under: 'father' },
    },
    ...found('father'),
    candidates: { father: allAgree, son: 'firstName lastName | dateOfBirth' },
  },
  {
    name: 'father or son of the same name, the EMR lacks the birth date',
    emr: ['John', 'Bloom', null, 'family.bloom@mail.example'],
    fullscript: {
      father: { written: ['John', 'Bloom', '1980-08-08', 'family.bloom@mail.example'] },
      son: { written: ['John', 'Bloom', '2010-10-10', null], under: 'father' },
    },
    ...doubtful,
    candidates: { father: 'email firstName lastName |', son: 'firstName lastName |' },
  },
  {
    name: 'father or son of the same name, Fullscript lacks both birth dates',
    emr: ['John', 'Blunt', '2010-10-10', 'family.blunt@mail.example'],
    fullscript: {
      father: { written: ['John', 'Blunt', null, 'family.blunt@mail.example'] },
      son: { written: ['John', 'Blunt', null, null], under: 'father' },
    },
    ...doubtful,
    candidates: { father: 'email firstName lastName |', son: 'firstName lastName |' },
  },
  {
    name: 'the son, while Fullscript lacks the birth date of the father of the same name',
    emr: ['John', 'Bly', '2010-10-10', 'family.bly@mail.example'],
    fullscript: {
      father: { written: ['John', 'Bly', null, 'family.bly@mail.example'] },
      son: { written: ['John', 'Bly', '2010-10-10', null], under: 'father' },
    },
    ...doubtful,
    candidates: { father: 'email firstName lastName |', son: childAgrees },
  },
  {
    name: 'junior and senior, told apart by the last name where a birth date is missing',
    emr: ['John', 'Boas Jr', '2010-10-10', 'family.boas@mail.example'],
    fullscript: { father: { written: ['John', 'Boas', null, 'family.boas@mail.example'] } },
    ...doubtful,
    candidates: { father: 'email firstName | lastName' },
  },
  {
    name: 'a guardian who was entered with the details of the child, beside the child',
    emr: ['Rae', 'Bohm', '2012-12-12', 'family.bohm@mail.example'],
    fullscript: {
      guardian: { written: ['Rae', 'Bohm', '2012-12-12', 'family.bohm@mail.example'] },
      child: { written: ['Rae', 'Bohm', '2012-12-12', null], under: 'guardian' },
    },
    ...doubtful,
    candidates: { guardian: allAgree, child: childAgrees },
  },
  {
    name: 'two who are both unmistakable',
    emr: ['Sue', 'Boyd', '1975-05-05', 'sue.boyd@mail.example'],
    fullscript: {
      one: { written: ['Sue', 'Boyd', '1975-05-05', 'sue.boyd@mail.example'] },
      two: { written: ['SUE', 'Boyd', '1975-05-05', 'Sue.Boyd@mail.example'] },
    },
    ...doubtful,
    candidates: { one: allAgree, two: allAgree },
  },
  {
    name: 'somebody unmistakable who is linked to a double of the patient in the EMR',
    emr: ['Tia', 'Brand', '1975-05-05', 'tia.brand@mail.example'],
    others: { double: { written: ['Tia', 'Brand', '1975-05-05', 'tia.brand@mail.example'], linkedTo: 'tia' } },
    fullscript: { tia: { written: ['Tia', 'Brand', '1975-05-05', 'tia.brand@mail.example'] } },
    ...doubtful,
    candidates: { tia: allAgree },
  },
];

const lastNames: MatchingCase[] = [
  {
    name: 'a maiden name, the same birth date',
    emr: ['Una', 'Carr', '1979-09-09', 'una.carr@mail.example'],
    fullscript: { una: { written: ['Una', 'Dahl', '1979-09-09', 'una.carr@mail.example'] } },
    ...found('una'),
    candidates: { una: 'email firstName dateOfBirth | lastName' },
  },
  {
    name: 'a maiden name, a birth date missing',
    emr: ['Una', 'Case', null, 'una.case@mail.example'],
    fullscript: { una: { written: ['Una', 'Dahl', '1979-09-09', 'una.case@mail.example'] } },
    ...doubtful,
    candidates: { una: 'email firstName | lastName' },
  },
  {
    name: 'both birth dates missing, the same last name',
    emr: ['Val', 'Cato', null, 'val.cato@mail.example'],
    fullscript: { val: { written: ['Val', 'Cato', null, 'val.cato@mail.example'] } },
    ...found('val'),
    candidates: { val: 'email firstName lastName |' },
  },
  {
    name: 'both birth dates missing, another last name',
    emr: ['Wes', 'Chase', null, 'wes.chase@mail.example'],
    fullscript: { wes: { written: ['Wes', 'Dunn', null, 'wes.chase@mail.example'] } },
    ...doubtful,
    candidates: { wes: 'email firstName | lastName' },
  },
  {
    name: 'the last name missing in the EMR, the same birth date',
    emr: ['Yve', null, '1979-09-09', 'yve.clay@mail.example'],
    fullscript: { yve: { written: ['Yve', 'Clay', '1979-09-09', 'yve.clay@mail.example'] } },
    ...found('yve'),
    candidates: { yve: 'email firstName dateOfBirth |' },
  },
  {
    name: 'the last name and the birth date missing in the EMR',
    emr: ['Zed', '  ', null, 'zed.cobb@mail.example'],
    fullscript: { zed: { written: ['Zed', 'Cobb', '1979-09-09', 'zed.cobb@mail.example'] } },
    ...doubtful,
    candidates: { zed: 'email firstName |' },
  },
  {
    name: 'a birth date missing in the EMR, the same last name',
    emr: ['Art', 'Cody', null, 'art.cody@mail.example'],
    fullscript: { art: { written: ['Art', 'Cody', '1979-09-09', 'art.cody@mail.example'] } },
    ...found('art'),
    candidates: { art: 'email firstName lastName |' },
  },
  {
    name: 'a birth date missing at Fullscript, the same last name',
    emr: ['Bob', 'Cole', '1979-09-09', 'bob.cole@mail.example'],
    fullscript: { bob: { written: ['Bob', 'Cole', null, 'bob.cole@mail.example'] } },
    ...found('bob'),
    candidates: { bob: 'email firstName lastName |' },
  },
];

const spellings: MatchingCase[] = [
  alike(
    'accents on one side',
    ['José', 'Núñez', '1988-04-17', 'jose.dacy@mail.example'],
    ['Jose', 'Nunez', '1988-04-17', 'jose.dacy@mail.example'],
  ),
  alike(
    'accents composed and decomposed',
    ['Siân', 'Dale', '1988-04-17', 'sian.dale@mail.example'],
    ['Sia\u0302n', 'Dale', '1988-04-17', 'sian.dale@mail.example'],
  ),
  alike(
    'a hyphen or none',
    ['Anne-Marie', 'Day', '1988-04-17', 'anne.day@mail.example'],
    ['AnneMarie', 'Day', '1988-04-17', 'anne.day@mail.example'],
  ),
  alike(
    'one apostrophe or another',
    ["D'Arcy", "O'Deane", '1988-04-17', 'darcy.deane@mail.example'],
    ['D’Arcy', 'ODeane', '1988-04-17', 'darcy.deane@mail.example'],
  ),
  alike(
    'double spaces and blanks around',
    [' Mary   Ann ', 'Dell', '1988-04-17', 'mary.dell@mail.example'],
    ['Mary Ann', 'Dell', '1988-04-17', 'mary.dell@mail.example'],
  ),
  alike(
    'upper case',
    ['ZOË', 'DENT', '1988-04-17', 'zoe.dent@mail.example'],
    ['Zoë', 'Dent', '1988-04-17', 'zoe.dent@mail.example'],
  ),
  alike(
    'full-width letters',
    ['Ｍｉｒａ', 'Ｄｅｗ', '1988-04-17', 'mira.dew@mail.example'],
    ['Mira', 'Dew', '1988-04-17', 'mira.dew@mail.example'],
  ),
  alike(
    'a ligature and an ß',
    ['Eﬃe', 'Groß', '1988-04-17', 'effie.dietz@mail.example'],
    ['Effie', 'GROSS', '1988-04-17', 'effie.dietz@mail.example'],
  ),
  alike(
    'an invisible character',
    ['Ja\u200dna', 'Dix', '1988-04-17', 'jana.dix@mail.example'],
    ['Jana', 'Dix', '1988-04-17', 'jana.dix@mail.example'],
  ),
  alike(
    'Chinese names',
    ['明', '李', '1988-04-17', 'ming.dong@mail.example'],
    ['明', '李', '1988-04-17', 'ming.dong@mail.example'],
  ),
  alike(
    'Cyrillic names in another case',
    ['Олена', 'Шевченко', '1988-04-17', 'olena.dorn@mail.example'],
    ['ОЛЕНА', 'ШЕВЧЕНКО', '1988-04-17', 'olena.dorn@mail.example'],
  ),
  alike(
    'Arabic names with and without vowels',
    ['مُحَمَّد', 'علي', '1988-04-17', 'm.doss@mail.example'],
    ['محمد', 'علي', '1988-04-17', 'm.doss@mail.example'],
  ),
  ...(
    [
      ['another script', '明', 'Ming', 'ming.doyle@mail.example'],
      ['a nickname', 'William', 'Bill', 'william.drew@mail.example'],
      ['a middle name', 'Mary Ann', 'Mary', 'mary.druce@mail.example'],
      ['an initial', 'Mira', 'M.', 'mira.duff@mail.example'],
      ['a hyphen where there is a space', 'Anne-Marie', 'Anne Marie', 'anne.duke@mail.example'],
      ['a space where there is none', 'Mary Ann', 'Maryann', 'mary.dunne@mail.example'],
    ] as const
  ).map(([what, ours, theirs, email]): MatchingCase => ({
    name: `${what} in the first name`,
    emr: [ours, 'Durand', '1988-04-17', email],
    fullscript: { x: { written: [theirs, 'Durand', '1988-04-17', email] } },
    ...doubtful,
    candidates: { x: 'email lastName dateOfBirth | firstName' },
  })),
  {
    name: 'first and last name in each other’s place',
    emr: ['Kim', 'Dyer', '1988-04-17', 'kim.dyer@mail.example'],
    fullscript: { x: { written: ['Dyer', 'Kim', '1988-04-17', 'kim.dyer@mail.example'] } },
    ...doubtful,
    candidates: { x: 'email dateOfBirth | firstName lastName' },
  },
  {
    name: 'no names at Fullscript',
    emr: ['Leo', 'Dyson', '1988-04-17', 'leo.dyson@mail.example'],
    fullscript: { x: { written: ['', '', '1988-04-17', 'leo.dyson@mail.example'] } },
    ...doubtful,
    candidates: { x: 'email dateOfBirth |' },
  },
];

const birthDates: MatchingCase[] = [
  ...(
    [
      ['a day off', '1988-04-17', '1988-04-18', 'day.earl@mail.example'],
      ['day and month in each other’s place', '1988-04-07', '1988-07-04', 'swap.easton@mail.example'],
      ['a year off', '1988-04-17', '1989-04-17', 'year.eaves@mail.example'],
      ['a century off', '1908-04-17', '2008-04-17', 'century.eden@mail.example'],
      ['a day in the EMR that no calendar has', '1988-02-30', '1988-03-01', 'leap.eller@mail.example'],
    ] as const
  ).map(([what, ours, theirs, email]): MatchingCase => ({
    name: `birth dates: ${what}`,
    emr: ['Ray', 'Elwood', ours, email],
    fullscript: { x: { written: ['Ray', 'Elwood', theirs, email] } },
    ...doubtful,
    candidates: { x: 'email firstName lastName | dateOfBirth' },
  })),
  {
    name: 'birth dates: none that can be read at Fullscript, the same last name',
    emr: ['Ray', 'Epps', '1988-04-17', 'unreadable.epps@mail.example'],
    fullscript: { ray: { written: ['Ray', 'Epps', '0000-00-00', 'unreadable.epps@mail.example'] } },
    ...found('ray'),
    candidates: { ray: 'email firstName lastName |' },
  },
  {
    name: 'birth dates: a day in the EMR that no calendar has, and nobody at Fullscript',
    emr: ['Ray', 'Eyre', '1988-02-30', 'nobody.eyre@mail.example'],
    fullscript: {},
    status: 'NOT_CONNECTED',
    candidates: {},
    recommendation: 'rejected',
  },
];

const addresses: MatchingCase[] = [
  {
    name: 'the address in another case, with blanks around',
    emr: ['Gia', 'Fabre', '1988-04-17', ' Gia.FABRE@Mail.Example '],
    fullscript: { gia: { written: ['Gia', 'Fabre', '1988-04-17', 'gia.fabre@mail.example'] } },
    ...found('gia'),
    candidates: { gia: allAgree },
  },
  {
    name: 'the address in capitals at Fullscript',
    emr: ['Hal', 'Fagan', '1988-04-17', 'hal.fagan@mail.example'],
    fullscript: { hal: { written: ['Hal', 'Fagan', '1988-04-17', 'HAL.FAGAN@MAIL.EXAMPLE'] } },
    ...found('hal'),
    candidates: { hal: allAgree },
  },
  ...(
    [
      ['a plus in the address', 'ines+fs.falk@mail.example', 'ines.falk@mail.example'],
      ['dots in the address', 'jan.farr@mail.example', 'janfarr@mail.example'],
      ['an address that only begins the same', 'kay.fay@mail.example', 'kay.fay2@mail.example'],
      ['the same mailbox elsewhere', 'lee.fenn@mail.example', 'lee.fenn@post.example'],
    ] as const
  ).map(([what, ours, theirs]): MatchingCase => ({
    name: `${what} is another address`,
    emr: ['Ines', 'Ferris', '1988-04-17', ours],
    fullscript: { x: { written: ['Ines', 'Ferris', '1988-04-17', theirs] } },
    ...unknown,
    candidates: {},
  })),
  ...(
    [
      ['missing', null, 'Fiala'],
      ['empty', '', 'Field'],
      ['blank', '   ', 'Finch'],
    ] as const
  ).map(([what, email, lastName]): MatchingCase => ({
    name: `the EMR’s address ${what}, a namesake at Fullscript`,
    emr: ['Mona', lastName, '1988-04-17', email],
    fullscript: {
      mona: { written: ['Mona', lastName, '1988-04-17', `mona.${lastName.toLowerCase()}@mail.example`] },
      nona: { written: ['Nona', lastName, '1988-04-17', `nona.${lastName.toLowerCase()}@mail.example`] },
    },
    status: 'NOT_CONNECTED',
    candidates: { mona: 'firstName lastName dateOfBirth |' },
    recommendation: { missing: ['email'] },
  })),
  {
    name: 'everything missing in the EMR that a new patient needs',
    emr: [null, ' ', null, null],
    fullscript: {},
    status: 'NOT_CONNECTED',
    candidates: {},
    recommendation: { missing: ['email', 'firstName', 'lastName'] },
  },
  {
    name: 'somebody of the same name without an address at Fullscript',
    emr: ['Nils', 'Fitch', '1988-04-17', 'nils.fitch@mail.example'],
    fullscript: { nils: { written: ['Nils', 'Fitch', '1988-04-17', null] } },
    ...unknown,
    candidates: {},
  },
  {
    name: 'similar addresses all around, on several pages',
    emr: ['Otis', 'Flint', '1988-04-17', 'otis.flint@mail.example'],
    fullscript: { otis: { written: ['Otis', 'Flint', '1988-04-17', 'otis.flint@mail.example'] } },
    crowd: 120,
    ...found('otis'),
    candidates: { otis: allAgree },
  },
  {
    name: 'the address belongs to somebody of another clinic',
    emr: ['Pam', 'Flood', '1988-04-17', 'pam.flood@mail.example'],
    fullscript: { pam: { written: ['Pam', 'Flood', '1988-04-17', 'pam.flood@mail.example'], elsewhere: true } },
    status: 'NOT_CONNECTED',
    candidates: {},
    recommendation: 'rejected',
  },
  {
    name: 'linked, with another address at Fullscript than in the EMR',
    emr: ['Quo', 'Foley', '1988-04-17', 'quo.foley@mail.example'],
    fullscript: { quo: { written: ['Quo', 'Foley', '1988-04-17', 'quo.old.foley@mail.example'] } },
    before: [{ linkedByHandTo: 'quo' }],
    ...found('quo', 'MANUAL'),
    candidates: {},
  },
];

const history: MatchingCase[] = [
  {
    name: 'archived at Fullscript',
    emr: ['Rae', 'Gale', '1988-04-17', 'rae.gale@mail.example'],
    fullscript: { rae: { written: ['Rae', 'Gale', '1988-04-17', 'rae.gale@mail.example'], archived: true } },
    ...found('rae'),
    candidates: { rae: allAgree },
  },
  {
    name: 'a miss that is remembered; recommending looks again',
    emr: ['Sid', 'Gant', '1988-04-17', 'sid.gant@mail.example'],
    fullscript: { sid: { written: ['Sid', 'Gant', '1988-04-17', 'sid.gant@mail.example'], later: true } },
    before: [{ seenAs: 'NOT_CONNECTED' }, { added: 'sid' }, { secondsPass: 60 }],
    status: 'NOT_CONNECTED',
    candidates: { sid: allAgree },
    recommendation: { draftFor: 'sid' },
  },
  {
    name: 'a miss that has grown old',
    emr: ['Tom', 'Gates', '1988-04-17', 'tom.gates@mail.example'],
    fullscript: { tom: { written: ['Tom', 'Gates', '1988-04-17', 'tom.gates@mail.example'], later: true } },
    before: [{ seenAs: 'NOT_CONNECTED' }, { added: 'tom' }, { secondsPass: 901 }],
    ...found('tom'),
    candidates: { tom: allAgree },
  },
  ...(
    [
      ['address', { email: 'new.gaunt@mail.example' }, ['Uri', 'Gaunt', '1988-04-17', 'old.gaunt@mail.example']],
      ['first name', { firstName: 'Uri' }, ['Ury', 'Geary', '1988-04-17', 'new.geary@mail.example']],
      ['birth date', { dateOfBirth: '1988-04-17' }, ['Uri', 'Gibb', '1988-04-18', 'new.gibb@mail.example']],
    ] as const
  ).map(([what, change, written]): MatchingCase => {
    const [, lastName] = written;
    return {
      name: `the EMR corrects the ${what} after a search that linked nobody`,
      emr: written,
      fullscript: {
        uri: { written: ['Uri', lastName, '1988-04-17', `new.${lastName.toLowerCase()}@mail.example`] },
      },
      before: [{ seenAs: what === 'address' ? 'NOT_CONNECTED' : 'MATCH_REQUIRED' }, { emrChanges: change }],
      ...found('uri'),
      candidates: { uri: allAgree },
    };
  }),
  {
    name: 'the last name corrected where it had decided',
    emr: ['Van', 'Gill', null, 'van.gill@mail.example'],
    fullscript: { van: { written: ['Van', 'Glen', null, 'van.gill@mail.example'] } },
    before: [{ seenAs: 'MATCH_REQUIRED' }, { emrChanges: { lastName: 'GLEN' } }],
    ...found('van'),
    candidates: { van: 'email firstName lastName |' },
  },
  {
    name: 'another spelling of the same names changes nothing that is remembered',
    emr: ['Wim', 'Goff', '1988-04-17', 'wim.goff@mail.example'],
    fullscript: { wim: { written: ['Wim', 'Goff', '1988-04-17', 'wim.goff@mail.example'], later: true } },
    before: [{ seenAs: 'NOT_CONNECTED' }, { added: 'wim' }, { emrChanges: { firstName: 'WIM', lastName: ' Goff ' } }],
    status: 'NOT_CONNECTED',
    candidates: { wim: allAgree },
    recommendation: { draftFor: 'wim' },
  },
  {
    name: 'a candidate who has disappeared since',
    emr: ['Xan', 'Gore', '1988-04-17', 'xan.gore@mail.example'],
    fullscript: { x: { written: ['Zan', 'Gore', '1988-04-17', 'xan.gore@mail.example'] } },
    before: [{ seenAs: 'MATCH_REQUIRED' }, { removed: 'x' }, { secondsPass: 901 }],
    ...unknown,
    candidates: {},
  },
  {
    name: 'one of two unmistakable ones merged away',
    emr: ['Yul', 'Gould', '1988-04-17', 'yul.gould@mail.example'],
    fullscript: {
      kept: { written: ['Yul', 'Gould', '1988-04-17', 'yul.gould@mail.example'] },
      merged: { written: ['Yul', 'Gould', '1988-04-17', 'YUL.gould@mail.example'] },
    },
    before: [{ seenAs: 'MATCH_REQUIRED' }, { removed: 'merged' }, { secondsPass: 901 }],
    ...found('kept'),
    candidates: { kept: allAgree },
  },
  {
    name: 'a match that a person took away',
    emr: ['Zia', 'Grant', '1988-04-17', 'zia.grant@mail.example'],
    fullscript: { zia: { written: ['Zia', 'Grant', '1988-04-17', 'zia.grant@mail.example'] } },
    before: [{ seenAs: 'CONNECTED' }, { unlinked: true }],
    ...doubtful,
    candidates: { zia: allAgree },
  },
  {
    name: 'a match that a person took away stays so, whatever the EMR changes',
    emr: ['Ana', 'Gray', '1988-04-17', 'ana.gray@mail.example'],
    fullscript: { ana: { written: ['Ana', 'Gray', '1988-04-17', 'ana.gray@mail.example'] } },
    before: [
      { seenAs: 'CONNECTED' },
      { unlinked: true },
      { emrChanges: { email: 'ana.new.gray@mail.example' } },
      { secondsPass: 901 },
    ],
    ...doubtful,
    candidates: { ana: 'firstName lastName dateOfBirth | email' },
  },
  {
    name: 'our id in the metadata does not bring back whom a person took away',
    emr: ['Ben', 'Greer', '1988-04-17', 'ben.greer@mail.example'],
    fullscript: { ben: { written: ['Ben', 'Greer', '1988-04-17', 'ben.greer@mail.example'], metadata: 'ours' } },
    before: [{ seenAs: 'CONNECTED' }, { unlinked: true }],
    ...doubtful,
    candidates: { ben: 'email firstName lastName dateOfBirth metadata |' },
  },
  {
    name: 'a link by hand to a stranger that a person took away',
    emr: ['Cy', 'Grove', '1988-04-17', 'cy.grove@mail.example'],
    fullscript: { x: { written: ['Si', 'Glove', '1990-01-01', 'si.glove@mail.example'] } },
    before: [{ linkedByHandTo: 'x' }, { unlinked: true }],
    ...doubtful,
    candidates: { x: '| email firstName lastName dateOfBirth' },
  },
  {
    name: 'a person took the child away: the mother of the same name is not put in the place',
    emr: ['Dot', 'Guest', '1984-04-04', 'family.guest@mail.example'],
    fullscript: {
      mother: { written: ['Dot', 'Guest', '1984-04-04', 'family.guest@mail.example'] },
      child: { written: ['Dot', 'Guest', '2014-04-04', null], under: 'mother' },
    },
    before: [{ linkedByHandTo: 'child' }, { unlinked: true }],
    ...doubtful,
    candidates: { mother: allAgree, child: 'firstName lastName | dateOfBirth' },
  },
  {
    name: 'whom a person took away is gone',
    emr: ['Eli', 'Gunn', '1988-04-17', 'eli.gunn@mail.example'],
    fullscript: { eli: { written: ['Eli', 'Gunn', '1988-04-17', 'eli.gunn@mail.example'] } },
    before: [{ seenAs: 'CONNECTED' }, { unlinked: true }, { removed: 'eli' }, { secondsPass: 901 }],
    ...unknown,
    candidates: {},
  },
  {
    name: 'whom a person took away is gone, and the right one is there',
    emr: ['Fay', 'Guy', '1988-04-17', 'fay.guy@mail.example'],
    fullscript: {
      wrong: { written: ['Fae', 'Goy', '1960-01-01', 'fae.goy@mail.example'] },
      right: { written: ['Fay', 'Guy', '1988-04-17', 'fay.guy@mail.example'] },
    },
    before: [{ linkedByHandTo: 'wrong' }, { unlinked: true }, { removed: 'wrong' }, { secondsPass: 901 }],
    ...found('right'),
    candidates: { right: allAgree },
  },
  {
    name: 'a person took the match away and gave it back',
    emr: ['Gus', 'Haas', '1988-04-17', 'gus.haas@mail.example'],
    fullscript: { gus: { written: ['Gus', 'Haas', '1988-04-17', 'gus.haas@mail.example'] } },
    before: [{ seenAs: 'CONNECTED' }, { unlinked: true }, { linkedByHandTo: 'gus' }],
    ...found('gus', 'MANUAL'),
    candidates: { gus: allAgree },
  },
  {
    name: 'a person put another in the place of the match',
    emr: ['Ike', 'Hahn', '1988-04-17', 'ike.hahn@mail.example'],
    fullscript: {
      found: { written: ['Ike', 'Hahn', '1988-04-17', 'ike.hahn@mail.example'] },
      chosen: { written: ['Isaac', 'Hahn', null, 'isaac.hahn@mail.example'] },
    },
    before: [{ seenAs: 'CONNECTED' }, { linkedByHandTo: 'chosen' }],
    ...found('chosen', 'MANUAL'),
    candidates: { found: allAgree },
  },
];

/** Every case. Their people are disjoint, so that all of them may stand in one clinic. */
export const matchingCases: readonly MatchingCase[] = [
  ...evidence,
  ...families,
  ...lastNames,
  ...spellings,
  ...birthDates,
  ...addresses,
  ...history,
];
