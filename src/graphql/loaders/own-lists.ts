import { isCurrent } from '../../domain/freshness.ts';
import type { Page, PageRequest } from '../../domain/page.ts';
import type { AuthoredRow } from '../../store/authored.ts';
import { toRowKey, type ClinicRowKey } from '../../store/keys.ts';
import type { PatientParent } from '../parents.ts';
import type { LoaderNeeds, RequestView } from './request.ts';

/**
 * One page of what a practitioner wrote, with the patients whom the EMR hides from them left out before anything is counted. Rows of somebody who is linked
 * to nobody stay, with a null patient: their author may see them. `rows` is the whole list, newest first, in which the EMR is asked once for each patient;
 * `readByIds` is asked only for the page. Throws EMR_UNAVAILABLE when the EMR fails on any of the patients, as the count would be wrong without them.
 */
export async function pageOwn<T extends ClinicRowKey>(
  view: RequestView,
  page: PageRequest,
  rows: readonly AuthoredRow[],
  readByIds: (ids: readonly string[]) => Promise<ReadonlyMap<string, readonly T[]>>,
): Promise<Page<{ row: T; patient: PatientParent | null }>> {
  const patients = await findPatients(view, rows);
  const visible = rows.filter(({ patientId }) => patientId === null || patients.has(patientId));
  const { after, first } = page;
  const start = after === null ? 0 : visible.findIndex((row) => isBehind(row, after));
  const from = start < 0 ? visible.length : start;
  const shown = visible.slice(from, from + first);
  const found = await readByIds(shown.map(({ id }) => id));
  const wide = new Map([...found.values()].flat().map((row) => [toRowKey(row.clinicKey, row.id), row]));
  return {
    rows: shown.flatMap(({ clinicKey, id, patientId }) => {
      // Gone since the list was read.
      const row = wide.get(toRowKey(clinicKey, id));
      if (!row) return [];
      view.noteRead(patientId, 'ok');
      return [{ row, patient: patientId === null ? null : (patients.get(patientId) ?? null) }];
    }),
    hasNextPage: from + first < visible.length,
    hasPreviousPage: from > 0,
    totalCount: visible.length,
  };
}

function isBehind(row: AuthoredRow, after: { at: string; id: string }): boolean {
  return row.createdAt < after.at || (row.createdAt === after.at && row.id < after.id);
}

/** The patients whom the EMR shows to the viewer, by id. */
async function findPatients(view: RequestView, rows: readonly AuthoredRow[]): Promise<Map<string, PatientParent>> {
  const ids = [...new Set(rows.map(({ patientId }) => patientId).filter((id) => id !== null))];
  const shown = new Map<string, PatientParent>();
  await Promise.all(
    ids.map(async (id) => {
      const demographics = await view.findDemographics({ id, demographics: null });
      if (demographics) shown.set(id, { id, demographics });
    }),
  );
  return shown;
}

/** Whether a copy that is known to be right since `syncedAt` still counts as current. */
export function isCurrentSince(needs: LoaderNeeds, syncedAt: string | null): boolean {
  return isCurrent({ syncedAt, sweptAt: null }, needs.now(), needs.freshForSeconds);
}
