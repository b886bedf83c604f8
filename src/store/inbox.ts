import type { FullscriptEvent } from '../domain/event.ts';
import { claimDue } from './claim.ts';
import { isIn, readJson } from './conditions.ts';
import type { Database } from './database.ts';
import type { WebhookEventRow } from './entities/webhook-event.ts';
import { createSortableId } from './ids.ts';
import { toHash } from './keys.ts';
import { insertMissing } from './upsert.ts';

/** An event that somebody works on. */
export interface InboxEvent extends FullscriptEvent {
  /** The row's own id. */
  rowId: string;
  source: string;
  receivedAt: string;
  /** Which attempt this is, 1 for the first. */
  attempts: number;
}

/** Events from webhooks and sweeps, once each per (event id, clinic), until they are worked off. */
export interface Inbox {
  /** Stores events that are not there yet; gives the row ids of the new ones. Stored means it survives a crash. */
  receive(
    events: readonly FullscriptEvent[],
    source: 'webhook' | 'sweep' | 'own',
    receivedAt: string,
  ): Promise<string[]>;
  /** Takes up to `limit` events that are due, oldest first, each for `leaseMs`; others taking at the same time get others. */
  claim(limit: number, leaseMs: number): Promise<InboxEvent[]>;
  done(rowId: string): Promise<void>;
  /** Puts it back until `runAt`. `error` is an operator's word, without patient data. */
  retryAt(rowId: string, runAt: string, error: string): Promise<void>;
  /** Gives up, visibly. */
  park(rowId: string, error: string): Promise<void>;
  /** Puts parked events back; gives how many. */
  unpark(runAt: string): Promise<number>;
  depth(): Promise<{ pending: number; parked: number; oldestPendingAt: string | null }>;
  /** How many events of a clinic, received until `receivedUntil`, are still to be applied; parked ones do not count. */
  countOpen(clinicId: string, receivedUntil: string): Promise<number>;
  /** Deletes finished events received before `before`, at most `limit`; gives how many. */
  prune(before: string, limit: number): Promise<number>;
}

/** Builds the queries on events. */
export function createInbox(db: Database, needs: { now: () => Date }): Inbox {
  return {
    async receive(events, source, receivedAt) {
      if (events.length === 0) return [];
      const ids = events.map((_, index) => createSortableId(needs.now(), index));
      return db.write(async (tx) => {
        await insertMissing(tx, {
          table: 'webhook_event',
          keys: ['event_key'],
          columns: [
            'event_key',
            'id',
            'event_id',
            'type',
            'clinic_id',
            'occurred_at',
            'payload',
            'source',
            'received_at',
            'state',
            'attempts',
            'run_at',
          ],
          rows: events.map((event, index) => [
            toHash([event.id, event.clinicId]),
            ids[index] ?? '',
            event.id,
            event.type,
            event.clinicId,
            event.createdAt,
            JSON.stringify(event.data),
            source,
            receivedAt,
            'PENDING',
            0,
            receivedAt,
          ]),
        });
        const among = isIn('id', ids);
        const rows = await tx.read<{ id: string }>(
          `SELECT id FROM webhook_event WHERE ${among.sql} ORDER BY id`,
          among.params,
        );
        return rows.map((row) => row.id);
      });
    },

    async claim(limit, leaseMs) {
      const rows = await claimDue<WebhookEventRow>(db, {
        table: 'webhook_event',
        index: 'webhook_event_due',
        where: "state = 'PENDING'",
        params: [],
        key: 'id',
        columns: 'id, event_id, type, clinic_id, occurred_at, payload, source, received_at, attempts',
        now: needs.now(),
        limit,
        leaseMs,
      });
      return rows.map((row) => ({
        rowId: row.id,
        id: row.event_id,
        type: row.type,
        clinicId: row.clinic_id,
        createdAt: row.occurred_at,
        data: readJson(row.payload) as Record<string, unknown>,
        source: row.source,
        receivedAt: row.received_at,
        attempts: row.attempts + 1,
      }));
    },

    async done(rowId) {
      // The payload has served its purpose; what stays is the proof that this event was here.
      await db.write((tx) =>
        tx.run("UPDATE webhook_event SET state = 'DONE', last_error = NULL, payload = '{}' WHERE id = ?", [rowId]),
      );
    },

    async retryAt(rowId, runAt, error) {
      await db.write((tx) =>
        tx.run("UPDATE webhook_event SET run_at = ?, last_error = ? WHERE id = ? AND state = 'PENDING'", [
          runAt,
          error,
          rowId,
        ]),
      );
    },

    async park(rowId, error) {
      await db.write((tx) =>
        tx.run("UPDATE webhook_event SET state = 'PARKED', last_error = ? WHERE id = ? AND state = 'PENDING'", [
          error,
          rowId,
        ]),
      );
    },

    unpark: (runAt) =>
      db.write((tx) =>
        tx.run("UPDATE webhook_event SET state = 'PENDING', attempts = 0, run_at = ? WHERE state = 'PARKED'", [runAt]),
      ),

    async depth() {
      const rows = await db.read<{ state: string; total: number; oldest: string | null }>(
        `SELECT state, COUNT(*) AS total, MIN(received_at) AS oldest FROM webhook_event
          WHERE state IN ('PENDING', 'PARKED') GROUP BY state`,
      );
      const pending = rows.find((row) => row.state === 'PENDING');
      return {
        pending: pending?.total ?? 0,
        parked: rows.find((row) => row.state === 'PARKED')?.total ?? 0,
        oldestPendingAt: pending?.oldest ?? null,
      };
    },

    async countOpen(clinicId, receivedUntil) {
      const [row] = await db.read<{ total: number }>(
        "SELECT COUNT(*) AS total FROM webhook_event WHERE state = 'PENDING' AND clinic_id = ? AND received_at <= ?",
        [clinicId, receivedUntil],
      );
      return row?.total ?? 0;
    },

    prune(before, limit) {
      return db.write(async (tx) => {
        const rows = await tx.read<{ id: string }>(
          `SELECT id FROM webhook_event WHERE state = 'DONE' AND received_at < ?
            ORDER BY received_at LIMIT ${String(Math.max(1, Math.trunc(limit)))}`,
          [before],
        );
        if (rows.length === 0) return 0;
        const among = isIn(
          'id',
          rows.map((row) => row.id),
        );
        return tx.run(`DELETE FROM webhook_event WHERE ${among.sql}`, among.params);
      });
    },
  };
}
