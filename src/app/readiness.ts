import type { Database } from '../store/database.ts';

/**
 * Makes the look at whether the service can work: null, or the part that keeps it from that. `database` is one that does not answer, also when it takes longer than
 * `waitMs` (1500) for all of it; `migrations` is one that is not migrated.
 */
export function createReadiness(
  database: Pick<Database, 'ping' | 'pendingMigrations'>,
  { waitMs = 1500 }: { waitMs?: number } = {},
): () => Promise<'database' | 'migrations' | null> {
  async function look(): Promise<'database' | 'migrations' | null> {
    try {
      await database.ping();
      return (await database.pendingMigrations()).length > 0 ? 'migrations' : null;
    } catch {
      return 'database';
    }
  }

  return async () => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'database'>((resolve) => {
      timer = setTimeout(() => resolve('database'), waitMs);
    });
    const found = await Promise.race([look(), late]);
    clearTimeout(timer);
    return found;
  };
}
