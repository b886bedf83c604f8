import { randomBytes } from 'node:crypto';
import { issuePair } from '../../src/sandbox/api/tokens.ts';
import type { Deployment } from './deployment.ts';
import { getUser } from './people.ts';

/**
 * Connects `count` invented users of an organization, as many as no test could lead through Fullscript's pages: each has a login of their own in the
 * sandbox's clinic of Ada, a live pair of tokens there, and the account here. Gives the pairs as the sandbox keeps them.
 */
export async function connectMany(deployment: Deployment, count: number, organizationId = 'org-juniper') {
  const { sandbox } = deployment.sandbox;
  const like = getUser(deployment);
  const name = randomBytes(4).toString('hex');
  const pairs = Array.from({ length: count }, (_, index) => {
    const id = `${name}-${String(index)}`;
    sandbox.state.users.set(id, { ...like, id, email: `${id}@cedarrow.example`, isOwner: false });
    const pair = issuePair(sandbox, id, null);
    pair.usedAt = pair.createdAt;
    return pair;
  });
  const left = pairs.entries();
  const connectRest = async (): Promise<void> => {
    for (const [, pair] of left) {
      await deployment.app.parts.store.accounts.connect({
        organizationId,
        userId: `u-${pair.userId}`,
        practitionerId: null,
        environment: 'us-snd',
        fullscriptUserId: pair.userId,
        userType: 'PRACTITIONER',
        clinicId: like.clinicId,
        tokens: {
          accessToken: pair.accessToken,
          refreshToken: pair.refreshToken,
          expiresAt: new Date(Date.parse(pair.createdAt) + 7_200_000).toISOString(),
          scopes: pair.scopes,
        },
      });
    }
  };
  await Promise.all(Array.from({ length: 8 }, connectRest));
  return pairs;
}
