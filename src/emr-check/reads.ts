import type { DocumentNode } from 'graphql';
import { Refusal } from '../domain/errors.ts';
import type { EmrPatient } from '../domain/patient.ts';
import type { CallEmr } from '../emr/call.ts';
import { chartDocument, patientsDocument, practitionerDocument } from '../emr/documents.ts';
import type { Emr } from '../emr/emr.ts';
import { note, ok, quote, skipped, wrong, type Finding } from './findings.ts';
import { toUnknownId } from './ids.ts';
import { findFailingFields } from './missing-fields.ts';

/** What is read with, and what is known to be there. */
export interface ReadNeeds {
  emr: Emr;
  call: CallEmr;
  bearer: string;
  /** Patients whom this token may see. */
  patientIds: readonly string[];
  chartId: string | undefined;
  signedChartId: string | undefined;
  practitionerId: string | undefined;
}

const slowAfterMs = 2500;
const batch = 200;

/** Asks every question that changes nothing, of what is there and of what is not. */
export async function* checkReads(needs: ReadNeeds): AsyncGenerator<Finding> {
  yield* checkPatients(needs);
  yield* checkBatch(needs);
  yield* checkCharts(needs);
  yield* checkPractitioner(needs);
}

async function* checkPatients(needs: ReadNeeds): AsyncGenerator<Finding> {
  const { emr, bearer, patientIds } = needs;
  const [first] = patientIds;
  const unknown = toUnknownId(first, 1);
  const alone = await timed(() => emr.findPatients(bearer, [unknown]));
  const [answer] = alone.value;
  if (answer instanceof Refusal) {
    yield wrong(`patients: an unknown id must be null, without an error. ${answer.message}`);
    yield* nameFailingFields(needs, patientsDocument, { ids: [unknown] });
  } else if (answer) yield wrong('patients: there is a patient for an id that was made up');
  else yield ok(`patients: an unknown id is null${alone.words}`);

  if (first === undefined) {
    yield skipped('patients: one who is there, the order, the fields: give --patient ID, twice or more');
    return;
  }
  const asked = [unknown, ...patientIds, toUnknownId(first, 2)];
  for (const ids of patientIds.length > 1 ? [asked, [...asked].reverse()] : [asked]) {
    yield* checkOrder(ids, patientIds, await timed(() => emr.findPatients(bearer, ids)));
  }
  if (patientIds.length === 1)
    yield skipped('patients: several at once, in another order: give --patient a second time');
  yield* checkFields(needs);
}

function* checkOrder(
  ids: readonly string[],
  known: readonly string[],
  { value, words }: Timed<Found[]>,
): Generator<Finding> {
  const faults = ids.flatMap((id, at) => {
    const answer = value[at];
    if (answer instanceof Refusal) return [answer.message];
    if (!known.includes(id)) return answer ? ['a patient at the place of an unknown id'] : [];
    return answer ? [] : [`${quote(id)} is null: there is no such patient, or this token may not see them`];
  });
  for (const fault of new Set(faults)) yield wrong(`patients: ${fault}`);
  if (faults.length === 0)
    yield ok(`patients: ${ids.length} ids, known and unknown, come back in the order asked${words}`);
}

type Found = EmrPatient | null | Refusal;
const fields = ['email', 'firstName', 'lastName', 'dateOfBirth', 'gender', 'mobileNumber'] as const;

/** Which fields are there; what stands in them is not shown. */
async function* checkFields({ emr, call, bearer, patientIds }: ReadNeeds): AsyncGenerator<Finding> {
  const found = (await emr.findPatients(bearer, patientIds)).filter(
    (one): one is EmrPatient => one !== null && !(one instanceof Refusal),
  );
  for (const patient of found) {
    const present = fields.map((field) => `${field} ${patient[field] ? 'present' : 'absent'}`);
    yield ok(`patients: ${quote(patient.id)}: ${present.join(', ')}`);
    const birth = patient.dateOfBirth;
    if (birth !== null && !isDate(birth))
      yield wrong(`patients: ${quote(patient.id)}: dateOfBirth must be a calendar date, as 1988-04-17`);
  }
  if (found.length > 0 && !found.some((patient) => patient.email && patient.firstName && patient.lastName))
    yield note('patients: none of these has an e-mail address and both names, by which people are found at Fullscript');
  const raw = await call(bearer, patientsDocument, { ids: patientIds }).catch(() => ({ data: null }));
  const { patients } = (raw.data ?? {}) as { patients?: ({ dateOfBirth?: unknown } | null)[] };
  if (patients?.some((one) => typeof one?.dateOfBirth === 'string' && one.dateOfBirth.length > 10))
    yield note(
      'patients: dateOfBirth has more than a date. The first ten characters count: no time zone may move the day',
    );
}

function isDate(text: string): boolean {
  const instant = new Date(`${text}T00:00:00Z`);
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && isInstant(instant) && instant.toISOString().startsWith(text);
}

function isInstant(instant: Date): boolean {
  return !Number.isNaN(instant.getTime());
}

async function* checkBatch({ emr, bearer, patientIds }: ReadNeeds): AsyncGenerator<Finding> {
  const unknown = Array.from({ length: batch }, (_, index) => toUnknownId(patientIds[0], index + 10));
  const ids = [...unknown, ...patientIds].slice(-batch);
  const { value, words } = await timed(() => emr.findPatients(bearer, ids));
  const refusal = value.find((answer) => answer instanceof Refusal);
  if (refusal) yield wrong(`patients: ${batch} ids in one call must be answered. ${refusal.message}`);
  else yield ok(`patients: ${batch} ids in one call${words}`);
}

async function* checkCharts(needs: ReadNeeds): AsyncGenerator<Finding> {
  const { emr, bearer, chartId, signedChartId, patientIds } = needs;
  yield* checkUnknown(needs, 'chart', chartDocument, toUnknownId(chartId ?? signedChartId, 1), emr.findChart);
  if (chartId === undefined) yield skipped('chart: one that is there: give --chart ID, an open note');
  if (signedChartId === undefined) yield skipped('chart: a signed one: give --signed-chart ID');
  for (const id of [chartId, signedChartId].filter((one) => one !== undefined)) {
    try {
      const { value: chart, words } = await timed(() => emr.findChart(bearer, id));
      if (!chart) {
        yield wrong(`chart: ${quote(id)} is null: there is no such note, or this token may not see it`);
        continue;
      }
      const isSigned = chart.signedAt !== null;
      yield ok(
        `chart: ${quote(id)}: ${isSigned ? 'signed' : 'open'}, kind ${chart.kind ? 'present' : 'absent'}, patient ${quote(chart.patientId)}, practitioner ${quote(chart.practitionerId)}${words}`,
      );
      if (isSigned !== (id === signedChartId))
        yield wrong(
          `chart: ${quote(id)}: signedAt must be ${isSigned ? 'null while the note is open' : 'an instant once it is signed'}`,
        );
      if (isSigned && !isInstant(new Date(chart.signedAt ?? '')))
        yield wrong(`chart: ${quote(id)}: signedAt is not an instant, as 2026-03-02T14:00:00.000Z`);
      if (patientIds.length > 0 && !patientIds.includes(chart.patientId))
        yield note(`chart: ${quote(id)} is about none of the patients given`);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      yield wrong(`chart: ${quote(id)}: ${error.message}`);
      yield* nameFailingFields(needs, chartDocument, { id });
    }
  }
}

async function* checkPractitioner(needs: ReadNeeds): AsyncGenerator<Finding> {
  const { emr, bearer, practitionerId: id } = needs;
  yield* checkUnknown(needs, 'practitioner', practitionerDocument, toUnknownId(id, 1), emr.findPractitioner);
  if (id === undefined) {
    yield skipped('practitioner: one who is there: give --practitioner ID');
    return;
  }
  try {
    const { value, words } = await timed(() => emr.findPractitioner(bearer, id));
    if (!value)
      yield wrong(`practitioner: ${quote(id)} is null: there is no such practitioner, or this token may not see them`);
    else yield ok(`practitioner: ${quote(id)}: email ${value.email ? 'present' : 'absent'}${words}`);
    if (value && !value.email)
      yield note(
        'practitioner: without an e-mail address a colleague who has not connected is not found at Fullscript',
      );
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    yield wrong(`practitioner: ${quote(id)}: ${error.message}`);
    yield* nameFailingFields(needs, practitionerDocument, { id });
  }
}

async function* checkUnknown(
  needs: ReadNeeds,
  operation: string,
  document: DocumentNode,
  id: string,
  find: (bearer: string, id: string) => Promise<unknown>,
): AsyncGenerator<Finding> {
  try {
    const { value, words } = await timed(() => find(needs.bearer, id));
    if (value === null) yield ok(`${operation}: an unknown id is null${words}`);
    else yield wrong(`${operation}: there is one for an id that was made up`);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    yield wrong(
      `${operation}: an unknown id must be null, or an error with the code NOT_FOUND or FORBIDDEN. ${error.message}`,
    );
    yield* nameFailingFields(needs, document, { id });
  }
}

async function* nameFailingFields(
  { call, bearer }: ReadNeeds,
  document: DocumentNode,
  variables: Record<string, unknown>,
): AsyncGenerator<Finding> {
  for (const field of await findFailingFields(call, bearer, document, variables))
    yield wrong(`${field}: fails when it is asked for alone; add it, or alias it in src/emr/documents.ts`);
}

interface Timed<T> {
  value: T;
  /** How long it took, for the end of a line. */
  words: string;
}

async function timed<T>(work: () => Promise<T>): Promise<Timed<T>> {
  const startedAt = performance.now();
  const value = await work();
  const ms = Math.round(performance.now() - startedAt);
  return { value, words: `, in ${ms} ms${ms > slowAfterMs ? ': SLOW, a call may take 5000' : ''}` };
}
