import { Hono } from 'hono';
import { changePatient, insertPatient, type PatientInput } from '../actions/patients.ts';
import type { Sandbox } from '../sandbox.ts';
import { toAddressBody, toPatientBody, toPatientRow } from '../shapes/patient.ts';
import { Refusal, type Clinic, type Gender, type Patient } from '../state.ts';
import { authorized } from './authorized.ts';
import { sortBy, toPage } from './lists.ts';
import {
  readBody,
  readFields,
  readFlag,
  readNumber,
  readParam,
  readText,
  type ApiContext,
  type ApiEnv,
  type Fields,
} from './request.ts';

/** Reads the writable fields of a patient; blank names and e-mails become ''. */
export function readPatient(body: Fields): Partial<PatientInput> {
  const input: Partial<PatientInput> = {};
  const firstName = readText(body['first_name']);
  const lastName = readText(body['last_name']);
  const email = readText(body['email']);
  const dateOfBirth = readText(body['date_of_birth']);
  const gender = readText(body['gender']);
  const mobileNumber = readText(body['mobile_number']);
  const discount = readNumber(body['discount']);
  const metadata = readFields(body['metadata']);
  if (firstName !== undefined) input.firstName = firstName ?? '';
  if (lastName !== undefined) input.lastName = lastName ?? '';
  if (email !== undefined) input.email = email ?? '';
  if (dateOfBirth !== undefined) input.dateOfBirth = dateOfBirth;
  if (gender !== undefined) input.gender = gender as Gender | null;
  if (mobileNumber !== undefined) input.mobileNumber = mobileNumber;
  if (discount !== undefined) input.discount = discount;
  if ('id' in metadata) input.metadataId = readText(metadata['id']) ?? null;
  return input;
}

/** The clinic's patient with this id. Throws a 404 refusal for unknown ones and those of other clinics. */
export function getClinicPatient(sandbox: Sandbox, clinic: Clinic, id: string): Patient {
  const patient = sandbox.state.patients.get(id);
  if (patient === undefined || patient.clinicId !== clinic.id) throw new Refusal(404, ['Not Found']);
  return patient;
}

function hasType(sandbox: Sandbox, patient: Patient, type: string): boolean {
  if (type === 'dependent') return patient.guardianPatientId !== null;
  if (type === 'all') return true;
  const isGuardian = [...sandbox.state.patients.values()].some((other) => other.guardianPatientId === patient.id);
  return type === 'guardian' ? isGuardian : !isGuardian && patient.guardianPatientId === null;
}

/**
 * Whether a fuzzy search finds the patient: some word of the query begins a name, or stands in the e-mail before or after the @.
 * So an e-mail also finds people with a similar one.
 */
function isFoundBy(patient: Patient, query: string): boolean {
  const words = query
    .toLowerCase()
    .split(/[\s@]+/)
    .filter((word) => word !== '');
  const names = [patient.firstName, patient.lastName].map((name) => name.toLowerCase());
  const mailbox = patient.email?.toLowerCase().split('@')[0] ?? null;
  if (query.includes('@')) {
    const stem = words[0]?.slice(0, 4) ?? '';
    return mailbox !== null && stem !== '' && mailbox.startsWith(stem);
  }
  return words.some((word) => names.some((name) => name.startsWith(word)) || mailbox?.startsWith(word) === true);
}

/** Patients, their dependents and addresses, and the search. To be mounted under `/api`. */
export function createPatientRoutes(sandbox: Sandbox): Hono<ApiEnv> {
  const { state } = sandbox;
  const routes = new Hono<ApiEnv>();
  const reads = authorized(sandbox, 'patients:read');
  const writes = authorized(sandbox, 'patients:write');

  const listClinicPatients = (c: ApiContext): Patient[] =>
    [...state.patients.values()].filter((patient) => patient.clinicId === c.var.caller.clinic.id);
  const getPatient = (c: ApiContext): Patient =>
    getClinicPatient(sandbox, c.var.caller.clinic, readParam(c, 'patient_id'));
  const respondRows = (c: ApiContext, patients: Patient[]): Response => {
    const sorted = sortBy(c, patients, {
      created_at: (patient) => patient.createdAt,
      updated_at: (patient) => patient.updatedAt,
      first_name: (patient) => patient.firstName,
      last_name: (patient) => patient.lastName,
    });
    const { rows, meta } = toPage(c, sorted, toPatientRow);
    return c.json({ patients: rows, meta });
  };

  routes.get('/clinic/patients', reads, (c) => {
    const type = c.req.query('patient_type') ?? 'all';
    return respondRows(
      c,
      listClinicPatients(c).filter((patient) => hasType(sandbox, patient, type)),
    );
  });

  routes.get('/clinic/search/patients', reads, (c) => {
    const query = c.req.query('query') ?? '';
    // Without patient_type only people who neither have nor are dependents are searched.
    const type = c.req.query('patient_type') ?? 'single';
    return respondRows(
      c,
      listClinicPatients(c).filter((patient) => hasType(sandbox, patient, type) && isFoundBy(patient, query)),
    );
  });

  routes.post('/clinic/patients', writes, async (c) => {
    const body = await readBody(c);
    const { clinic } = c.var.caller;
    const input: PatientInput = { firstName: '', lastName: '', email: '', ...readPatient(body) };
    const patient = insertPatient(sandbox, clinic.id, input, readFlag(body['send_welcome_email']) ?? true);
    return c.json({ patient: toPatientBody(patient, clinic) }, 201);
  });

  routes.get('/clinic/patients/:patient_id', reads, (c) =>
    c.json({ patient: toPatientBody(getPatient(c), c.var.caller.clinic) }),
  );

  routes.on(['PATCH', 'PUT'], '/clinic/patients/:patient_id', writes, async (c) => {
    const patient = getPatient(c);
    const changes = readPatient(await readBody(c));
    // Dependents have no address of their own, so a blank one is no change for them.
    if (changes.email === '' && patient.email === null) delete changes.email;
    return c.json({ patient: toPatientBody(changePatient(sandbox, patient, changes), c.var.caller.clinic) });
  });

  routes.get('/clinic/patients/:patient_id/dependents', reads, (c) => {
    const guardian = getPatient(c);
    return respondRows(
      c,
      listClinicPatients(c).filter((patient) => patient.guardianPatientId === guardian.id),
    );
  });

  routes.get('/clinic/patients/:patient_id/addresses', reads, (c) => {
    const { rows, meta } = toPage(c, getPatient(c).addresses, toAddressBody);
    return c.json({ addresses: rows, meta });
  });

  return routes;
}
