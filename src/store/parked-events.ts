import type { Page, PageRequest } from '../domain/page.ts';
import { isIn } from './conditions.ts';
import type { Condition } from './conditions.ts';
import type { Database, SqlValue } from './database.ts';
import type { WebhookEventRow } from './entities/webhook-event.ts';

/** An event that was given up after repeated failure; nothing of a patient is in it. */
export interface ParkedEvent {
  /** The row's own id. */
  id: string;
  /** Fullscript's id and kind of the event. */
  eventId: string;
  type: string;
  clinicId: string | null;
  occurredAt: string | null;
  receivedAt: string;
  attempts: number;
  /** By what it failed last: a kind of FullscriptFailure, or `bug`. */
  reason: string;
}

/** Clinics as one organization knows them. What is applied for them already is none of their concern. */
export type OfClinics = readonly { id: string; clinicKey: string }[];

/** How many events wait and are parked. */
export interface EventDepth {
  pending: number;
  parked: number;
  oldestPendingAt: string | null;
}

/** What operators and admins see of events, and how they have parked ones tried again. With null as clinics, everything. */
export interface ParkedEvents {
  depth(clinics: OfClinics | null): Promise<EventDepth>;
  /** Newest first; positions are (received at, id). */
  page(clinics: OfClinics | null, page: PageRequest): Promise<Omit<Page<ParkedEvent>, 'totalCount'>>;
  /** Makes parked events due at `runAt`, all or only those with these row ids; gives how many. */
  unpark(clinics: OfClinics | null, ids: readonly string[] | null, runAt: string): Promise<number>;
}

/** Builds the queries on parked events. */
export function createParkedEvents(db: Database): ParkedEvents {
  return {
    async depth(clinics) {
      const of = isOf(clinics);
      const rows = await db.read<{ state: string; total: number; oldest: string | null }>(
        `SELECT state, COUNT(*) AS total, MIN(received_at) AS oldest FROM webhook_event
          WHERE state IN ('PENDING', 'PARKED') AND ${of.sql} GROUP BY state`,
        of.params,
      );
      const pending = rows.find((row) => row.state === 'PENDING');
      return {
        pending: pending?.total ?? 0,
        parked: rows.find((row) => row.state === 'PARKED')?.total ?? 0,
        oldestPendingAt: pending?.oldest ?? null,
      };
    },

    async page(clinics, { first, after }) {
      const of = isOf(clinics);
      const params: SqlValue[] = [...of.params];
      let behind = '';
      if (after !== null) {
        behind = 'AND (received_at < ? OR (received_at = ? AND id < ?))';
        params.push(after.at, after.at, after.id);
      }
      const rows = await db.read<WebhookEventRow>(
        `SELECT id, event_id, type, clinic_id, occurred_at, received_at, attempts, last_error FROM webhook_event
          WHERE state = 'PARKED' AND ${of.sql} ${behind} ORDER BY received_at DESC, id DESC LIMIT ${String(first + 1)}`,
        params,
      );
      return {
        rows: rows.slice(0, first).map((row) => ({
          id: row.id,
          eventId: row.event_id,
          type: row.type,
          clinicId: row.clinic_id,
          occurredAt: row.occurred_at,
          receivedAt: row.received_at,
          attempts: row.attempts,
          reason: row.last_error ?? 'bug',
        })),
        hasNextPage: rows.length > first,
        hasPreviousPage: after !== null,
      };
    },

    async unpark(clinics, ids, runAt) {
      if (ids?.length === 0) return 0;
      const of = isOf(clinics);
      const among = ids === null ? { sql: '1 = 1', params: [] } : isIn('id', ids);
      return await db.write((tx) =>
        tx.run(
          `UPDATE webhook_event SET state = 'PENDING', attempts = 0, run_at = ?
            WHERE state = 'PARKED' AND ${of.sql} AND ${among.sql}`,
          [runAt, ...of.params, ...among.params],
        ),
      );
    },
  };
}

function isOf(clinics: OfClinics | null): Condition {
  if (clinics === null) return { sql: '1 = 1', params: [] };
  if (clinics.length === 0) return { sql: '1 = 0', params: [] };
  const parts = clinics.map(() => '(clinic_id = ? AND (applied_to IS NULL OR applied_to NOT LIKE ?))');
  return { sql: `(${parts.join(' OR ')})`, params: clinics.flatMap(({ id, clinicKey }) => [id, `%${clinicKey}%`]) };
}
