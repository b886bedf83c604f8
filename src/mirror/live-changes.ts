import type { Changes, PatientChange } from '../store/changes.ts';
import type { Log } from './needs.ts';

/** Without a hint the feed is looked at this often while somebody follows. */
const pollMs = 1000;
/** The same while hints of other processes arrive, since then it is only for those that got lost. */
const hintedPollMs = 5000;
/** Hints in quick succession, as while a clinic is read for the first time, are answered this far apart at least. */
const hintGapMs = 150;
/**
 * Each look begins this far before the one before, because changes become visible out of order: a transaction may be committed after one that wrote later,
 * and the clocks of the processes differ a little.
 */
const overlapMs = 15_000;
const pageSize = 1000;

/** Hints between processes that there is something new in the feed; they carry nothing else and may get lost. */
export interface ChangeHints {
  /** Tells the other processes. Never throws. */
  send(): void;
  /** Hears of the others' from now on, until the function that it gives is called. */
  listen(onHint: () => void): () => void;
  /** Whether hints of other processes are arriving at present. */
  isConnected(): boolean;
  close(): Promise<void>;
}

/** Hints where there is no way to send any: others notice when they look. */
export const noHints: ChangeHints = {
  send: () => undefined,
  listen: () => () => undefined,
  isConnected: () => false,
  close: () => Promise.resolve(),
};

/** Whom to follow: an EMR patient of an organization. */
export interface Followed {
  organizationId: string;
  patientId: string;
  /** What was written before is not told. */
  since: Date;
}

/** The changes of one patient, for one who follows. `return` ends it at once, also while `next` waits. */
export interface ChangeStream extends AsyncIterableIterator<PatientChange, undefined, undefined> {
  return(): Promise<IteratorResult<PatientChange, undefined>>;
}

/** The feed of changes for whoever follows patients in this process. */
export interface LiveChanges {
  /**
   * Follows a patient. Resolves when nothing that is committed from then on can be missed. Whoever takes changes slowly gets the last of each plan and lab
   * order only, so that nothing piles up. Throws when the database does not answer.
   */
  follow(followed: Followed): Promise<ChangeStream>;
  /** This process has written changes: looks at the feed soon and tells the other processes. */
  announce(): void;
  /** Ends every stream and looks no more. */
  close(): Promise<void>;
}

interface Follower {
  followed: Followed;
  pending: Map<string, PatientChange>;
  ended: boolean;
  /** Wakes who waits in `next`. */
  wake: (() => void) | null;
}

const toKey = (organizationId: string, patientId: string): string => JSON.stringify([organizationId, patientId]);

/**
 * Builds the follower of the feed: one statement for each look, however many follow, and none while nobody does. `now` is the clock of what is written,
 * the intervals are of this process.
 */
export function createLiveChanges(needs: {
  changes: Pick<Changes, 'listSince'>;
  hints: ChangeHints;
  now: () => Date;
  log: Pick<Log, 'warn' | 'info'>;
}): LiveChanges {
  const { changes, hints, now } = needs;
  const followers = new Map<string, Set<Follower>>();
  /** Changes that were seen within the overlap, so that each is told once. */
  const seen = new Map<string, PatientChange>();
  let lookedAt: Date | null = null;
  let current: Promise<void> | null = null;
  let following: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let hintTimer: NodeJS.Timeout | null = null;
  let lastStartMs = -Infinity;
  let unlisten: (() => void) | null = null;
  /** Counts the times that the last follower went; a look that was under way then is worth nothing. */
  let rests = 0;
  let failing = false;
  let closed = false;

  function put(follower: Follower, change: PatientChange): void {
    // A change of the same object that still waits is replaced: what will be read is its newest state either way.
    follower.pending.set(`${change.kind}:${change.clinicKey}:${change.objectId}`, change);
    follower.wake?.();
  }

  async function look(): Promise<void> {
    lastStartMs = performance.now();
    const startedAt = now();
    const restsBefore = rests;
    const isFirst = lookedAt === null;
    const from = new Date((lookedAt ?? startedAt).getTime() - overlapMs);
    let afterId: string | undefined;
    for (;;) {
      const page = await changes.listSince(from, pageSize, afterId);
      for (const change of page) {
        if (seen.has(change.id)) continue;
        seen.set(change.id, change);
        for (const follower of followers.get(toKey(change.organizationId, change.patientId)) ?? [])
          if ((!isFirst && rests === restsBefore) || isSince(change, follower)) put(follower, change);
      }
      afterId = page.at(-1)?.id;
      if (page.length < pageSize) break;
    }
    if (rests !== restsBefore) {
      seen.clear();
      return;
    }
    lookedAt = startedAt;
    const forgottenBefore = new Date(startedAt.getTime() - overlapMs).toISOString();
    for (const [id, { at }] of seen) if (at < forgottenBefore) seen.delete(id);
  }

  /** A look that begins no earlier than now. One at a time; all who ask meanwhile share the next. */
  function lookOnce(): Promise<void> {
    if (!current) {
      current = look().finally(() => {
        current = null;
      });
      return current;
    }
    following ??= current
      .catch(() => undefined)
      .then(() => {
        following = null;
        return lookOnce();
      });
    return following;
  }

  function lookAfter(milliseconds: number): void {
    if (timer) clearTimeout(timer);
    timer = setTimeout(() => void lookAndGoOn(), milliseconds);
  }

  async function lookAndGoOn(): Promise<void> {
    if (timer) clearTimeout(timer);
    timer = null;
    try {
      await lookOnce();
      if (failing) needs.log.info({}, 'the feed of changes can be read again');
      failing = false;
    } catch (error) {
      if (!failing) needs.log.warn({ err: error }, 'the feed of changes cannot be read: live updates wait');
      failing = true;
    }
    if (followers.size === 0 || closed) return;
    lookAfter(hints.isConnected() ? hintedPollMs : pollMs);
  }

  function onHint(): void {
    if (followers.size === 0 || closed || hintTimer) return;
    hintTimer = setTimeout(
      () => {
        hintTimer = null;
        void lookAndGoOn();
      },
      Math.max(0, lastStartMs + hintGapMs - performance.now()),
    );
  }

  function begin(): void {
    unlisten = hints.listen(onHint);
    lookAfter(pollMs);
  }

  function rest(): void {
    unlisten?.();
    unlisten = null;
    for (const each of [timer, hintTimer]) if (each) clearTimeout(each);
    timer = null;
    hintTimer = null;
    seen.clear();
    lookedAt = null;
    rests += 1;
  }

  function end(follower: Follower): void {
    if (follower.ended) return;
    follower.ended = true;
    follower.pending.clear();
    const key = toKey(follower.followed.organizationId, follower.followed.patientId);
    const same = followers.get(key);
    same?.delete(follower);
    if (same?.size === 0) followers.delete(key);
    follower.wake?.();
    if (followers.size === 0) rest();
  }

  function toStream(follower: Follower): ChangeStream {
    return {
      async next() {
        for (;;) {
          if (follower.ended) return { done: true, value: undefined };
          const [first] = follower.pending;
          if (first) {
            follower.pending.delete(first[0]);
            return { done: false, value: first[1] };
          }
          await new Promise<void>((resolve) => {
            follower.wake = resolve;
          });
          follower.wake = null;
        }
      },
      return() {
        end(follower);
        return Promise.resolve({ done: true, value: undefined });
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  return {
    async follow(followed) {
      if (closed) throw new Error('Live updates have ended');
      const follower: Follower = { followed, pending: new Map(), ended: false, wake: null };
      const key = toKey(followed.organizationId, followed.patientId);
      const same = followers.get(key) ?? new Set();
      followers.set(key, same.add(follower));
      if (!unlisten) begin();
      for (const change of seen.values())
        if (toKey(change.organizationId, change.patientId) === key && isSince(change, follower)) put(follower, change);
      try {
        await lookOnce();
      } catch (error) {
        end(follower);
        throw error;
      }
      return toStream(follower);
    },
    announce() {
      onHint();
      hints.send();
    },
    async close() {
      closed = true;
      for (const same of [...followers.values()]) for (const follower of [...same]) end(follower);
      rest();
      await current?.catch(() => undefined);
      await hints.close();
    },
  };
}

function isSince(change: PatientChange, { followed }: Follower): boolean {
  return change.at >= followed.since.toISOString();
}
