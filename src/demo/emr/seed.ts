import type { EmrOrganization, EmrPractitioner, EmrSeed, EmrUser } from './records.ts';

const organizations: EmrOrganization[] = [
  { id: 'org-juniper', name: 'Juniper Integrative Medicine' },
  { id: 'org-tamarack', name: 'Tamarack Family Health' },
];

const practitioners: EmrPractitioner[] = [
  {
    id: 'pr-ada',
    organizationId: 'org-juniper',
    firstName: 'Ada',
    lastName: 'Lindqvist',
    email: 'ada@cedarrow.example',
  },
  { id: 'pr-ben', organizationId: 'org-juniper', firstName: 'Ben', lastName: 'Okafor', email: 'ben@cedarrow.example' },
  {
    id: 'pr-noor',
    organizationId: 'org-juniper',
    firstName: 'Noor',
    lastName: 'Haddad',
    email: 'noor@juniper.example',
  },
  {
    id: 'pr-tomas',
    organizationId: 'org-tamarack',
    firstName: 'Tomas',
    lastName: 'Reiter',
    email: 'tomas@tamarack.example',
  },
];

const limitedPatientIds = ['p-1001', 'p-1002', 'p-1003', 'p-1004', 'p-1005'];

function createUser(user: Pick<EmrUser, 'id' | 'name' | 'email' | 'roles'> & Partial<EmrUser>): EmrUser {
  return { organizationId: 'org-juniper', practitionerId: null, patientIds: null, ...user };
}

const users: EmrUser[] = [
  createUser({ id: 'u-admin', name: 'Grace Holm', email: 'grace@juniper.example', roles: ['admin'] }),
  createUser({
    id: 'u-ada',
    name: 'Dr. Ada Lindqvist',
    email: 'ada@cedarrow.example',
    roles: ['practitioner'],
    practitionerId: 'pr-ada',
  }),
  createUser({
    id: 'u-ben',
    name: 'Ben Okafor',
    email: 'ben@cedarrow.example',
    roles: ['practitioner'],
    practitionerId: 'pr-ben',
  }),
  createUser({ id: 'u-carla', name: 'Carla Reyes', email: 'carla@cedarrow.example', roles: ['staff'] }),
  createUser({ id: 'u-dev', name: 'Sam Iversen', email: 'sam@juniper.example', roles: ['developer'] }),
  createUser({
    id: 'u-limited',
    name: 'Dr. Noor Haddad',
    email: 'noor@juniper.example',
    roles: ['practitioner'],
    practitionerId: 'pr-noor',
    patientIds: limitedPatientIds,
  }),
  createUser({
    id: 'svc-fullscript',
    name: 'Fullscript integration',
    email: 'integration@juniper.example',
    roles: ['service'],
  }),
  createUser({
    id: 'u-tomas',
    name: 'Dr. Tomas Reiter',
    email: 'tomas@tamarack.example',
    roles: ['practitioner'],
    practitionerId: 'pr-tomas',
    organizationId: 'org-tamarack',
  }),
];

/** The demo's organizations, users and practitioners without any patient: a test's starting point. */
export function createPeopleSeed(): EmrSeed {
  return structuredClone({ organizations, users, practitioners, patients: [], charts: [], documents: [] });
}

/** Everything the demo starts with. The clock dates the charts. */
export function createDemoSeed(_now: () => Date): EmrSeed {
  return createPeopleSeed();
}
