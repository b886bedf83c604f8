import { toEventHint, type FullscriptEvent } from '../domain/event.ts';
import { claimDue } from './claim.ts';
import { isIn, readJson, toChunks } from './conditions.ts';
import type { Database, SqlValue } from './database.ts';
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
  /** The keys of the clinics for which it is applied already, while it is not for others. */
  appliedTo: readonly string[];
  /** Whether what it may have changed no longer counts as current. */
  doubted: boolean;
}

/** How far an event has come that is not applied for everybody. */
export interface EventProgress {
  appliedTo: readonly string[];
  doubted: boolean;
}

/** Events stored by one transaction, so that others get their turn in between. */
const storedAtOnce = 500;

/** Events from webhooks and sweeps, once each per (event id, clinic), until they are worked off. */
export interface Inbox {
  /**
   * Stores events that are not there yet; gives the row ids of the new ones. Stored means it survives a crash. Of what an event says only the ids are
   * kept that are needed to read its object.
   */
  receive(
    events: readonly FullscriptEvent[],
    source: 'webhook' | 'sweep' | 'delivery',
    receivedAt: string,
  ): Promise<string[]>;
  /** Takes up to `limit` events that are due, oldest first, each for `leaseMs`; others taking at the same time get others. */
  claim(limit: number, leaseMs: number): Promise<InboxEvent[]>;
  done(rowId: string): Promise<void>;
  /** Puts it back until `runAt`. `error` is an operator's word, without patient data. */
  retryAt(rowId: string, runAt: string, error: string, progress?: EventProgress): Promise<void>;
  /** Puts it back at once and takes the attempt back, since it was the process that stopped. */
  giveBack(rowId: string, appliedTo: readonly string[]): Promise<void>;
  /** Gives up, visibly. */
  park(rowId: string, error: string, progress?: EventProgress): Promise<void>;
  depth(): Promise<{ pending: number; parked: number; oldestPendingAt: string | null }>;
  /**
   * How many events of a clinic, received until `receivedUntil`, are still to be applied; those do not count whose changes no longer count as current
   * (parked ones among them), because nothing wrong is vouched for without them.
   */
  countOpen(clinicId: string, receivedUntil: string): Promise<number>;
  /** Deletes finished events received before `before`, at most `limit`; gives how many. */
  prune(before: string, limit: number): Promise<number>;
}

/** Builds the queries on events. */
export function createInbox(db: Database, needs: { now: () => Date }): Inbox {
  async function receiveSome(
    events: readonly FullscriptEvent[],
    source: string,
    receivedAt: string,
  ): Promise<string[]> {
    const ids = events.map((_, index) => createSortableId(needs.now(), index));
    return await db.write(async (tx) => {
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
          JSON.stringify(toEventHint(event.data)),
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
  }

  async function putBack(
    rowId: string,
    { state, runAt, error }: { state: string; runAt?: string; error: string },
    progress?: EventProgress,
  ): Promise<void> {
    const set = ['state = ?', 'last_error = ?'];
    const params: SqlValue[] = [state, error];
    if (runAt !== undefined) {
      set.push('run_at = ?');
      params.push(runAt);
    }
    if (progress !== undefined) {
      set.push('applied_to = ?');
      params.push(toAppliedTo(progress.appliedTo));
    }
    if (progress?.doubted === true) {
      set.push('doubted_at = COALESCE(doubted_at, ?)');
      params.push(needs.now().toISOString());
    }
    await db.write((tx) =>
      tx.run(`UPDATE webhook_event SET ${set.join(', ')} WHERE id = ? AND state = 'PENDING'`, [...params, rowId]),
    );
  }

  return {
    async receive(events, source, receivedAt) {
      const stored: string[] = [];
      for (const chunk of toChunks(events, storedAtOnce))
        stored.push(...(await receiveSome(chunk, source, receivedAt)));
      return stored;
    },

    async claim(limit, leaseMs) {
      const rows = await claimDue<WebhookEventRow>(db, {
        table: 'webhook_event',
        index: 'webhook_event_due',
        where: "state = 'PENDING'",
        params: [],
        key: 'id',
        columns:
          'id, event_id, type, clinic_id, occurred_at, payload, source, received_at, attempts, applied_to, doubted_at',
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
        appliedTo: readAppliedTo(row.applied_to),
        doubted: row.doubted_at !== null,
      }));
    },

    async done(rowId) {
      // The payload has served its purpose; what stays is the proof that this event was here.
      await db.write((tx) =>
        tx.run(
          "UPDATE webhook_event SET state = 'DONE', last_error = NULL, payload = '{}', applied_to = NULL WHERE id = ?",
          [rowId],
        ),
      );
    },

    retryAt: (rowId, runAt, error, progress) => putBack(rowId, { state: 'PENDING', runAt, error }, progress),
    park: (rowId, error, progress) => putBack(rowId, { state: 'PARKED', error }, progress),

    async giveBack(rowId, appliedTo) {
      await db.write((tx) =>
        tx.run(
          `UPDATE webhook_event SET run_at = ?, attempts = CASE WHEN attempts > 0 THEN attempts - 1 ELSE 0 END, applied_to = ?
            WHERE id = ? AND state = 'PENDING'`,
          [needs.now().toISOString(), toAppliedTo(appliedTo), rowId],
        ),
      );
    },

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
        `SELECT COUNT(*) AS total FROM webhook_event
          WHERE state = 'PENDING' AND clinic_id = ? AND received_at <= ? AND doubted_at IS NULL`,
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

function toAppliedTo(clinicKeys: readonly string[]): string | null {
  return clinicKeys.length === 0 ? null : JSON.stringify(clinicKeys);
}

function readAppliedTo(text: string | null): string[] {
  return text === null ? [] : (JSON.parse(text) as string[]);
}
