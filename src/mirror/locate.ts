import type { Account, ConnectionStatus } from '../domain/account.ts';
import { FullscriptFailure, Refusal } from '../domain/errors.ts';
import { isCurrent, type Freshness } from '../domain/freshness.ts';
import { toUsable, type Standing } from '../domain/standing.ts';
import type { CopyKey } from '../store/copies.ts';
import type { StoredLabOrder } from '../store/lab-orders.ts';
import type { StoredPlan } from '../store/plans.ts';
import type { LabOrderMirror } from './lab-orders.ts';
import type { MirrorNeeds } from './needs.ts';
import type { PlanMirror } from './plans.ts';
import { createRevalidation, type Revalidation } from './revalidation.ts';
import type { FetchOne } from './fetch-one.ts';
import { toClinicScope } from './scope.ts';

/** Where something with a Fullscript id is, as one user may reach it. */
export type Located<T> =
  | { kind: 'found'; object: T; account: Account }
  /** Nobody here knows it, nor does Fullscript for this user. */
  | { kind: 'unknown' }
  /** The user has no usable authorization in the clinic it belongs to. */
  | { kind: 'blocked'; status: ConnectionStatus };

export interface LocateRequest {
  organizationId: string;
  standing: Standing;
  id: string;
  freshness: Freshness;
  requestId: string;
  signal: AbortSignal;
}

/** Finds single plans and lab orders by Fullscript's id: in the stored copy, else at Fullscript with each clinic the user has connected. */
export interface Locator {
  /** Throws FullscriptFailure where the answer must come from Fullscript and does not, NOT_FOUND when a stored one is gone there. */
  locatePlan(request: LocateRequest): Promise<Located<StoredPlan>>;
  locateLabOrder(request: LocateRequest): Promise<Located<StoredLabOrder>>;
}

/**
 * Looks in one clinic after the other. That Fullscript refuses the user's authorization in one of them is thrown only when the thing
 * is found in none of the others.
 */
async function findFirst<C, T>(
  candidates: readonly C[],
  look: (candidate: C) => Promise<Located<T>>,
): Promise<Located<T>> {
  let refused: FullscriptFailure | null = null;
  for (const candidate of candidates) {
    try {
      const located = await look(candidate);
      if (located.kind === 'found') return located;
    } catch (error) {
      if (!(error instanceof FullscriptFailure) || (error.kind !== 'withdrawn' && error.kind !== 'forbidden'))
        throw error;
      refused ??= error;
    }
  }
  if (refused) throw refused;
  return { kind: 'unknown' };
}

interface Source<T> {
  kind: CopyKey['kind'];
  findStored(organizationId: string, id: string): Promise<readonly T[]>;
  fetch: FetchOne<T>;
  behind: Revalidation;
  /** False for what a clinic's sweep cannot vouch for. */
  isVouchedBySweep(object: T): boolean;
}

interface Locatable {
  clinicId: string;
  clinicKey: string;
  fullscriptPatientId: string | null;
  syncedAt: string;
}

/** Makes what finds single plans and lab orders, through the mirrors that keep their copies. */
export function createLocator(needs: MirrorNeeds, mirrors: { plans: PlanMirror; labOrders: LabOrderMirror }): Locator {
  const { store, settings, now } = needs;
  const plansBehind = createRevalidation(needs, { kind: 'plan', called: 'a copy' });
  const labOrdersBehind = createRevalidation(needs, { kind: 'lab-order', called: 'a copy' });

  async function isCopyCurrent<T extends Locatable>(source: Source<T>, object: T): Promise<boolean> {
    const key = { clinicKey: object.clinicKey, kind: source.kind, subject: object.fullscriptPatientId ?? '' };
    const age = await store.copies.find(key);
    const listedAt = age?.syncedAt ?? null;
    const syncedAt = listedAt !== null && listedAt > object.syncedAt ? listedAt : object.syncedAt;
    // What called the patient's list into question may be about this very object, unless it was read since.
    const expiredAt = age?.expiredAt && age.expiredAt >= object.syncedAt ? age.expiredAt : null;
    const sweptAt = source.isVouchedBySweep(object)
      ? ((await store.clinics.find(object.clinicKey))?.sweptAt ?? null)
      : null;
    return isCurrent({ syncedAt, sweptAt, expiredAt }, now(), settings.freshForSeconds);
  }

  async function toFreshness<T extends Locatable>(
    source: Source<T>,
    object: T,
    account: Account,
    request: LocateRequest,
  ): Promise<Located<T>> {
    const scope = toClinicScope(account);
    if (request.freshness === 'CURRENT') {
      const fetched = await source.fetch(scope, request.id, request.requestId, request.signal, { anew: true });
      if (!fetched) throw new Refusal('NOT_FOUND', 'Fullscript does not know this any more');
      return { kind: 'found', object: fetched, account };
    }
    if (request.freshness === 'STALE_WHILE_REVALIDATE' && !(await isCopyCurrent(source, object))) {
      source.behind.begin({
        clinic: scope,
        subjects: [request.id],
        requestId: request.requestId,
        async findStale([id = '']) {
          const stored = await source.findStored(request.organizationId, id);
          const copy = stored.find(({ clinicKey }) => clinicKey === scope.clinicKey);
          return copy && !(await isCopyCurrent(source, copy)) ? [id] : [];
        },
        // Nobody waits, so nothing ends it but the fetch's own deadline.
        refresh: (id) =>
          source.fetch(scope, id, request.requestId, new AbortController().signal, { priority: 'background' }),
      });
    }
    return { kind: 'found', object, account };
  }

  async function locate<T extends Locatable>(source: Source<T>, request: LocateRequest): Promise<Located<T>> {
    const { standing, freshness } = request;
    if (!standing.enabled) return { kind: 'blocked', status: 'DISABLED' };
    const stored = await source.findStored(request.organizationId, request.id);
    let blocked: ConnectionStatus | null = null;
    const reachable: { object: T; account: Account }[] = [];
    for (const object of stored) {
      const usable = toUsable(standing, object.clinicId);
      if (usable.kind === 'usable') reachable.push({ object, account: usable.account });
      else blocked ??= usable.status;
    }
    if (reachable.length > 0) {
      return await findFirst(reachable, ({ object, account }) => toFreshness(source, object, account, request));
    }
    if (blocked !== null) return { kind: 'blocked', status: blocked };

    const usable = standing.accounts.filter((account) => account.state === 'ACTIVE');
    if (usable.length === 0)
      return { kind: 'blocked', status: standing.accounts[0] ? 'RECONNECT_REQUIRED' : 'NOT_CONNECTED' };
    if (freshness === 'STORED') return { kind: 'unknown' };
    return await findFirst(usable, async (account) => {
      const how = { anew: freshness === 'CURRENT' };
      const object = await source.fetch(toClinicScope(account), request.id, request.requestId, request.signal, how);
      return object ? { kind: 'found', object, account } : { kind: 'unknown' };
    });
  }

  return {
    locatePlan: (request) =>
      locate<StoredPlan>(
        {
          kind: 'plans',
          findStored: async (organizationId, id) => (await store.plans.findByIds(organizationId, [id])).get(id) ?? [],
          fetch: mirrors.plans.fetchPlan,
          behind: plansBehind,
          isVouchedBySweep: () => true,
        },
        request,
      ),
    locateLabOrder: (request) =>
      locate<StoredLabOrder>(
        {
          kind: 'labs',
          findStored: async (organizationId, id) =>
            (await store.labOrders.findByIds(organizationId, [id])).get(id) ?? [],
          fetch: mirrors.labOrders.fetchOrder,
          behind: labOrdersBehind,
          isVouchedBySweep: (order) => order.status === 'INTERPRETATION_SHARED',
        },
        request,
      ),
  };
}
