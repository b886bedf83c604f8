import { readPageRequest, type Page, type PageArguments } from '../../domain/page.ts';
import type { ClinicFill } from '../../store/clinic-fills.ts';
import type { StoredClinic } from '../../store/clinics.ts';
import type { ParkedEvent } from '../../store/parked-events.ts';
import type { RequestView } from './request.ts';

/** One clinic with how far its copy has come. */
export interface ClinicSync {
  clinic: StoredClinic;
  sweptAt: string | null;
  fill: ClinicFill | null;
}

/** How the organization's copies keep up with Fullscript. */
export interface Sync {
  pendingEvents: number;
  oldestPendingEventAt: string | null;
  parkedEvents: number;
  clinics: readonly ClinicSync[];
}

/** Reads about how the stored copy keeps up with Fullscript, for admins and services. Only the organization's own clinics. */
export interface SynchronizationLoaders {
  /** A constant number of statements. */
  sync(): Promise<Sync>;
  parkedEvents(
    request: PageArguments,
  ): Promise<Omit<Page<ParkedEvent & { clinic: StoredClinic }>, 'totalCount'> & { list: string }>;
}

/** Builds them for one request. */
export function createSynchronizationLoaders(view: RequestView): SynchronizationLoaders {
  const { store } = view.needs;
  const { organizationId } = view.caller.viewer;
  return {
    async sync() {
      view.assertMay('synchronization.administer');
      const clinics = await store.clinics.listByOrganization(organizationId);
      const [depth, fills] = await Promise.all([
        store.parkedEvents.depth(clinics),
        store.clinicFills.findByKeys(clinics.map(({ clinicKey }) => clinicKey)),
      ]);
      return {
        pendingEvents: depth.pending,
        oldestPendingEventAt: depth.oldestPendingAt,
        parkedEvents: depth.parked,
        clinics: clinics.map((clinic) => ({
          clinic,
          sweptAt: clinic.sweptAt,
          fill: fills.get(clinic.clinicKey) ?? null,
        })),
      };
    },
    async parkedEvents(request) {
      view.assertMay('synchronization.administer');
      const list = 'parked events';
      const page = readPageRequest(list, request, 50);
      const clinics = await store.clinics.listByOrganization(organizationId);
      const byId = new Map(clinics.map((clinic) => [clinic.id, clinic]));
      const { rows, ...place } = await store.parkedEvents.page(clinics, page);
      const known = rows.flatMap((row) => {
        const clinic = row.clinicId === null ? undefined : byId.get(row.clinicId);
        return clinic ? [{ ...row, clinic }] : [];
      });
      return { list, ...place, rows: known };
    },
  };
}
