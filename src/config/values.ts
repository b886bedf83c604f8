import { z } from 'zod';

/** A text that must be there. */
export const required = z.string({ error: 'is required' });

function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(\.\d{1,3}){3}$/.test(hostname)
  );
}

type Refuse = (rule: string) => void;

/** Tells by `refuse` what is wrong; the parsed address, or null when it was refused. */
function parseHttpUrl(text: string, refuse: Refuse): URL | null {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    refuse('must be an absolute http(s) address');
    return null;
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') refuse('must be an absolute http(s) address');
  else if (url.protocol === 'http:' && !isLoopback(url.hostname))
    refuse('must be https, since http is accepted for loopback hosts only');
  else if (url.username !== '' || url.password !== '') refuse('must not hold a user name or password');
  else return url;
  return null;
}

/** An http(s) address, unchanged but for trailing slashes where `trim` says so. */
export function address(
  options: { trim?: boolean; bare?: boolean; check?: (url: URL, refuse: Refuse) => void } = {},
): z.ZodType<string, string> {
  return required.transform((text, context) => {
    const rules: string[] = [];
    const refuse: Refuse = (rule) => void rules.push(rule);
    const url = parseHttpUrl(text, refuse);
    if (url !== null) {
      if (options.bare === true && (url.search !== '' || url.hash !== '')) refuse('must not have a query or fragment');
      else options.check?.(url, refuse);
    }
    for (const message of rules) context.addIssue({ code: 'custom', message });
    if (rules.length > 0) return z.NEVER;
    return options.trim === true ? text.replace(/\/+$/, '') : text;
  });
}

/** A whole number from `least` to `most`; `fallback` where nothing is given. */
export function wholeNumber(fallback: number, least: number, most: number) {
  const rule = `must be a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, rule)
    .transform(Number)
    .refine((value) => value >= least && value <= most, rule)
    .default(fallback);
}

/** `on` or `off` as true or false; `fallback` where nothing is given. */
export function onOff(fallback: boolean) {
  return z
    .enum(['on', 'off'], { error: 'must be on or off' })
    .transform((value) => value === 'on')
    .default(fallback);
}

/** A list separated by commas or spaces. There must be at least one entry, and none twice. */
export function list(
  isEntry: (entry: string) => boolean,
  rule: string,
  toEntry: (entry: string) => string = (entry) => entry,
) {
  return z.string().transform((text, context) => {
    const entries = text.split(/[\s,]+/).filter((entry) => entry !== '');
    if (entries.length === 0 || !entries.every(isEntry)) {
      context.addIssue({ code: 'custom', message: rule });
      return z.NEVER;
    }
    return [...new Set(entries.map(toEntry))];
  });
}

/** Whether the text is an http(s) origin, with or without a slash at the end. */
export function isOrigin(entry: string): boolean {
  const url = parseHttpUrl(entry, () => undefined);
  return url !== null && url.pathname === '/' && url.search === '' && url.hash === '';
}

/** Secrets, of which several may be valid while they are changed. */
export const secretList = list((entry) => entry.length > 0, 'must hold at least one secret');

/** Keys as `kid:base64`, each of 32 bytes; none of the kids twice. */
export const encryptionKeys = required.transform((text, context) => {
  const refuse = (rule: string): typeof z.NEVER => {
    context.addIssue({ code: 'custom', message: rule });
    return z.NEVER;
  };
  const keys: { kid: string; key: Uint8Array }[] = [];
  for (const entry of text.split(/[\s,]+/).filter((part) => part !== '')) {
    const match = /^([A-Za-z0-9._-]{1,64}):([A-Za-z0-9+/_-]+={0,2})$/.exec(entry);
    const [, kid, encoded] = match ?? [];
    if (kid === undefined || encoded === undefined)
      return refuse('must be a list of kid:base64, the kid of 1 to 64 letters, digits, dots, dashes or underscores');
    const key = Uint8Array.from(Buffer.from(encoded, 'base64'));
    if (key.length !== 32) return refuse('must hold keys of exactly 32 bytes in base64');
    if (keys.some((other) => other.kid === kid)) return refuse('must not use a kid twice');
    keys.push({ kid, key });
  }
  return keys.length > 0 ? keys : refuse('must hold at least one key');
});

/** Where the data is kept; a file of SQLite where nothing is given. */
export const databaseUrl = z
  .string()
  .default('sqlite:./data/fullscript.db')
  .refine(
    (text) => {
      if (text.startsWith('sqlite:')) return text.length > 'sqlite:'.length;
      try {
        const url = new URL(text);
        return url.protocol === 'mysql:' && url.hostname !== '' && /^\/[^/]+$/.test(url.pathname);
      } catch {
        return false;
      }
    },
    { error: 'must be sqlite:PATH or mysql://user:password@host:port/name' },
  );

/** The address of a Redis. */
export const redisUrl = z.string().refine(
  (text) => {
    try {
      const url = new URL(text);
      return (url.protocol === 'redis:' || url.protocol === 'rediss:') && url.hostname !== '';
    } catch {
      return false;
    }
  },
  { error: 'must be redis://host:port or rediss://host:port' },
);

/** `name=value` pairs, separated by commas, the values percent-encoded. */
export const headerList = z.string().transform((text, context) => {
  const headers: Record<string, string> = {};
  for (const entry of text.split(',').filter((part) => part.trim() !== '')) {
    const [, name, value] = /^\s*([A-Za-z0-9_-]+)\s*=\s*(.*?)\s*$/.exec(entry) ?? [];
    try {
      if (name === undefined || value === undefined) throw new URIError();
      headers[name.toLowerCase()] = decodeURIComponent(value);
    } catch {
      context.addIssue({ code: 'custom', message: 'must be a list of name=value, the values percent-encoded' });
      return z.NEVER;
    }
  }
  return headers;
});
