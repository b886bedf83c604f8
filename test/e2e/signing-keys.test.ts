import { generateKeyPair, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { startDeployment } from '../support/deployment.ts';

const viewer = '{ fullscriptViewer { connectionStatus } }';
const claims = { sub: 'u-ada', org: 'org-juniper', roles: ['practitioner'] };

describe("The EMR's key set", () => {
  it('is read again for an unknown key at most once in 30 s, and a rotated key works within 45 s', async () => {
    let offsetMs = 0;
    const now = (): Date => new Date(Date.now() + offsetMs);
    const deployment = await startDeployment({ outside: { now }, emr: { now } });
    try {
      expect((await deployment.ask('u-ada', viewer)).errors).toEqual([]);
      offsetMs += 31_000;
      const fetched = deployment.emr.calls.keyFetches();
      const { privateKey } = await generateKeyPair('ES256');
      const flood = await Promise.all(
        [...Array(60).keys()].map(async (index) => {
          const token = await new SignJWT({ ...claims })
            .setProtectedHeader({ alg: 'ES256', kid: `unknown-${String(index)}` })
            .setIssuer(deployment.emr.issuer)
            .setAudience(deployment.emr.audience)
            .setExpirationTime(Math.floor(now().getTime() / 1000) + 600)
            .sign(privateKey);
          return await deployment.ask(`token:${token}`, viewer);
        }),
      );
      expect(flood.every(({ errors }) => errors[0]?.extensions['code'] === 'UNAUTHENTICATED')).toBe(true);
      expect(deployment.emr.calls.keyFetches() - fetched).toBeLessThanOrEqual(1);

      await deployment.emr.rotateKeys();
      offsetMs += 45_000;
      expect((await deployment.ask('u-ada', viewer)).errors).toEqual([]);
      expect((await deployment.ask('u-ben', viewer)).errors).toEqual([]);
    } finally {
      await deployment.stop();
    }
  }, 60_000);

  it('once known, goes on working while the EMR does not publish it; never known, nobody is told to sign in', async () => {
    const deployment = await startDeployment();
    try {
      expect((await deployment.ask('u-ada', viewer)).errors).toEqual([]);
      deployment.emr.faults.keysDown = true;
      expect((await deployment.ask('u-ben', viewer)).errors).toEqual([]);
      const cold = await deployment.startAnother();
      const answer = await deployment.ask('u-ada', viewer, { url: cold.url });
      expect(answer).toMatchObject({ status: 200, errors: [{ extensions: { code: 'EMR_UNAVAILABLE' } }] });
    } finally {
      await deployment.stop();
    }
  }, 60_000);
});
