import { Refusal } from '../domain/errors.ts';
import { ChartSigned, type Emr } from '../emr/emr.ts';
import { note, ok, quote, skipped, wrong, type Finding } from './findings.ts';
import { toUnknownId } from './ids.ts';
import { toChartItemsInput, toDocumentInput } from './inputs.ts';

/** What is written with, and where. */
export interface WriteNeeds {
  emr: Emr;
  /** Imports come with the user's token, and are finished with the service's. */
  bearer: string;
  serviceToken: string | null;
  patientId: string | undefined;
  chartId: string | undefined;
  signedChartId: string | undefined;
}

/** Writes one line into a chart and files one document, each several times under the same key, and tries what must be refused. */
export async function* checkWrites(needs: WriteNeeds): AsyncGenerator<Finding> {
  yield* checkChartItems(needs);
  yield* checkSignedChart(needs);
  yield* checkDocument(needs);
  if (needs.serviceToken === null)
    yield note(
      'EMR_SERVICE_TOKEN is not set: no lab documents are filed, and imports whose answer was lost are finished only when the user imports again',
    );
}

async function* checkChartItems(needs: WriteNeeds): AsyncGenerator<Finding> {
  const { emr, bearer, serviceToken, chartId } = needs;
  const nowhere = toChartItemsInput(toUnknownId(chartId, 1));
  yield await checkRefused('addChartItems', 'a chart', () => emr.addChartItems(bearer, nowhere));
  if (chartId === undefined) {
    yield skipped('addChartItems: writing once under one key: give --chart ID, an open note');
    return;
  }
  const input = toChartItemsInput(chartId);
  const line = input.items[0]?.sourceItemId ?? '';
  const write = (token: string) => async (): Promise<string> => (await emr.addChartItems(token, input)).get(line) ?? '';
  yield* checkOnce('addChartItems', 'line', write(bearer), serviceToken === null ? null : write(serviceToken));
}

async function* checkSignedChart({ emr, bearer, signedChartId }: WriteNeeds): AsyncGenerator<Finding> {
  if (signedChartId === undefined) {
    yield skipped('addChartItems: CHART_SIGNED: give --signed-chart ID');
    return;
  }
  try {
    await emr.addChartItems(bearer, toChartItemsInput(signedChartId));
    yield wrong(
      `addChartItems: wrote into ${quote(signedChartId)}, which is signed. Refuse it with the code CHART_SIGNED`,
    );
  } catch (error) {
    if (error instanceof ChartSigned) yield ok('addChartItems: a signed chart is CHART_SIGNED');
    else if (error instanceof Refusal)
      yield wrong(
        `addChartItems: a signed chart must be an error with the code CHART_SIGNED. ${error.code}: ${error.message}`,
      );
    else throw error;
  }
}

async function* checkDocument({ emr, bearer, serviceToken, patientId }: WriteNeeds): AsyncGenerator<Finding> {
  const token = serviceToken ?? bearer;
  const nobody = toDocumentInput(toUnknownId(patientId, 1));
  yield await checkRefused('addDocument', 'a patient', () => emr.addDocument(token, nobody));
  if (patientId === undefined) {
    yield skipped('addDocument: filing once under one key: give --patient ID');
    return;
  }
  const input = toDocumentInput(patientId);
  yield* checkOnce('addDocument', 'document', () => emr.addDocument(token, input), null);
}

/** Twice at once, and then again: one thing must come of it. `later` is the same by somebody else, if somebody else is to repeat it. */
async function* checkOnce(
  operation: string,
  what: string,
  write: () => Promise<string>,
  later: (() => Promise<string>) | null,
): AsyncGenerator<Finding> {
  const attempts = [...(await Promise.allSettled([write(), write()]))];
  for (const repeat of [write, ...(later ? [later] : [])]) attempts.push(...(await Promise.allSettled([repeat()])));
  const ids = new Set(attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : [])));
  const [firstOne, secondOne, again, service] = attempts;
  for (const [attempt, whose] of [
    [again, 'repeated with the same key'],
    [service, 'repeated with the same key and EMR_SERVICE_TOKEN'],
  ] as const) {
    if (attempt?.status === 'rejected') yield wrong(`${operation}: ${whose}: ${toReason(attempt.reason)}`);
  }
  for (const attempt of [firstOne, secondOne]) {
    if (attempt?.status !== 'rejected' || again?.status !== 'fulfilled') continue;
    yield note(
      `${operation}: one of two at once failed: ${toReason(attempt.reason)}. It is repeated until it is answered, so this does no harm`,
    );
  }
  if (ids.size > 1)
    yield wrong(
      `${operation}: the same key made ${ids.size} of it: ${[...ids].map(quote).join(', ')}. Keep the key with what it wrote, under a unique index, and answer a repeat with the first`,
    );
  else if (ids.size === 1)
    yield ok(
      `${operation}: one ${what}, ${[...ids].map(quote).join('')}, however often the same key came, also twice at once. Delete it by hand`,
    );
}

async function checkRefused(operation: string, what: string, write: () => Promise<unknown>): Promise<Finding> {
  try {
    await write();
    return wrong(`${operation}: took ${what} that does not exist`);
  } catch (error) {
    if (!(error instanceof Refusal))
      return wrong(`${operation}: ${what} that does not exist must be an error with the code NOT_FOUND`);
    if (error.code !== 'EMR_UNAVAILABLE') return ok(`${operation}: ${what} that does not exist is ${error.code}`);
    return wrong(
      `${operation}: ${what} that does not exist must be an error with the code NOT_FOUND or FORBIDDEN. ${error.message}`,
    );
  }
}

function toReason(reason: unknown): string {
  if (reason instanceof Refusal) return `${reason.code}: ${reason.message}`;
  return reason instanceof ChartSigned ? 'CHART_SIGNED, for a chart that was given as open' : 'it failed';
}
