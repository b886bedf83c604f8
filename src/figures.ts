import type { Store } from './store/store.ts';

/** What operators look at in the database, by the metric's name; by label where a metric has one. What could not be read is missing. */
export type Figures = Readonly<Record<string, number | Readonly<Record<string, number>>>>;

type Source = (store: Store, toAgeSeconds: (at: string | null) => number) => Promise<Figures>;

/** One statement each. */
const sources: readonly Source[] = [
  async ({ inbox }, toAgeSeconds) => {
    const { pending, parked, oldestPendingAt } = await inbox.depth();
    return { inbox_pending: pending, inbox_parked: parked, inbox_oldest_seconds: toAgeSeconds(oldestPendingAt) };
  },
  async ({ revocations }, toAgeSeconds) => {
    const { pending, failing, oldestPendingAt } = await revocations.depth();
    return {
      revocations_pending: pending,
      revocations_failing: failing,
      revocations_oldest_seconds: toAgeSeconds(oldestPendingAt),
    };
  },
  async ({ labDocuments }) => {
    const { pending, parked } = await labDocuments.depth();
    return { lab_documents_pending: pending, lab_documents_parked: parked };
  },
  async ({ chartImports }) => {
    const { pending, parked } = await chartImports.depth();
    return { chart_imports_pending: pending, chart_imports_parked: parked };
  },
  async ({ clinicFills }) => {
    const { clinics, patients } = await clinicFills.depth();
    return { clinic_fills_pending: clinics, clinic_fill_patients_pending: patients };
  },
  async ({ metadataTasks }) => ({ metadata_tasks_pending: await metadataTasks.depth() }),
  async ({ accounts }) => ({ accounts: await accounts.countByState() }),
  async ({ accounts }) => ({ clinics_forsaken: await accounts.countForsakenClinics() }),
  async ({ accounts }, toAgeSeconds) => ({
    clinics_oldest_sweep_seconds: toAgeSeconds(await accounts.findOldestSweep()),
  }),
];

/**
 * Makes the reader of these figures. It asks one after the other over one connection and gives after `waitMs` (1000) what it has by then, so that a
 * database that hangs holds up no scrape. As long as that one still hangs, what comes next asks nothing and waits for nothing. `now` is the clock.
 */
export function createFigures(
  findStore: () => Store,
  now: () => Date,
  { waitMs = 1000 }: { waitMs?: number } = {},
): () => Promise<Figures> {
  let reading: { found: Figures; end: Promise<void>; late: boolean } | null = null;
  const toAgeSeconds = (at: string | null): number =>
    at === null ? 0 : Math.max(0, (now().getTime() - Date.parse(at)) / 1000);

  function start(): { found: Figures; end: Promise<void>; late: boolean } {
    const found: Record<string, Figures[string]> = {};
    const readAll = async (): Promise<void> => {
      for (const source of sources) {
        try {
          Object.assign(found, await source(findStore(), toAgeSeconds));
        } catch {
          // Missing in this answer; readiness and the log tell what is wrong with the database.
        }
      }
      reading = null;
    };
    return { found, end: readAll(), late: false };
  }

  return async () => {
    reading ??= start();
    const mine = reading;
    if (mine.late) return {};
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        mine.late = true;
        resolve();
      }, waitMs);
    });
    await Promise.race([mine.end, patience]);
    clearTimeout(timer);
    return { ...mine.found };
  };
}
