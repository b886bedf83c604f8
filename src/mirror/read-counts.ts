/** The parts of the copy whose reads are counted apart. */
export type CopyKind = 'patients' | 'plans' | 'labs' | 'products';

/**
 * How a read met the copy: `hit` a current one; `stale` one that was not known to be current, and was answered all the same; `miss` none, so that
 * Fullscript was asked first (or, with STORED, nobody); `checked` was asked for with CURRENT and went to Fullscript whatever was stored.
 */
export type ReadOutcome = 'hit' | 'stale' | 'miss' | 'checked';

/** Counts reads of the copy in this process, for the hit ratio: hit / (hit + stale + miss). */
export interface ReadCounts {
  /** Counts one read of one patient's part of the copy, or of one product. */
  count(kind: CopyKind, outcome: ReadOutcome): void;
  /** All counts since the start of the process; every kind and outcome is there, with 0 where nothing was read. */
  stats(): Record<CopyKind, Record<ReadOutcome, number>>;
}

/** Makes counts that begin at zero. */
export function createReadCounts(): ReadCounts {
  const none = (): Record<ReadOutcome, number> => ({ hit: 0, stale: 0, miss: 0, checked: 0 });
  const counts: Record<CopyKind, Record<ReadOutcome, number>> = {
    patients: none(),
    plans: none(),
    labs: none(),
    products: none(),
  };
  return {
    count(kind, outcome) {
      counts[kind][outcome] += 1;
    },
    stats: () => structuredClone(counts),
  };
}
