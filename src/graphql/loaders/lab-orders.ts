import DataLoader from 'dataloader';
import type { Freshness } from '../../domain/freshness.ts';
import type { LabOrderStatus } from '../../domain/lab-order.ts';
import { readPageRequest, type PageArguments, type PageRequest } from '../../domain/page.ts';
import { toConnectionRefusal } from '../../domain/standing.ts';
import { toRowKey } from '../../store/keys.ts';
import type { FullscriptLabOrderConnectionParent, FullscriptLabOrderParent, PatientParent } from '../parents.ts';
import { answerByGroup } from './batch.ts';
import { isCurrentSince, pageOwn } from './own-lists.ts';
import type { PatientLoaders } from './patients.ts';
import { toHiddenPatient, type RequestView } from './request.ts';

/** What a list of a patient's lab orders is asked with. */
export interface PatientLabOrdersRequest extends PageArguments {
  patient: PatientParent;
  clinicId: string | null;
  freshness: Freshness;
  statuses: readonly LabOrderStatus[] | null;
}

type ReadRequest = PatientLabOrdersRequest & { page: PageRequest };

/** Reads about lab orders. */
export interface LabOrderLoaders {
  ofPatient(request: PatientLabOrdersRequest): Promise<FullscriptLabOrderConnectionParent>;
  /** The viewer's own practitioner only. */
  ofPractitioner(
    request: PageArguments & { practitionerId: string; statuses: readonly LabOrderStatus[] | null },
  ): Promise<FullscriptLabOrderConnectionParent>;
  /** As `PlanLoaders.byId`. */
  byId(id: string, freshness: Freshness, vouching: 'ask' | 'recall'): Promise<FullscriptLabOrderParent | null>;
}

function toLabOrderList(patientId: string): string {
  return `lab orders of ${patientId}`;
}

/** Builds the loaders of lab orders, for one request. */
export function createLabOrderLoaders(view: RequestView, patients: PatientLoaders): LabOrderLoaders {
  const { needs, caller } = view;
  const { store } = needs;

  async function answerLists(
    group: readonly ReadRequest[],
    put: (request: ReadRequest, answer: FullscriptLabOrderConnectionParent | Error) => void,
  ): Promise<void> {
    const [first] = group;
    if (!first) return;
    const linked: { request: ReadRequest; fullscriptPatientId: string }[] = [];
    await Promise.all(
      group.map(async (request) => {
        try {
          const { hasLabs } = needs.labOrders;
          const resolved = await patients.resolve(
            request.patient,
            request.clinicId,
            hasLabs ? request.freshness : 'STORED',
          );
          if (resolved.kind === 'hidden') put(request, toHiddenPatient());
          else if (resolved.kind === 'linked' && hasLabs)
            linked.push({ request, fullscriptPatientId: resolved.link.fullscriptPatientId });
          else put(request, toEmptyConnection(toLabOrderList(request.patient.id)));
        } catch (error) {
          put(request, error instanceof Error ? error : new Error(String(error)));
        }
      }),
    );
    if (linked.length === 0) return;
    const reading = await view.getReading(first.clinicId, first.freshness, 'labs');
    const { clinicKey } = reading.scope;
    const states = await needs.labOrders.ensure(
      reading,
      linked.map(({ fullscriptPatientId }) => fullscriptPatientId),
    );
    const pages = await store.labOrders.pagesByPatients({
      keys: linked.map(({ fullscriptPatientId }) => ({ clinicKey, fullscriptPatientId })),
      ...(first.statuses ? { statuses: first.statuses } : {}),
      page: first.page,
    });
    for (const { request, fullscriptPatientId } of linked) {
      const state = states.get(fullscriptPatientId);
      const page = pages.get(toRowKey(clinicKey, fullscriptPatientId));
      const { patient, freshness } = request;
      if (state instanceof Error) put(request, state);
      else if (state && page) {
        const rows = page.rows.map((row) => Object.assign(row, { patient, freshness }));
        put(request, { list: toLabOrderList(patient.id), page: { ...page, rows }, ...state });
      }
    }
  }

  const lists = new DataLoader<ReadRequest, FullscriptLabOrderConnectionParent>(
    (requests) =>
      answerByGroup(
        requests,
        ({ clinicId, freshness, statuses, page }) => JSON.stringify([clinicId, freshness, statuses, page]),
        answerLists,
      ),
    { cache: false },
  );

  return {
    ofPatient(request) {
      view.assertMay('patient.clinical', request.patient.id);
      const page = readPageRequest(toLabOrderList(request.patient.id), request, 10);
      return lists.load({ ...request, page });
    },
    async ofPractitioner({ practitionerId, statuses, first, after }) {
      const list = `lab orders by ${practitionerId}`;
      const page = readPageRequest(list, { first, after }, 10);
      const clinics = await view.getOwnClinics(practitionerId, 'labs');
      const rows = await store.authored.find({
        of: 'labOrders',
        practitioners: clinics.practitioners,
        ...(statuses ? { among: statuses } : {}),
      });
      const own = await pageOwn(view, page, rows, (ids) =>
        store.labOrders.findByIds(caller.viewer.organizationId, ids),
      );
      return {
        list,
        page: {
          ...own,
          rows: own.rows.map(({ row, patient }) => Object.assign(row, { patient, freshness: 'STORED' as const })),
        },
        syncedAt: clinics.syncedAt,
        stale: !isCurrentSince(needs, clinics.syncedAt),
      };
    },
    async byId(id, freshness, vouching) {
      view.assertMay('patient.clinical');
      const located = await needs.locator.locateLabOrder({
        organizationId: caller.viewer.organizationId,
        standing: await view.standing(),
        id,
        freshness,
        requestId: caller.requestId,
        signal: caller.signal,
      });
      if (located.kind === 'unknown') return null;
      if (located.kind === 'blocked') {
        view.noteRead(null, 'denied');
        throw toConnectionRefusal(located.status);
      }
      view.assertCovers(located.account, 'labs');
      const patient = await view.getPatientOf(located.object, located.account, vouching);
      return Object.assign(located.object, { patient, freshness });
    },
  };
}

/** For a list of a patient who is not linked, and where there are no labs: nothing could be behind. */
function toEmptyConnection(list: string): FullscriptLabOrderConnectionParent {
  return {
    list,
    page: { rows: [], hasNextPage: false, hasPreviousPage: false, totalCount: 0 },
    syncedAt: null,
    stale: false,
  };
}
