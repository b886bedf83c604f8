import { readFile } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { ConfigError, type Config } from '../config.ts';
import { createCallEmr } from '../emr/call.ts';
import { createEmr } from '../emr/emr.ts';
import { checkReach, checkRefusals } from './access.ts';
import { skipped, type Finding, type Verdict } from './findings.ts';
import { toUnknownId } from './ids.ts';
import { checkKeys } from './keys.ts';
import { checkReads } from './reads.ts';
import { checkSchema } from './schema.ts';
import { checkToken } from './token.ts';
import { checkWrites } from './writes.ts';

/** What a check runs in. */
export interface CheckNeeds {
  stdin: Readable;
  stdout: Writable;
  stderr: Writable;
  /** Throws `ConfigError`. */
  readConfig: () => Config['emr'];
  /** How long the EMR may take for one call; 5000, as in the service. */
  timeoutMs?: number;
}

const options = {
  'token-file': { type: 'string' },
  patient: { type: 'string', multiple: true },
  chart: { type: 'string' },
  'signed-chart': { type: 'string' },
  practitioner: { type: 'string' },
  write: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

const help = `Asks an EMR everything that the subgraph asks of it, and says what does not fit.

Usage: npm run emr:check -- [options]      (built: node dist/src/emr-check.js [options])

  --token-file FILE    a user's token, a practitioner's at best; - reads standard input
  --patient ID         a patient whom this user sees; twice or more to see the order
  --chart ID           an open note of that patient
  --signed-chart ID    a signed note
  --practitioner ID    a practitioner
  --write              also write: one line into --chart, one document for the first --patient; both are to be deleted by hand
  --help               print this

Takes EMR_GRAPHQL_URL, EMR_JWKS_URL or EMR_JWKS_FILE, EMR_JWT_ISSUER, EMR_JWT_AUDIENCE and EMR_SERVICE_TOKEN, as the service does. Without
--token-file it reads with EMR_SERVICE_TOKEN. Shows ids and whether a field is there; what stands in it, and tokens, are never shown.
Exit codes: 0 nothing is wrong, 1 something is, 2 wrong use (nothing was asked).
`;

/** Thrown for a command line that cannot be meant. */
class UsageError extends Error {}

interface Given {
  token: string | null;
  patientIds: readonly string[];
  chartId: string | undefined;
  signedChartId: string | undefined;
  practitionerId: string | undefined;
  write: boolean;
}

/** Checks the EMR of the configuration and prints a line for everything it looked at; gives the exit code. */
export async function runEmrCheck(args: readonly string[], needs: CheckNeeds): Promise<0 | 1 | 2> {
  let given: Given | null;
  let config: Config['emr'];
  try {
    given = await readGiven(args, needs.stdin);
    if (given === null) {
      needs.stdout.write(help);
      return 0;
    }
    config = needs.readConfig();
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof ConfigError)) throw error;
    const what = error instanceof ConfigError ? 'The configuration cannot be used:\n' : '';
    needs.stderr.write(`${what}${error.message}\nSee: npm run emr:check -- --help\n`);
    return 2;
  }
  const counts: Record<Verdict, number> = { ok: 0, wrong: 0, note: 0, skipped: 0 };
  for await (const { verdict, text: words } of checkAll(config, given, needs.timeoutMs ?? 5000)) {
    counts[verdict] += 1;
    needs.stdout.write(`${verdict.padEnd(7)}  ${words}\n`);
  }
  needs.stdout.write(`\n${counts.ok} ok, ${counts.wrong} wrong, ${counts.note} to note, ${counts.skipped} skipped\n`);
  return counts.wrong > 0 ? 1 : 0;
}

/** Everything in its order: what the rest depends on comes first. */
async function* checkAll(config: Config['emr'], given: Given, timeoutMs: number): AsyncGenerator<Finding> {
  const url = config.graphqlUrl;
  const { serviceToken } = config;
  const { patientIds, chartId, signedChartId, practitionerId } = given;
  const [patientId] = patientIds;
  yield* checkKeys(config.jwks, fetch);
  if (given.token !== null) yield* checkToken(given.token, { ...config, fetch, now: () => new Date() });
  else yield skipped("the user's token: give --token-file FILE");

  const bearer = given.token ?? serviceToken;
  const call = createCallEmr({ url, timeoutMs }, fetch);
  const { origin, pathname } = new URL(url);
  for await (const finding of checkReach(call, bearer, `${origin}${pathname}`)) {
    yield finding;
    if (finding.verdict !== 'wrong') continue;
    yield skipped('everything else, since the EMR does not answer');
    return;
  }
  yield* checkRefusals(call, bearer, patientId ?? toUnknownId(undefined, 1));
  // A supergraph's whole schema takes its time.
  yield* checkSchema(createCallEmr({ url, timeoutMs: timeoutMs * 6, maxBytes: 64 * 1024 * 1024 }, fetch), bearer);
  if (bearer === null) {
    yield skipped('patients, chart, practitioner: give --token-file FILE, or set EMR_SERVICE_TOKEN');
    return;
  }
  const emr = createEmr({ url, timeoutMs });
  yield* checkReads({ emr, call, bearer, patientIds, chartId, signedChartId, practitionerId });
  if (given.write) yield* checkWrites({ emr, bearer, serviceToken, patientId, chartId, signedChartId });
  else yield skipped('addChartItems, addDocument: they change something; give --write');
}

/** Null when help is asked for. Throws `UsageError`. */
async function readGiven(args: readonly string[], stdin: Readable): Promise<Given | null> {
  const { values } = readArguments(args);
  if (values.help === true) return null;
  const texts = [...(values.patient ?? []), values.chart, values['signed-chart'], values.practitioner];
  if (texts.some((value) => value?.trim() === '')) throw new UsageError('An id must not be empty');
  const patientIds = [...new Set(values.patient)];
  if (patientIds.length > 50) throw new UsageError('--patient may be given 50 times');
  const file = values['token-file'];
  return {
    token: file === undefined ? null : await readToken(file, stdin),
    patientIds,
    chartId: values.chart,
    signedChartId: values['signed-chart'],
    practitionerId: values.practitioner,
    write: values.write === true,
  };
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'The command line cannot be read');
  }
}

async function readToken(file: string, stdin: Readable): Promise<string> {
  let content: string;
  try {
    content = file === '-' ? await text(stdin) : await readFile(file, 'utf8');
  } catch {
    throw new UsageError('--token-file: the file cannot be read');
  }
  const token = content.trim().replace(/^Bearer +/i, '');
  if (/^[A-Za-z0-9._~+/-]+=*$/.test(token)) return token;
  throw new UsageError('--token-file: it must hold one token and nothing else');
}
