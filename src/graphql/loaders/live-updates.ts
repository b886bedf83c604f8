import type { Viewer } from '../../auth/viewer.ts';
import { findMissingReadScope, type Account, type ReadKind } from '../../domain/account.ts';
import { Refusal } from '../../domain/errors.ts';
import { assertCovers, isEnabled, toConnectionRefusal, toUsable, type Standing } from '../../domain/standing.ts';
import type { ChangeStream } from '../../mirror/live-changes.ts';
import type { PatientChange } from '../../store/changes.ts';
import type { Store } from '../../store/store.ts';
import type { FullscriptPatientChangeParent } from '../parents.ts';
import type { PlanLoaders } from './plans.ts';
import { toHiddenPatient, type RequestView } from './request.ts';

/** What live updates are made of. */
export interface LiveUpdateLoaders {
  /** The changes of a patient from now on. Throws what a read of the patient's plans and lab orders would be refused with. */
  follow(patientId: string): Promise<ChangeStream>;
  /**
   * What has changed, as it is now; null when there is nothing to tell this viewer: it is gone or another patient's by now, or it is in a clinic
   * or of a kind that they may not read while they may read others. Throws what ends the stream.
   */
  read(change: PatientChange): Promise<FullscriptPatientChangeParent | null>;
}

const kinds: readonly ReadKind[] = ['plans', 'labs'];

/** Accounts through which the viewer may read plans or lab orders. Throws FULLSCRIPT_CONNECTION_REQUIRED without any. */
function getFollowingAccounts(standing: Standing): Account[] {
  const active = standing.enabled ? standing.accounts.filter((account) => account.state === 'ACTIVE') : [];
  if (active.length === 0) {
    const usable = toUsable(standing);
    throw toConnectionRefusal(usable.kind === 'blocked' ? usable.status : 'RECONNECT_REQUIRED');
  }
  const covered = active.filter((account) => kinds.some((kind) => findMissingReadScope(account, kind) === null));
  if (covered.length === 0) for (const account of active) assertCovers(account, 'plans');
  return covered;
}

/**
 * Makes the look, now and then, at whether viewers may go on following: the error that ends the stream of each, null for who may. Two statements for each
 * organization, however many viewers.
 */
export function createFollowerCheck(
  store: Pick<Store, 'accounts' | 'switches'>,
): (viewers: readonly Viewer[]) => Promise<(Refusal | null)[]> {
  return async (viewers) => {
    const standings = new Map<string, Map<string, Standing>>();
    for (const organizationId of new Set(viewers.map((viewer) => viewer.organizationId))) {
      const userIds = viewers.filter((viewer) => viewer.organizationId === organizationId).map(({ userId }) => userId);
      const [accounts, switches] = await Promise.all([
        store.accounts.findByUsers(organizationId, userIds),
        store.switches.find(organizationId, userIds),
      ]);
      const ofUsers = userIds.map((userId): [string, Standing] => [
        userId,
        { accounts: accounts.get(userId) ?? [], enabled: isEnabled(switches, userId) },
      ]);
      standings.set(organizationId, new Map(ofUsers));
    }
    return viewers.map(({ organizationId, userId }) => {
      try {
        getFollowingAccounts(standings.get(organizationId)?.get(userId) ?? { accounts: [], enabled: true });
        return null;
      } catch (error) {
        if (error instanceof Refusal) return error;
        throw error;
      }
    });
  };
}

/** Builds what follows a patient and what reads a change, for one request or one event. */
export function createLiveUpdateLoaders(view: RequestView, plans: PlanLoaders): LiveUpdateLoaders {
  const { needs, caller } = view;
  const { store, live } = needs;

  async function getAccounts(): Promise<Account[]> {
    try {
      return getFollowingAccounts(await view.standing());
    } catch (error) {
      view.noteRead(null, 'denied');
      throw error;
    }
  }

  function assertShown<T>(patientId: string, answer: T | null): T {
    view.noteRead(patientId, answer ? 'ok' : 'denied');
    if (!answer) throw toHiddenPatient();
    return answer;
  }

  return {
    async follow(patientId) {
      const since = needs.now();
      view.assertMay('patient.clinical', patientId);
      await getAccounts();
      assertShown(patientId, await view.askPatient(patientId));
      return await live.follow({ organizationId: caller.viewer.organizationId, patientId, since });
    },
    async read(change) {
      view.assertMay('patient.clinical', change.patientId);
      const accounts = await getAccounts();
      const kind: ReadKind = change.kind === 'plan' ? 'plans' : 'labs';
      const account = accounts.find(({ clinicId }) => clinicId === change.clinicId);
      if (!account || findMissingReadScope(account, kind) !== null) return null;
      const demographics = await view.findDemographics({ id: change.patientId, demographics: null });
      const patient = { id: change.patientId, demographics: assertShown(change.patientId, demographics) };
      const key = { clinicKey: change.clinicKey, id: change.objectId };
      if (change.kind === 'plan') {
        const plan = await store.plans.find(key);
        if (!plan || !(await view.isOf(plan, account, patient))) return null;
        return { patient, plan: plans.toParent(plan, patient), labOrder: null, at: change.at };
      }
      const order = await store.labOrders.find(key);
      if (!order || !(await view.isOf(order, account, patient))) return null;
      const labOrder = Object.assign(order, { patient, freshness: 'STALE_WHILE_REVALIDATE' as const });
      return { patient, plan: null, labOrder, at: change.at };
    },
  };
}
