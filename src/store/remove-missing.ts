import { forUpdate, isIn, toChunks } from './conditions.ts';
import type { Transaction } from './database.ts';

/**
 * Deletes the patient's rows of a copied table that Fullscript's list of `listedAt` no longer had, unless they were read after that
 * moment. Gives their ids.
 */
export async function removeMissing(
  tx: Transaction,
  table: 'treatment_plan' | 'lab_order',
  list: { clinicKey: string; fullscriptPatientId: string; keptIds: readonly string[]; listedAt: string },
): Promise<string[]> {
  const { clinicKey, fullscriptPatientId, listedAt } = list;
  const kept = new Set(list.keptIds);
  const rows = await tx.read<{ id: string }>(
    `SELECT id FROM ${table} WHERE clinic_key = ? AND fullscript_patient_id = ? AND synced_at <= ? ORDER BY id`,
    [clinicKey, fullscriptPatientId, listedAt],
  );
  const missing = rows.map((row) => row.id).filter((id) => !kept.has(id));
  const gone: string[] = [];
  for (const chunk of toChunks(missing, 1000)) {
    const among = isIn('id', chunk);
    // Read again by somebody since it was looked up: then it is there after all, and what belongs to it stays, too.
    const held = await tx.read<{ id: string }>(
      `SELECT id FROM ${table} WHERE clinic_key = ? AND ${among.sql} AND synced_at <= ? ORDER BY id ${forUpdate(tx)}`,
      [clinicKey, ...among.params, listedAt],
    );
    if (held.length === 0) continue;
    const ids = held.map((row) => row.id);
    const these = isIn('id', ids);
    await tx.run(`DELETE FROM ${table} WHERE clinic_key = ? AND ${these.sql}`, [clinicKey, ...these.params]);
    gone.push(...ids);
  }
  return gone;
}
