import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Whether `header` (`t=<unix seconds>,v1=<hex>`) is a signature over `rawBody` by one of `secrets`, made at most `toleranceSeconds` before or after `now`.
 * `rawBody` are the bytes as they came, before any parsing. Every secret is tried, so that an old one goes on working while it is being replaced; without secrets
 * nothing is valid. Compares in constant time; never throws.
 */
export function verify(
  rawBody: Uint8Array | string,
  header: string | null | undefined,
  secrets: readonly string[],
  now: Date,
  toleranceSeconds = 300,
): boolean {
  const signature = readHeader(header);
  if (!signature) return false;
  const ageSeconds = now.getTime() / 1000 - Number(signature.time);
  if (!(Math.abs(ageSeconds) <= toleranceSeconds)) return false;
  let isValid = false;
  for (const secret of secrets) {
    if (secret === '') continue;
    const expected = toDigest(rawBody, secret, signature.time);
    for (const given of signature.digests) {
      // No early end: how long it takes says nothing about which secret fits.
      if (given.length === expected.length && timingSafeEqual(given, expected)) isValid = true;
    }
  }
  return isValid;
}

/** Makes the header that `verify` accepts: for tests and for whoever plays Fullscript. */
export function sign(rawBody: Uint8Array | string, secret: string, at: Date): string {
  const time = String(Math.floor(at.getTime() / 1000));
  return `t=${time},v1=${toDigest(rawBody, secret, time).toString('hex')}`;
}

function toDigest(rawBody: Uint8Array | string, secret: string, time: string): Buffer {
  return createHmac('sha256', secret).update(`${time}.`).update(rawBody).digest();
}

function readHeader(header: string | null | undefined): { time: string; digests: Buffer[] } | null {
  if (typeof header !== 'string' || header.length > 4096) return null;
  let time: string | undefined;
  const digests: Buffer[] = [];
  for (const part of header.split(',')) {
    const [key, value = ''] = part.trim().split('=', 2);
    if (key === 't' && /^\d{1,15}$/.test(value)) time ??= value;
    if (key === 'v1' && /^[\da-f]{64}$/i.test(value)) digests.push(Buffer.from(value, 'hex'));
  }
  return time !== undefined && digests.length > 0 ? { time, digests } : null;
}
