import { toSeedId } from '../ids.ts';
import type { Gender, UserType } from '../state.ts';

/** The keys of the three clinics. */
type ClinicKey = 'cedarrow' | 'harbour' | 'aspen';

export interface SeedClinic {
  id: string;
  key: ClinicKey;
  name: string;
  discount: number;
  integrationId: string;
}

export interface SeedUser {
  id: string;
  type: UserType;
  clinic: ClinicKey;
  firstName: string;
  lastName: string;
  email: string;
  /** Code of the practitioner type; null for staff. */
  typeCode: string | null;
  isOwner: boolean;
}

export interface SeedPatient {
  id: string;
  clinic: ClinicKey;
  firstName: string;
  lastName: string;
  /** Null for dependents, who are reached through their guardian's address, and for people without one. */
  email: string | null;
  dateOfBirth: string | null;
  gender: Gender | null;
  mobileNumber: string | null;
  archived: boolean;
  discount: number;
  /** Id of the guardian's seed patient. */
  guardianId: string | null;
}

/** The password of every seed user. */
export const seedPassword = 'demo';

function toClinic(key: ClinicKey, name: string, discount: number): SeedClinic {
  return { id: toSeedId('clinic', key), key, name, discount, integrationId: toSeedId('integration', key) };
}

export const seedClinics: readonly SeedClinic[] = [
  toClinic('cedarrow', 'Cedar Row Wellness', 10),
  toClinic('harbour', 'Harbour Integrative Health', 15),
  toClinic('aspen', 'Aspen Family Medicine', 0),
];

function toUser(
  clinic: ClinicKey,
  firstName: string,
  lastName: string,
  email: string,
  typeCode: string | null,
  isOwner = false,
): SeedUser {
  const type = typeCode === null ? 'Staff' : 'Practitioner';
  return { id: toSeedId('user', email), type, clinic, firstName, lastName, email, typeCode, isOwner };
}

/** Every seed login; Ben Okafor has one in each of two clinics. */
export const seedUsers = {
  ada: toUser('cedarrow', 'Ada', 'Lindqvist', 'ada@cedarrow.example', 'ND', true),
  ben: toUser('cedarrow', 'Ben', 'Okafor', 'ben@cedarrow.example', 'MD'),
  ingrid: toUser('cedarrow', 'Ingrid', 'Vale', 'ingrid@cedarrow.example', 'RD'),
  carla: toUser('cedarrow', 'Carla', 'Reyes', 'carla@cedarrow.example', null),
  tomas: toUser('harbour', 'Tomás', 'Wren', 'tomas@harbour.example', 'DO', true),
  benAtHarbour: toUser('harbour', 'Ben', 'Okafor', 'ben@harbour.example', 'MD'),
  jonas: toUser('harbour', 'Jonas', 'Bell', 'jonas@harbour.example', null),
  ruth: toUser('aspen', 'Ruth', 'Amsel', 'ruth@aspen.example', 'MD', true),
} as const satisfies Record<string, SeedUser>;

interface PatientMore {
  /** E-mail of the guardian. */
  guardian?: string;
  archived?: boolean;
  discount?: number;
  /** Whether the patient has a mobile number; true when left out. */
  mobile?: boolean;
}

type PatientLine = [
  firstName: string,
  lastName: string,
  email: string | null,
  dateOfBirth: string | null,
  gender: Gender | null,
  more?: PatientMore,
];

const cedarRow: PatientLine[] = [
  ['Mira', 'Okoye', 'mira.okoye@mail.example', '1988-04-17', 'female', { discount: 5 }],
  ['Jonah', 'Feld', 'jonah.feld@mail.example', '1975-11-02', 'male'],
  ['Priya', 'Raman', 'priya.raman@mail.example', '1992-07-29', 'female'],
  // A family that shares the mother's address.
  ['Helen', 'Marsh', 'marsh.family@mail.example', '1983-02-11', 'female'],
  ['Oscar', 'Marsh', null, '2014-06-05', 'male', { guardian: 'marsh.family@mail.example', mobile: false }],
  ['Wren', 'Marsh', null, '2017-09-21', 'female', { guardian: 'marsh.family@mail.example', mobile: false }],
  // Twins under their father's address: same birth date, same last name.
  ['Samuel', 'Adeyemi', 'adeyemi.home@mail.example', '1980-12-30', 'male'],
  ['Tolu', 'Adeyemi', null, '2012-03-08', 'male', { guardian: 'adeyemi.home@mail.example', mobile: false }],
  ['Temi', 'Adeyemi', null, '2012-03-08', 'female', { guardian: 'adeyemi.home@mail.example', mobile: false }],
  // Grown twins with addresses of their own and nearly the same name.
  ['Karl', 'Brandt', 'karl.brandt@mail.example', '1990-05-14', 'male'],
  ['Karla', 'Brandt', 'karla.brandt@mail.example', '1990-05-14', 'female'],
  // The same person is a patient of Harbour, too, under another address.
  ['Leah', 'Sorensen', 'leah.sorensen@mail.example', '1979-08-23', 'female'],
  ['José', 'Núñez-Álvarez', 'jose.nunez@mail.example', '1968-01-19', 'male'],
  ['Zoë', "O'Riordan", 'zoe.oriordan@mail.example', '1995-10-10', 'female'],
  ['Łukasz', 'Wójcik', 'lukasz.wojcik@mail.example', '1987-03-27', 'male'],
  ['Siân', 'Llewellyn', 'sian.llewellyn@mail.example', '1971-06-13', 'female'],
  ['明', '李', 'ming.li@mail.example', '1984-09-09', 'male'],
  // People of whom something is not known.
  ['Robin', 'Castellan', 'robin.castellan@mail.example', null, null],
  ['Alex', 'Dunmore', 'alex.dunmore@mail.example', '1999-12-01', 'x'],
  ['Walter', 'Pike', null, '1941-05-30', 'male', { mobile: false }],
  ['Edith', 'Pike', null, '1944-07-04', 'female'],
  ['Gloria', 'Tanaka', 'gloria.tanaka@mail.example', null, 'female'],
  ['Marcus', 'Bellweather', 'marcus.bellweather@mail.example', '1978-10-26', null],
  // Archived people.
  ['Nadia', 'Kowalczyk', 'nadia.kowalczyk@mail.example', '1965-02-28', 'female', { archived: true }],
  ['Peter', 'Vance', 'peter.vance@mail.example', '1958-08-15', 'male', { archived: true }],
  // Two different people with one name.
  ['Maria', 'Garcia', 'maria.garcia.80@mail.example', '1980-04-04', 'female'],
  ['Maria', 'Garcia', 'maria.garcia.97@mail.example', '1997-11-17', 'female'],
  ['Amara', 'Nwosu', 'amara.nwosu@mail.example', '1993-01-25', 'female'],
  ['Daniel', 'Frost', 'daniel.frost@mail.example', '1970-09-03', 'male'],
  ['Ivy', 'Chandler', 'ivy.chandler@mail.example', '1986-05-19', 'female'],
  ['Hassan', 'Malik', 'hassan.malik@mail.example', '1982-07-07', 'male', { discount: 20 }],
  ['Freya', 'Dahl', 'freya.dahl@mail.example', '1991-02-14', 'female'],
  ['Noah', 'Whitcombe', 'noah.whitcombe@mail.example', '2001-06-30', 'male'],
  ['Beatriz', 'Moura', 'beatriz.moura@mail.example', '1974-12-12', 'female'],
  ['Elliot', 'Grange', 'elliot.grange@mail.example', '1989-08-08', 'male'],
  ['Sunita', 'Patel', 'sunita.patel@mail.example', '1961-03-15', 'female'],
  ['Dmitri', 'Volkov', 'dmitri.volkov@mail.example', '1977-04-22', 'male'],
  ['Chloe', 'Bergeron', 'chloe.bergeron@mail.example', '1996-09-18', 'female'],
  ['Isaac', 'Thornton', 'isaac.thornton@mail.example', '1953-11-29', 'male'],
  ['Yasmin', 'Haddad', 'yasmin.haddad@mail.example', '1985-01-06', 'female'],
  ['Owen', 'Pritchard', 'owen.pritchard@mail.example', '1969-07-16', 'male'],
  ['Lucia', 'Ferrante', 'lucia.ferrante@mail.example', '1998-02-02', 'female'],
  ['Theo', 'Lindgren', 'theo.lindgren@mail.example', '2000-10-20', 'male'],
  ['Grace', 'Abernathy', 'grace.abernathy@mail.example', '1948-05-05', 'female'],
];

const harbour: PatientLine[] = [
  ['Leah', 'Sorensen', 'leah.at.work@office.example', '1979-08-23', 'female'],
  ['Victor', 'Hale', 'victor.hale@mail.example', '1966-06-21', 'male'],
  ['Naomi', 'Steiner', 'naomi.steiner@mail.example', '1994-04-09', 'female'],
  ['Eli', 'Steiner', null, '2016-12-24', 'male', { guardian: 'naomi.steiner@mail.example', mobile: false }],
  ['Rosalind', 'Achebe', 'rosalind.achebe@mail.example', '1973-10-31', 'female'],
  ['Gideon', 'Marlow', 'gideon.marlow@mail.example', '1981-03-03', 'male'],
  ['Anneliese', 'Krüger', 'anneliese.kruger@mail.example', '1955-09-12', 'female'],
  ['Caleb', 'Winslow', 'caleb.winslow@mail.example', '1990-08-01', 'male', { archived: true }],
  ['Farah', 'Siddiqui', 'farah.siddiqui@mail.example', '1987-11-11', 'female'],
  ['Joaquín', 'Rey', 'joaquin.rey@mail.example', null, 'male'],
];

const aspen: PatientLine[] = [
  ['Harriet', 'Cole', 'harriet.cole@mail.example', '1976-02-20', 'female'],
  ['Miles', 'Cole', null, '2011-07-13', 'male', { guardian: 'harriet.cole@mail.example', mobile: false }],
  ['Desmond', 'Archer', 'desmond.archer@mail.example', '1963-12-05', 'male'],
  ['Keiko', 'Mori', 'keiko.mori@mail.example', '1989-06-18', 'female'],
  ['Lionel', 'Baptiste', 'lionel.baptiste@mail.example', '1950-01-01', 'male'],
  ['Petra', 'Novak', 'petra.novak@mail.example', '1992-09-30', 'x'],
];

function toSeedName(clinic: ClinicKey, [firstName, lastName, email, dateOfBirth]: PatientLine): string {
  return email ?? `${clinic}/${firstName} ${lastName} ${dateOfBirth ?? ''}`;
}

function toPatients(clinic: ClinicKey, lines: readonly PatientLine[], from: number): SeedPatient[] {
  return lines.map((line, index) => {
    const [firstName, lastName, email, dateOfBirth, gender, more = {}] = line;
    return {
      id: toSeedId('patient', toSeedName(clinic, line)),
      clinic,
      firstName,
      lastName,
      email,
      dateOfBirth,
      gender,
      mobileNumber: more.mobile === false ? null : `+1416555${String(from + index).padStart(4, '0')}`,
      archived: more.archived ?? false,
      discount: more.discount ?? 0,
      guardianId: more.guardian === undefined ? null : toSeedId('patient', more.guardian),
    };
  });
}

/** The 60 seed patients, clinic by clinic: 44, 10 and 6. */
export const seedPatients: readonly SeedPatient[] = [
  ...toPatients('cedarrow', cedarRow, 100),
  ...toPatients('harbour', harbour, 200),
  ...toPatients('aspen', aspen, 300),
];
