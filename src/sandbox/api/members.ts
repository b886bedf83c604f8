import { Hono } from 'hono';
import { findUserByEmail } from '../actions/accounts.ts';
import type { Sandbox } from '../sandbox.ts';
import { toPatientBody } from '../shapes/patient.ts';
import { toPlanBody } from '../shapes/plan.ts';
import { Refusal, type Clinic, type User, type UserType } from '../state.ts';
import { authorized } from './authorized.ts';
import { sortBy, toPage } from './lists.ts';
import { readBody, readFields, readParam, readText, type ApiContext, type ApiEnv, type Fields } from './request.ts';

function toUserBody(user: User): Record<string, unknown> {
  return {
    id: user.id,
    first_name: user.firstName,
    last_name: user.lastName,
    email: user.email,
    ...(user.type === 'Practitioner'
      ? { practitioner_type_id: user.practitionerTypeId, invite_accepted: user.inviteAccepted }
      : {}),
    metadata: { id: user.metadataId },
  };
}

function toClinicBody(sandbox: Sandbox, clinic: Clinic): Record<string, unknown> {
  const users = [...sandbox.state.users.values()].filter((user) => user.clinicId === clinic.id);
  const patients = [...sandbox.state.patients.values()].filter((patient) => patient.clinicId === clinic.id);
  return {
    id: clinic.id,
    name: clinic.name,
    patient_count: patients.length,
    practitioner_count: users.filter((user) => user.type === 'Practitioner').length,
    discount: clinic.discount,
    dispensary_url: `${sandbox.baseUrl}/welcome/${clinic.slug}`,
    integration_id: clinic.integrationId,
    integration_activated_at: clinic.integrationActivatedAt,
    margin_type: clinic.marginType,
  };
}

/** Reads the writable fields of a user; names and e-mail are undefined when absent and '' when blank. */
function readUser(body: Fields): { firstName?: string; lastName?: string; email?: string; metadataId?: string | null } {
  const metadata = readFields(body['metadata']);
  const firstName = readText(body['first_name']);
  const lastName = readText(body['last_name']);
  const email = readText(body['email']);
  return {
    ...(firstName === undefined ? {} : { firstName: firstName ?? '' }),
    ...(lastName === undefined ? {} : { lastName: lastName ?? '' }),
    ...(email === undefined ? {} : { email: email ?? '' }),
    ...('id' in metadata ? { metadataId: readText(metadata['id']) ?? null } : {}),
  };
}

function assertUser(sandbox: Sandbox, input: ReturnType<typeof readUser>, self: User | null): void {
  const faults: string[] = [];
  if (input.firstName === '') faults.push("First name can't be blank");
  if (input.lastName === '') faults.push("Last name can't be blank");
  if (input.email !== undefined) {
    if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(input.email)) faults.push('Email is invalid');
    const holder = findUserByEmail(sandbox, input.email);
    if (holder !== null && holder !== self) faults.push('Email has already been taken');
  }
  if (faults.length > 0) throw new Refusal(422, faults);
}

/** The clinic, its practitioners and staff, practitioner types, and the look-up by the caller's own ids. To be mounted under `/api`. */
export function createMemberRoutes(sandbox: Sandbox): Hono<ApiEnv> {
  const { state } = sandbox;
  const routes = new Hono<ApiEnv>();
  const reads = authorized(sandbox, 'clinic:read');
  const writes = authorized(sandbox, 'clinic:write');

  routes.get('/clinic', reads, (c) => c.json({ clinic: toClinicBody(sandbox, c.var.caller.clinic) }));

  const addUsers = (path: string, type: UserType, one: string, many: string): void => {
    const listUsers = (c: ApiContext): User[] =>
      [...state.users.values()].filter((user) => user.type === type && user.clinicId === c.var.caller.clinic.id);
    const getUser = (c: ApiContext): User => {
      const user = listUsers(c).find(({ id }) => id === readParam(c, 'id'));
      if (user === undefined) throw new Refusal(404, ['Not Found']);
      return user;
    };

    routes.get(path, reads, (c) => {
      const { rows, meta } = toPage(c, sortBy(c, listUsers(c), { last_name: (user) => user.lastName }), toUserBody);
      return c.json({ [many]: rows, meta });
    });
    routes.post(path, writes, async (c) => {
      const body = await readBody(c);
      const input = { firstName: '', lastName: '', email: '', ...readUser(body) };
      assertUser(sandbox, input, null);
      const typeId = readText(body['practitioner_type_id']) ?? null;
      if (type === 'Practitioner' && (typeId === null || !state.practitionerTypes.has(typeId)))
        throw new Refusal(422, ['Practitioner type must exist']);
      const user: User = {
        id: sandbox.newId(),
        type,
        clinicId: c.var.caller.clinic.id,
        metadataId: null,
        ...input,
        password: null,
        isOwner: false,
        practitionerTypeId: type === 'Practitioner' ? typeId : null,
        inviteAccepted: false,
      };
      state.users.set(user.id, user);
      sandbox.post({
        to: user.email,
        subject: `${c.var.caller.clinic.name} invites you to Fullscript`,
        kind: 'invitation',
        url: `${sandbox.baseUrl}/signup`,
      });
      return c.json({ [one]: toUserBody(user) }, 201);
    });
    routes.get(`${path}/:id`, reads, (c) => c.json({ [one]: toUserBody(getUser(c)) }));
    routes.on(['PATCH', 'PUT'], `${path}/:id`, writes, async (c) => {
      const user = getUser(c);
      const input = readUser(await readBody(c));
      assertUser(sandbox, input, user);
      return c.json({ [one]: toUserBody(Object.assign(user, input)) });
    });
  };
  addUsers('/clinic/practitioners', 'Practitioner', 'practitioner', 'practitioners');
  addUsers('/clinic/staff', 'Staff', 'staff', 'staff');

  routes.get('/catalog/practitioner_types', authorized(sandbox, 'catalog:read'), (c) => {
    const { rows, meta } = toPage(c, [...state.practitionerTypes.values()], (type) => ({ ...type }));
    return c.json({ practitioner_types: rows, meta });
  });

  routes.get('/clinic/metadata', authorized(sandbox), (c) => {
    const { clinic, pair } = c.var.caller;
    const wantedId = c.req.query('id');
    const wantedType = c.req.query('type');
    const found: { id: string; type: string; data: Record<string, unknown> }[] = [];
    const add = (type: string, scope: string, id: string | null, toData: () => Record<string, unknown>): void => {
      if (id === null || (wantedId !== undefined && wantedId !== id)) return;
      if (wantedType !== undefined && wantedType !== type) return;
      if (pair.scopes.includes(scope)) found.push({ id, type, data: toData() });
    };
    for (const patient of state.patients.values())
      if (patient.clinicId === clinic.id)
        add('patient', 'patients:read', patient.metadataId, () => toPatientBody(patient, clinic));
    for (const user of state.users.values())
      if (user.clinicId === clinic.id)
        add(user.type.toLowerCase(), 'clinic:read', user.metadataId, () => toUserBody(user));
    for (const plan of state.plans.values())
      if (plan.clinicId === clinic.id)
        add('treatment_plan', 'patients:read', plan.metadataId, () => toPlanBody(sandbox, plan));
    const { rows, meta } = toPage(c, found, (row) => row);
    return c.json({ metadata: rows, meta });
  });

  return routes;
}
