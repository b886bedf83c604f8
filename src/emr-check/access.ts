import { parse } from 'graphql';
import { EmrFailure, type CallEmr, type EmrAnswer } from '../emr/call.ts';
import { patientsDocument } from '../emr/documents.ts';
import { note, ok, wrong, type Finding } from './findings.ts';

const hints: Record<EmrFailure['kind'], string> = {
  connection: 'Is the address right, does the server run, can it be reached from here, is its certificate valid?',
  late: 'A call may take 5 s',
  redirect: 'Redirects are not followed, since the token is for the EMR alone: give the address that it leads to',
  status: 'Is the path right, and does it take POST with application/json?',
  'too large': 'An answer may have 4 MiB',
  'not GraphQL':
    'It must be JSON with "data" or "errors", and a content type of application/json or application/graphql-response+json',
};

/** Whether the EMR answers GraphQL at all. The last finding is `wrong` when it does not: then nothing else can be asked. */
export async function* checkReach(call: CallEmr, bearer: string | null, address: string): AsyncGenerator<Finding> {
  const startedAt = performance.now();
  try {
    const { data, faults } = await call(bearer, parse('query FullscriptCheck { __typename }'), {});
    const [fault] = faults;
    if (fault)
      yield note(`EMR_GRAPHQL_URL: ${address} answers { __typename } with the error ${fault.code ?? 'without a code'}`);
    else if (typeof data === 'object' && data !== null && '__typename' in data)
      yield ok(`EMR_GRAPHQL_URL: ${address} answers GraphQL, in ${Math.round(performance.now() - startedAt)} ms`);
    else yield wrong(`EMR_GRAPHQL_URL: ${address} answers JSON that is not GraphQL. ${hints['not GraphQL']}`);
  } catch (error) {
    if (!(error instanceof EmrFailure)) throw error;
    const refused = error.status === 401 || error.status === 403;
    const hint = refused ? 'It refuses the token, or needs one: see --token-file' : hints[error.kind];
    yield wrong(`EMR_GRAPHQL_URL: ${address}: ${error.message}. ${hint}`);
  }
}

/** Whether nobody learns anything without a token of the EMR's. */
export async function* checkRefusals(call: CallEmr, bearer: string | null, patientId: string): AsyncGenerator<Finding> {
  yield await tryWith(call, null, patientId, 'No token');
  if (bearer !== null) yield await tryWith(call, spoil(bearer), patientId, 'A token with a spoilt signature');
}

async function tryWith(call: CallEmr, bearer: string | null, patientId: string, what: string): Promise<Finding> {
  let answer: EmrAnswer;
  try {
    answer = await call(bearer, patientsDocument, { ids: [patientId] });
  } catch (error) {
    if (!(error instanceof EmrFailure)) throw error;
    if (error.status === 401 || error.status === 403) return ok(`${what}: is refused, HTTP ${error.status}`);
    return wrong(`${what}: ${error.message}. Answer with HTTP 401, or with an error UNAUTHENTICATED`);
  }
  const { patients } = (answer.data ?? {}) as { patients?: unknown };
  if (Array.isArray(patients) && patients.some((patient) => patient !== null))
    return wrong(`${what}: PATIENTS ARE SHOWN. Verify the token's signature, "exp", "iss" and "aud" in every request`);
  const [fault] = answer.faults;
  if (!fault)
    return wrong(
      `${what}: is answered as if the patient were hidden. Answer with HTTP 401 or an error UNAUTHENTICATED, or a session that has ended looks like a patient who is gone`,
    );
  if (fault.code === 'FORBIDDEN' || fault.code === 'NOT_FOUND')
    return note(
      `${what}: is refused with ${fault.code}, which means "hidden" for a chart. UNAUTHENTICATED says it better`,
    );
  return ok(`${what}: is refused${fault.code === undefined ? '' : `, ${fault.code}`}`);
}

/** The same token with another character in the middle of its signature. */
function spoil(token: string): string {
  const at = token.length - Math.ceil((token.length - 1 - token.lastIndexOf('.')) / 2);
  return `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
}
