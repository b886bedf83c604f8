import { isIn, toChunks } from './conditions.ts';
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
  const gone = rows.map((row) => row.id).filter((id) => !kept.has(id));
  for (const chunk of toChunks(gone, 1000)) {
    const among = isIn('id', chunk);
    // Read again by somebody since it was looked up: then it is there after all.
    await tx.run(`DELETE FROM ${table} WHERE clinic_key = ? AND ${among.sql} AND synced_at <= ?`, [
      clinicKey,
      ...among.params,
      listedAt,
    ]);
  }
  return gone;
}
