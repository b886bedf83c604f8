import type { Database } from './database.ts';
import type { JobLeaseRow } from './entities/job-lease.ts';
import { insertMissing } from './upsert.ts';

/** What only one process may do at a time. */
export interface Leases {
  /**
   * Runs `work` while holding the lease `name`, which is prolonged while it runs; gives its answer, or null without running it
   * when somebody else holds the lease. With `minIntervalMs` it is also left alone until so long after the last finish. With `forget`
   * nothing of the lease stays behind, for names that are made of data and would pile up.
   */
  withLease<T>(
    name: string,
    options: { owner: string; leaseMs: number; minIntervalMs?: number | undefined; forget?: boolean | undefined },
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<{ result: T } | null>;
  acquire(name: string, owner: string, leaseMs: number, minIntervalMs?: number): Promise<boolean>;
  /** Gives the lease back; `finished` notes the time for `minIntervalMs`. */
  release(name: string, owner: string, finished: boolean): Promise<void>;
  /** Deletes leases that ended before `before` without ever having been finished, as those of killed processes do; gives how many. */
  prune(before: string): Promise<number>;
  /** When work under this lease last finished. */
  lastFinishedAt(name: string): Promise<string | null>;
}

/** Builds the queries on leases. */
export function createLeases(db: Database, needs: { now: () => Date }): Leases {
  async function acquire(name: string, owner: string, leaseMs: number, minIntervalMs = 0): Promise<boolean> {
    const at = needs.now();
    const until = new Date(at.getTime() + leaseMs).toISOString();
    const finishedBefore = new Date(at.getTime() - minIntervalMs).toISOString();
    return db.write(async (tx) => {
      await insertMissing(tx, { table: 'job_lease', keys: ['name'], columns: ['name'], rows: [[name]] });
      const changed = await tx.run(
        `UPDATE job_lease SET owner = ?, held_until = ?
          WHERE name = ? AND (held_until IS NULL OR held_until <= ? OR owner = ?)
            AND (last_finished_at IS NULL OR last_finished_at <= ?)`,
        [owner, until, name, at.toISOString(), owner, finishedBefore],
      );
      return changed === 1;
    });
  }

  async function prolong(name: string, owner: string, leaseMs: number): Promise<boolean> {
    const until = new Date(needs.now().getTime() + leaseMs).toISOString();
    const changed = await db.write((tx) =>
      tx.run('UPDATE job_lease SET held_until = ? WHERE name = ? AND owner = ?', [until, name, owner]),
    );
    return changed === 1;
  }

  async function release(name: string, owner: string, finished: boolean): Promise<void> {
    const at = needs.now().toISOString();
    await db.write((tx) =>
      finished
        ? tx.run(
            'UPDATE job_lease SET owner = NULL, held_until = NULL, last_finished_at = ? WHERE name = ? AND owner = ?',
            [at, name, owner],
          )
        : tx.run('UPDATE job_lease SET owner = NULL, held_until = NULL WHERE name = ? AND owner = ?', [name, owner]),
    );
  }

  async function forget(name: string, owner: string): Promise<void> {
    await db.write((tx) => tx.run('DELETE FROM job_lease WHERE name = ? AND owner = ?', [name, owner]));
  }

  return {
    acquire,
    release,

    async withLease(name, options, work) {
      const { owner, leaseMs } = options;
      if (!(await acquire(name, owner, leaseMs, options.minIntervalMs))) return null;
      const lost = new AbortController();
      const prolonging = setInterval(
        () => {
          prolong(name, owner, leaseMs).then(
            (held) => {
              if (!held) lost.abort(new Error(`The lease ${name} was lost`));
            },
            // The next turn tries again; if none gets through, the lease ends by itself and others may begin.
            () => undefined,
          );
        },
        Math.max(50, leaseMs / 3),
      );
      prolonging.unref();
      let finished = false;
      try {
        const result = await work(lost.signal);
        finished = true;
        return { result };
      } finally {
        clearInterval(prolonging);
        // A lease that cannot be given back ends by itself; what was done under it is done all the same.
        await (options.forget ? forget(name, owner) : release(name, owner, finished)).catch(() => undefined);
      }
    },

    prune: (before) =>
      db.write((tx) => tx.run('DELETE FROM job_lease WHERE last_finished_at IS NULL AND held_until < ?', [before])),

    async lastFinishedAt(name) {
      const [row] = await db.read<Pick<JobLeaseRow, 'last_finished_at'>>(
        'SELECT last_finished_at FROM job_lease WHERE name = ?',
        [name],
      );
      return row?.last_finished_at ?? null;
    },
  };
}
