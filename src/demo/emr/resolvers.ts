import { GraphQLError, GraphQLScalarType } from 'graphql';
import type { GraphQLResolverMap } from '@apollo/subgraph';

import type { ChartKind, EmrChart, EmrChartItem, EmrDocument, EmrPatient, EmrUser } from './records.ts';
import { findVisibleChart, findVisiblePatient, seesCharts, type EmrCaller } from './rules.ts';
import type { EmrStore } from './store.ts';

/** What a resolver of the EMR gets besides its arguments. */
export interface EmrContext {
  /** Null without a valid token. */
  caller: EmrCaller | null;
  store: EmrStore;
  now: () => Date;
}

interface ChartItemInput {
  sourceItemId: string;
  name: string;
  brand?: string | null;
  instructions: string;
  units?: number | null;
  refills?: number | null;
  source: string;
}

interface DocumentInput {
  patientId: string;
  idempotencyKey: string;
  title: string;
  kind: string;
  occurredAt: string;
  sourceId: string;
}

function refusal(code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}

function getCaller(context: EmrContext): EmrCaller {
  if (!context.caller) throw refusal('UNAUTHENTICATED', 'Sign in to the EMR first.');
  return context.caller;
}

function newestFirst<T>(records: Iterable<T>, instant: (record: T) => string): T[] {
  return [...records].sort((a, b) => (instant(a) < instant(b) ? 1 : instant(a) > instant(b) ? -1 : 0));
}

function addChartItems(context: EmrContext, chartId: string, key: string, items: ChartItemInput[]): EmrChartItem[] {
  const caller = getCaller(context);
  const { store } = context;
  const chart = findVisibleChart(store, caller, chartId);
  if (!chart) throw refusal('NOT_FOUND', 'There is no such chart.');
  const writeKey = `${caller.organizationId}\n${key}`;
  const earlier = store.chartWrites.get(writeKey);
  if (earlier) {
    if (earlier.chartId !== chartId) throw refusal('BAD_USER_INPUT', 'This key was used for another chart.');
    return earlier.items;
  }
  if (chart.signedAt) throw refusal('CHART_SIGNED', 'The chart is signed and cannot be changed.');
  const added = items.map((item) => ({
    id: store.nextId('ci'),
    sourceItemId: item.sourceItemId,
    name: item.name,
    brand: item.brand ?? null,
    instructions: item.instructions,
    units: item.units ?? null,
    refills: item.refills ?? null,
    source: item.source,
  }));
  store.charts.set(chart.id, { ...chart, items: [...chart.items, ...added] });
  store.chartWrites.set(writeKey, { chartId, items: added });
  return added;
}

function addDocument(context: EmrContext, input: DocumentInput): EmrDocument {
  const caller = getCaller(context);
  const { store } = context;
  if (!seesCharts(caller)) throw refusal('FORBIDDEN', 'Only clinical users and the service file documents.');
  if (!findVisiblePatient(store, caller, input.patientId)) throw refusal('NOT_FOUND', 'There is no such patient.');
  const writeKey = `${caller.organizationId}\n${input.idempotencyKey}`;
  const earlier = store.documents.get(store.documentWrites.get(writeKey) ?? '');
  if (earlier) return earlier;
  const { patientId, title, kind, occurredAt, sourceId } = input;
  const { organizationId } = caller;
  const document: EmrDocument = { id: store.nextId('d'), organizationId, patientId, title, kind, occurredAt, sourceId };
  store.documents.set(document.id, document);
  store.documentWrites.set(writeKey, document.id);
  return document;
}

function createChart(context: EmrContext, patientId: string, kind: ChartKind): EmrChart {
  const caller = getCaller(context);
  if (!caller.practitionerId) throw refusal('FORBIDDEN', 'Only practitioners write charts.');
  if (!findVisiblePatient(context.store, caller, patientId)) throw refusal('NOT_FOUND', 'There is no such patient.');
  const chart: EmrChart = {
    id: context.store.nextId('c'),
    organizationId: caller.organizationId,
    kind,
    createdAt: context.now().toISOString(),
    signedAt: null,
    patientId,
    practitionerId: caller.practitionerId,
    items: [],
  };
  context.store.charts.set(chart.id, chart);
  return chart;
}

function signChart(context: EmrContext, id: string): EmrChart {
  const caller = getCaller(context);
  const chart = findVisibleChart(context.store, caller, id);
  if (!chart) throw refusal('NOT_FOUND', 'There is no such chart.');
  if (!caller.practitionerId) throw refusal('FORBIDDEN', 'Only practitioners sign charts.');
  if (chart.signedAt) return chart;
  const signed = { ...chart, signedAt: context.now().toISOString() };
  context.store.charts.set(id, signed);
  return signed;
}

function listPatients(context: EmrContext, search: string | null | undefined, first: number): EmrPatient[] {
  const caller = getCaller(context);
  const fold = (text: string): string => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  const wanted = fold((search ?? '').trim());
  const isWanted = (patient: EmrPatient): boolean =>
    fold(`${patient.firstName ?? ''} ${patient.lastName ?? ''} ${patient.email ?? ''}`).includes(wanted);
  return [...context.store.patients.keys()]
    .sort()
    .flatMap((id) => findVisiblePatient(context.store, caller, id) ?? [])
    .filter(isWanted)
    .slice(0, Math.max(0, first));
}

function findPractitioner(context: EmrContext, id: string) {
  const practitioner = context.store.practitioners.get(id);
  return practitioner?.organizationId === getCaller(context).organizationId ? practitioner : null;
}

function getUser(context: EmrContext): EmrUser {
  const user = context.store.users.get(getCaller(context).userId);
  if (!user) throw refusal('NOT_FOUND', 'The EMR has no such user.');
  return user;
}

const instantPattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
const datePattern = /^\d{4}-\d{2}-\d{2}$/;

function createTextScalar(name: string, pattern: RegExp, description: string): GraphQLScalarType {
  const read = (value: unknown): string => {
    if (typeof value === 'string' && pattern.test(value) && !Number.isNaN(Date.parse(value))) return value;
    throw new GraphQLError(`${name} cannot be read: ${description}`);
  };
  return new GraphQLScalarType({ name, description, serialize: read, parseValue: read });
}

/** The EMR's resolvers. Whatever a caller may not see looks exactly as if it were not there. */
export const emrResolvers: GraphQLResolverMap<EmrContext> = {
  DateTime: createTextScalar('DateTime', instantPattern, 'An instant, ISO 8601 with milliseconds, always UTC.'),
  Date: createTextScalar('Date', datePattern, 'A calendar date, yyyy-mm-dd.'),
  Query: {
    patients: (_root, { ids }: { ids: string[] }, context) => {
      const caller = getCaller(context);
      return ids.map((id) => findVisiblePatient(context.store, caller, id));
    },
    patientList: (_root, { search, first }: { search?: string | null; first?: number | null }, context) =>
      listPatients(context, search, first ?? 50),
    patient: (_root, { id }: { id: string }, context) => findVisiblePatient(context.store, getCaller(context), id),
    chart: (_root, { id }: { id: string }, context) => findVisibleChart(context.store, getCaller(context), id),
    practitioner: (_root, { id }: { id: string }, context) => findPractitioner(context, id),
    practitioners: (_root, _args, context) => {
      const { organizationId } = getCaller(context);
      return [...context.store.practitioners.values()].filter((one) => one.organizationId === organizationId);
    },
    me: (_root, _args, context) => getUser(context),
  },
  Mutation: {
    addChartItems: (
      _root,
      { input }: { input: { chartId: string; idempotencyKey: string; items: ChartItemInput[] } },
      context,
    ) => ({ items: addChartItems(context, input.chartId, input.idempotencyKey, input.items) }),
    addDocument: (_root, { input }: { input: DocumentInput }, context) => addDocument(context, input),
    createChart: (_root, { patientId, kind }: { patientId: string; kind: ChartKind }, context) =>
      createChart(context, patientId, kind),
    signChart: (_root, { id }: { id: string }, context) => signChart(context, id),
  },
  EmrUser: {
    organization: (user: EmrUser, _args, { store }) => store.organizations.get(user.organizationId),
    practitioner: (user: EmrUser, _args, { store }) => store.practitioners.get(user.practitionerId ?? ''),
  },
  Patient: {
    __resolveReference: ({ id }: { id: string }, context: EmrContext) =>
      findVisiblePatient(context.store, getCaller(context), id),
    charts: (patient: EmrPatient, _args, context) => {
      if (!seesCharts(getCaller(context))) return [];
      const charts = [...context.store.charts.values()].filter((chart) => chart.patientId === patient.id);
      return newestFirst(charts, (chart) => chart.createdAt);
    },
    documents: (patient: EmrPatient, _args, context) => {
      if (!seesCharts(getCaller(context))) return [];
      const documents = [...context.store.documents.values()].filter((one) => one.patientId === patient.id);
      return newestFirst(documents, (document) => document.occurredAt);
    },
  },
  Practitioner: {
    __resolveReference: ({ id }: { id: string }, context: EmrContext) => findPractitioner(context, id),
  },
  Chart: {
    __resolveReference: ({ id }: { id: string }, context: EmrContext) =>
      findVisibleChart(context.store, getCaller(context), id),
    patient: (chart: EmrChart, _args, { store }) => store.patients.get(chart.patientId),
    practitioner: (chart: EmrChart, _args, { store }) => store.practitioners.get(chart.practitionerId),
  },
};
