import { isCurrent } from '../../domain/freshness.ts';
import type { Page, PageRequest } from '../../domain/page.ts';
import { toRowKey } from '../../store/keys.ts';
import type { PatientParent } from '../parents.ts';
import type { LoaderNeeds, RequestView } from './request.ts';

interface OwnRow {
  id: string;
  clinicKey: string;
  fullscriptPatientId: string | null;
  createdAt: string | null;
}

/** Rows read at once while a practitioner's own list is put together. */
const chunk = 100;

/**
 * One page of what a practitioner wrote, with the patients whom the EMR hides from them left out before anything is counted. Rows of somebody who is linked
 * to nobody stay, with a null patient: their author may see them.
 */
export async function pageOwn<T extends OwnRow>(
  view: RequestView,
  page: PageRequest,
  readChunk: (request: PageRequest) => Promise<Page<T>>,
): Promise<Page<{ row: T; patient: PatientParent | null }>> {
  const visible: { row: T; patient: PatientParent | null }[] = [];
  let request: PageRequest | null = { first: chunk, after: null };
  while (request) {
    const { rows, hasNextPage }: Page<T> = await readChunk(request);
    visible.push(...(await withPatients(view, rows)));
    const last = rows.at(-1);
    request = hasNextPage && last ? { first: chunk, after: { at: last.createdAt ?? '', id: last.id } } : null;
  }
  const { after, first } = page;
  const start = after === null ? 0 : visible.findIndex(({ row }) => isBehind(row, after));
  const from = start < 0 ? visible.length : start;
  const rows = visible.slice(from, from + first);
  for (const { patient } of rows) view.noteRead(patient?.id ?? null, 'ok');
  return {
    rows,
    hasNextPage: from + first < visible.length,
    hasPreviousPage: from > 0,
    totalCount: visible.length,
  };
}

function isBehind(row: OwnRow, after: { at: string; id: string }): boolean {
  const at = row.createdAt ?? '';
  return at < after.at || (at === after.at && row.id < after.id);
}

async function withPatients<T extends OwnRow>(
  view: RequestView,
  rows: readonly T[],
): Promise<{ row: T; patient: PatientParent | null }[]> {
  const keys = rows
    .filter((row) => row.fullscriptPatientId !== null)
    .map((row) => ({ clinicKey: row.clinicKey, id: row.fullscriptPatientId ?? '' }));
  const links = await view.needs.store.patientLinks.findLinksByFullscriptIds(keys);
  const kept = await Promise.all(
    rows.map(async (row) => {
      const link = links.get(toRowKey(row.clinicKey, row.fullscriptPatientId ?? ''));
      if (!link) return { row, patient: null };
      const demographics = await view.findDemographics({ id: link.patientId, demographics: null });
      return demographics ? { row, patient: { id: link.patientId, demographics } } : null;
    }),
  );
  return kept.filter((entry) => entry !== null);
}

/** Whether a copy that is known to be right since `syncedAt` still counts as current. */
export function isCurrentSince(needs: LoaderNeeds, syncedAt: string | null): boolean {
  return isCurrent({ syncedAt, sweptAt: null }, needs.now(), needs.freshForSeconds);
}
