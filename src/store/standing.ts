import { isEnabled, type Standing } from '../domain/standing.ts';
import type { Store } from './store.ts';

/** Reads an EMR user's position at Fullscript. */
export async function getStanding(
  store: Pick<Store, 'accounts' | 'switches'>,
  organizationId: string,
  userId: string,
): Promise<Standing> {
  const [accounts, switches] = await Promise.all([
    store.accounts.findByUser(organizationId, userId),
    store.switches.find(organizationId, [userId]),
  ]);
  return { accounts, enabled: isEnabled(switches, userId) };
}
