import { createHash, timingSafeEqual } from 'node:crypto';

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/**
 * Makes the test of the `x-gateway-secret` header. Several secrets may be valid while they are changed. The time it takes tells nothing
 * about the secrets, nor which of them was meant.
 */
export function createGatewayCheck(secrets: readonly string[]): (header: string | string[] | undefined) => boolean {
  const digests = secrets.map(digest);
  return (header) => {
    if (typeof header !== 'string') return false;
    const given = digest(header);
    return digests.map((expected) => timingSafeEqual(expected, given)).includes(true);
  };
}
