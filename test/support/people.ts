import { randomBytes } from 'node:crypto';
import type { EmrPatient } from '../../src/demo/emr/records.ts';
import type { PatientInput } from '../../src/sandbox/actions/patients.ts';
import type { Patient, User } from '../../src/sandbox/state.ts';
import type { Deployment } from './deployment.ts';

/** Somebody whom no other test knows, as either side may have written them down. */
export interface Person {
  firstName: string;
  lastName: string;
  email: string;
  dateOfBirth: string;
}

/** Makes up a person with an address of their own. */
export function inventPerson(overrides: Partial<Person> = {}): Person {
  const name = randomBytes(5).toString('hex');
  return {
    firstName: 'Robin',
    lastName: `Someone${name}`,
    email: `${name}@mail.example`,
    dateOfBirth: '1980-05-05',
    ...overrides,
  };
}

/** The sandbox's user with this e-mail address. Throws when there is none. */
export function getUser({ sandbox }: Pick<Deployment, 'sandbox'>, email = 'ada@cedarrow.example'): User {
  const user = [...sandbox.sandbox.state.users.values()].find((candidate) => candidate.email === email);
  if (!user) throw new Error(`The sandbox has no user ${email}`);
  return user;
}

/** The sandbox's patient with this id. Throws when there is none. */
export function getPatient({ sandbox }: Pick<Deployment, 'sandbox'>, id: string): Patient {
  const patient = sandbox.sandbox.state.patients.get(id);
  if (!patient) throw new Error(`The sandbox has no patient ${id}`);
  return patient;
}

/** Puts a patient into the sandbox's clinic of `practitionerEmail`, as somebody on Fullscript's pages would. */
export function addFullscriptPatient(
  deployment: Pick<Deployment, 'sandbox'>,
  input: Partial<PatientInput> = {},
  practitionerEmail?: string,
): Patient {
  const { clinicId } = getUser(deployment, practitionerEmail);
  return deployment.sandbox.sandbox.actions.createPatient(clinicId, { ...inventPerson(), ...input });
}

/** The same new person in the EMR and at Fullscript; each side may have written something else. */
export function addPerson(
  deployment: Pick<Deployment, 'sandbox' | 'emr'>,
  { emr = {}, fullscript = {} }: { emr?: Partial<EmrPatient>; fullscript?: Partial<PatientInput> } = {},
): { patientId: string; fullscriptPatientId: string; person: Person } {
  const person = inventPerson();
  return {
    person,
    patientId: deployment.emr.addPatient({ ...person, ...emr }).id,
    fullscriptPatientId: addFullscriptPatient(deployment, { ...person, ...fullscript }).id,
  };
}
