import { seedPatients, type SeedPatient } from '../../sandbox/seed/people.ts';
import type { EmrPatient } from './records.ts';

type Person = Pick<EmrPatient, 'firstName' | 'lastName' | 'email' | 'dateOfBirth' | 'gender' | 'mobileNumber'>;

/**
 * What the EMR's front desk wrote down differently from Fullscript, by the e-mail address at Fullscript: other spellings that
 * are the same person, birth dates that only the EMR knows, and one birth date that contradicts (a doubtful match).
 */
const ownSpelling: Record<string, Partial<Person>> = {
  'jose.nunez@mail.example': { firstName: 'Jose', lastName: 'Nunez-Alvarez' },
  'zoe.oriordan@mail.example': { firstName: 'ZOE', lastName: 'O’Riordan', email: 'Zoe.ORiordan@Mail.Example' },
  'sian.llewellyn@mail.example': { firstName: 'Sian' },
  'robin.castellan@mail.example': { dateOfBirth: '1990-06-02' },
  'gloria.tanaka@mail.example': { dateOfBirth: '1982-03-09' },
  'marcus.bellweather@mail.example': { dateOfBirth: '1978-10-25' },
};

/** Patients of the practice whom Fullscript does not know, but for the first, whose mother's address it knows. */
const unknownToFullscript: Person[] = [
  toPerson('Chidi', 'Nwosu', 'amara.nwosu@mail.example', '2016-08-12', 'male'),
  toPerson('Hugo', 'Ferreira', 'hugo.ferreira@mail.example', '1985-09-27', 'male'),
  toPerson('Lotte', 'Vermeer', 'lotte.vermeer@mail.example', '1990-01-15', 'female'),
  toPerson('Samir', 'Qureshi', 'samir.qureshi@mail.example', '1972-05-08', 'male'),
  toPerson('Wanda', 'Kirk', 'wanda.kirk@mail.example', '1959-12-19', 'female'),
  toPerson('Ravi', 'Menon', 'ravi.menon@mail.example', '1997-03-31', 'male'),
  toPerson('Elsie', 'Hartwell', 'elsie.hartwell@mail.example', '1938-10-04', 'female'),
];

function toPerson(firstName: string, lastName: string, email: string, dateOfBirth: string, gender: string): Person {
  return { firstName, lastName, email, dateOfBirth, gender, mobileNumber: null };
}

function toOwnRecord(person: SeedPatient): Person {
  const guardian = seedPatients.find((other) => other.id === person.guardianId);
  const { firstName, lastName, dateOfBirth, gender, mobileNumber } = person;
  return {
    firstName,
    lastName,
    dateOfBirth,
    gender: gender === 'x' ? 'non-binary' : gender,
    mobileNumber,
    // The EMR writes the family's address down for every child.
    email: person.email ?? guardian?.email ?? null,
    ...(person.email === null ? {} : ownSpelling[person.email]),
  };
}

function toPatients(organizationId: string, firstNumber: number, people: readonly Person[]): EmrPatient[] {
  return people.map((person, index) => ({ id: `p-${firstNumber + index}`, organizationId, ...person }));
}

/**
 * The demo's patients: 50 of Juniper (`p-1001` to `p-1050`), most of them patients of the sandbox's first clinic, and those
 * of Tamarack (`p-2001` and on), patients of its second clinic.
 */
export function createDemoPatients(): EmrPatient[] {
  const cedarRow = seedPatients.filter((person) => person.clinic === 'cedarrow' && person.firstName !== 'Edith');
  const harbour = seedPatients.filter((person) => person.clinic === 'harbour');
  return [
    ...toPatients('org-juniper', 1001, [...cedarRow.map(toOwnRecord), ...unknownToFullscript]),
    ...toPatients('org-tamarack', 2001, harbour.map(toOwnRecord)),
  ];
}

/** Patients that a walk-through needs by name. */
export const demoPatientIds = {
  /** Mira Okoye: an unmistakable match with plans of supplements and labs. */
  hero: 'p-1001',
  /** Priya Raman: lab results that wait for a sign-off. */
  withResults: 'p-1003',
  /** Wren Marsh: a child who shares the mother's address. */
  child: 'p-1006',
  /** Walter Pike: known to Fullscript, without an e-mail address anywhere. */
  withoutEmail: 'p-1020',
  /** Marcus Bellweather: same name and address, another birth date, so that somebody must decide. */
  doubtful: 'p-1022',
  /** Hugo Ferreira: Fullscript does not know him; recommending makes him a patient there. */
  unknown: 'p-1045',
} as const;
