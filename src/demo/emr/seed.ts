import { seedUsers } from '../../sandbox/seed/people.ts';
import { createDemoPatients, demoPatientIds } from './patients.ts';
import type {
  EmrChart,
  EmrDocument,
  EmrOrganization,
  EmrPatient,
  EmrPractitioner,
  EmrSeed,
  EmrUser,
} from './records.ts';

const juniper = 'org-juniper';
const tamarack = 'org-tamarack';
const dayMs = 86_400_000;

const organizations: EmrOrganization[] = [
  { id: juniper, name: 'Juniper Integrative Medicine' },
  { id: tamarack, name: 'Tamarack Family Health' },
];

type Login = Pick<(typeof seedUsers)['ada'], 'firstName' | 'lastName' | 'email'>;

function toPractitioner(id: string, organizationId: string, { firstName, lastName, email }: Login): EmrPractitioner {
  return { id, organizationId, firstName, lastName, email };
}

const practitioners: EmrPractitioner[] = [
  toPractitioner('pr-ada', juniper, seedUsers.ada),
  toPractitioner('pr-ben', juniper, seedUsers.ben),
  toPractitioner('pr-ingrid', juniper, seedUsers.ingrid),
  toPractitioner('pr-tomas', tamarack, seedUsers.tomas),
];

function toUser(user: Pick<EmrUser, 'id' | 'name' | 'email' | 'roles'> & Partial<EmrUser>): EmrUser {
  return { organizationId: juniper, practitionerId: null, patientIds: null, ...user };
}

const users: EmrUser[] = [
  toUser({ id: 'u-admin', name: 'Grace Holm', email: 'grace@juniper.example', roles: ['admin'] }),
  toUser({
    id: 'u-ada',
    name: 'Dr. Ada Lindqvist',
    email: seedUsers.ada.email,
    roles: ['practitioner'],
    practitionerId: 'pr-ada',
  }),
  toUser({
    id: 'u-ben',
    name: 'Ben Okafor',
    email: seedUsers.ben.email,
    roles: ['practitioner'],
    practitionerId: 'pr-ben',
  }),
  toUser({ id: 'u-carla', name: 'Carla Reyes', email: seedUsers.carla.email, roles: ['staff'] }),
  toUser({ id: 'u-dev', name: 'Sam Iversen', email: 'sam@juniper.example', roles: ['developer'] }),
  toUser({
    id: 'u-limited',
    name: 'Ingrid Vale',
    email: seedUsers.ingrid.email,
    roles: ['practitioner'],
    practitionerId: 'pr-ingrid',
    patientIds: ['p-1001', 'p-1002', 'p-1003', 'p-1004', 'p-1005'],
  }),
  toUser({
    id: 'svc-fullscript',
    name: 'Fullscript integration',
    email: 'integration@juniper.example',
    roles: ['service'],
  }),
  toUser({
    id: 'u-tomas',
    name: 'Dr. Tomás Wren',
    email: seedUsers.tomas.email,
    roles: ['practitioner'],
    practitionerId: 'pr-tomas',
    organizationId: tamarack,
  }),
];

function createCharts(patient: EmrPatient, index: number, now: Date): EmrChart[] {
  const { id: patientId, organizationId } = patient;
  const number = patientId.slice('p-'.length);
  const practitionerId = organizationId === tamarack ? 'pr-tomas' : index % 2 === 0 ? 'pr-ada' : 'pr-ben';
  const daysAgo = (days: number, minutes = 0): string =>
    new Date(now.getTime() - days * dayMs + minutes * 60_000).toISOString();
  const toChart = (suffix: number, chart: Pick<EmrChart, 'kind' | 'createdAt' | 'signedAt' | 'items'>): EmrChart => ({
    id: `c-${number}-${suffix}`,
    organizationId,
    patientId,
    practitionerId,
    ...chart,
  });
  const startedDaysAgo = 40 + (index % 7) * 9;
  const signed = toChart(1, {
    kind: 'INITIAL_CONSULT',
    createdAt: daysAgo(startedDaysAgo),
    signedAt: daysAgo(startedDaysAgo, 35),
    items: [
      {
        id: `ci-${number}-1`,
        sourceItemId: 'formulary-d3-1000',
        name: 'Vitamin D3 1000 IU',
        brand: null,
        instructions: 'Take 1 capsule once daily with a meal',
        units: 1,
        refills: 2,
        source: 'Juniper formulary',
      },
    ],
  });
  const open = toChart(2, { kind: 'FOLLOW_UP', createdAt: daysAgo(2 + (index % 5)), signedAt: null, items: [] });
  const note = toChart(3, { kind: 'BASIC_NOTE', createdAt: daysAgo(1), signedAt: null, items: [] });
  if (patientId === demoPatientIds.hero) return [signed, open, note];
  return index % 3 === 2 ? [open] : [signed, open];
}

function createDocuments(now: Date): EmrDocument[] {
  return [
    {
      id: 'd-1001-1',
      organizationId: juniper,
      patientId: demoPatientIds.hero,
      title: 'Intake questionnaire',
      kind: 'FORM',
      occurredAt: new Date(now.getTime() - 41 * dayMs).toISOString(),
      sourceId: 'intake-1001',
    },
  ];
}

/** The demo's organizations, users and practitioners without any patient: a test's starting point. */
export function createPeopleSeed(): EmrSeed {
  return structuredClone({ organizations, users, practitioners, patients: [], charts: [], documents: [] });
}

/** Everything the demo starts with. Charts and documents are dated back from the clock. */
export function createDemoSeed(now: () => Date): EmrSeed {
  const at = now();
  const patients = createDemoPatients();
  return {
    ...createPeopleSeed(),
    patients,
    charts: patients.flatMap((patient, index) => createCharts(patient, index, at)),
    documents: createDocuments(at),
  };
}
