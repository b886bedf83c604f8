import { pino, stdSerializers, type DestinationStream, type Logger } from 'pino';

/** Names under which secrets and health data travel; wherever one turns up in a log entry its value is replaced. */
const redactedNames = [
  'authorization',
  'Authorization',
  'cookie',
  'bearer',
  'token',
  'accessToken',
  'access_token',
  'refreshToken',
  'refresh_token',
  'secretToken',
  'secret_token',
  'clientSecret',
  'client_secret',
  'secret',
  'password',
  'email',
  'firstName',
  'first_name',
  'lastName',
  'last_name',
  'dateOfBirth',
  'date_of_birth',
  'mobileNumber',
  'mobile_number',
  'personalMessage',
  'personal_message',
  'reasons',
  'body',
  'payload',
  'variables',
  'parameters',
  'headers',
];

const bearerPattern = /\bBearer\s+[^\s"',]+/gi;
const jwtPattern = /\bey[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*)+/g;
const emailPattern = /[^\s"'<>(),:;]+@[^\s"'<>(),:;]+\.[^\s"'<>(),:;]+/g;
const queryPattern = /(https?:\/\/[^\s?#"']+)[?#][^\s"']*/gi;
const datePattern = /\b(?:19|20)\d{2}-\d{2}-\d{2}\b(?!T)/g;
const quotedPattern = /(["'`])((?:\\.|(?!\1)[^\\\n]){1,2000})\1/g;
const namePattern = /^[A-Za-z_$][\w$.]{0,60}$/;
/** Apostrophes inside of words are no quotes. */
const firstQuotePattern = /(?<![A-Za-z0-9])["'`]/;
const lastQuotePattern = /["'`](?![A-Za-z0-9])(?!.*["'`](?![A-Za-z0-9]))/s;
/** Where the language's own errors put a value, mostly without any quotes. */
const bareValuePattern =
  /(?<=\b(?:search for .* in|Iterator value|Cannot convert|Cannot define property|parse URL from|on (?:string|number|boolean|bigint)) )[\s\S]+|(?<=\b(?:specified|locale|null|expression|flags|Headers\.\w+): )[\s\S]+|^[\s\S]+(?= could not be cloned| is not a symbol)/;

/**
 * Takes out of free text what must not reach a log: bearer tokens, JWTs, e-mail addresses, the query of any address, dates without a
 * time, values that the language's own errors show without quotes, and everything from the first quote to the last, since what is quoted may
 * hold quotes itself. With `keepNames`, for those errors, quoted names of variables and modules stay when nothing else is quoted.
 */
export function redactText(text: string, options: { keepNames?: boolean } = {}): string {
  const plain = text
    .replace(queryPattern, '$1?[redacted]')
    .replace(bearerPattern, 'Bearer [redacted]')
    .replace(jwtPattern, '[redacted]')
    .replace(emailPattern, '[redacted]')
    .replace(datePattern, '[redacted]')
    .replace(bareValuePattern, '[redacted]');
  const quoted = [...plain.matchAll(quotedPattern)].map((match) => match[2] ?? '');
  const keepsNames =
    options.keepNames === true && quoted.length > 0 && quoted.every((inner) => namePattern.test(inner));
  return keepsNames ? plain : redactQuoted(plain);
}

function redactQuoted(text: string): string {
  const first = text.search(firstQuotePattern);
  if (first < 0) return text;
  const last = text.search(lastQuotePattern);
  return `${text.slice(0, first)}[redacted]${last > first ? text.slice(last + 1) : ''}`;
}

interface LoggedError {
  type: string;
  message: string;
  code?: string | number;
  /** Of Fullscript's answer; its support asks for it. */
  upstreamRequestId?: string;
  stack?: string;
  cause?: LoggedError | string;
}

/** Of an error, only its kind, code, Fullscript's id of the answer, redacted message and stack go to the log, and the same of its causes. */
function serializeError(error: unknown, depth = 0): LoggedError | string {
  if (!(error instanceof Error)) return typeof error === 'string' ? redactText(error) : typeof error;
  // The messages of these errors of the language quote names of the program; everybody else's may quote values.
  const keepNames = error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
  const message = redactText(error.message, { keepNames });
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line));
  const code: unknown = 'code' in error ? error.code : undefined;
  const upstreamRequestId: unknown = 'upstreamRequestId' in error ? error.upstreamRequestId : undefined;
  return {
    type: error.name,
    message,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(typeof upstreamRequestId === 'string' && /^[\w.:-]{1,128}$/.test(upstreamRequestId)
      ? { upstreamRequestId }
      : {}),
    ...(frames !== undefined && frames.length > 0 ? { stack: frames.join('\n') } : {}),
    ...(error.cause !== undefined && depth < 5 ? { cause: serializeError(error.cause, depth + 1) } : {}),
  };
}

/**
 * Makes the logger: one JSON object a line, instants as ISO text. Values under the names of secrets and health data are replaced up to
 * three levels down, and of errors only kind, code, redacted message and stack are kept. `destination` defaults to standard output.
 */
export function createLogger(options: { level: string; destination?: DestinationStream }): Logger {
  const paths = redactedNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths, censor: '[redacted]' },
      serializers: { ...stdSerializers, err: (error: unknown) => serializeError(error) },
    },
    options.destination ?? pino.destination(1),
  );
}
