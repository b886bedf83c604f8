import { startApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import type { Deployment } from './deployment.ts';

/** A process of a deployment that dies at a chosen moment. */
export interface MortalProcess {
  url: string;
  /** What it has done so far that others can notice: calls that left, calls that took effect, commits that were about to be made. */
  steps: string[];
  /** Fulfilled when it dies. */
  death: Promise<void>;
  /** Frees what is left of a dead one, once whatever waited for its answer (`waiting`) has ended; stops a living one. */
  bury(waiting: Promise<unknown>): Promise<void>;
}

/**
 * Starts a process over the deployment's database that dies at its `diesAt`-th step, counted from 1 after it has started. From then on no call of
 * it returns and none leaves, and the database answers it no more: what it had not committed is rolled back, leases stay until they lapse.
 */
export async function startMortalProcess(
  deployment: Pick<Deployment, 'env'>,
  { diesAt, now }: { diesAt: number; now?: () => Date },
): Promise<MortalProcess> {
  const steps: string[] = [];
  let die = (): void => undefined;
  const death = new Promise<void>((resolve) => (die = resolve));
  let letGo = (): void => undefined;
  const burial = new Promise<never>((_, reject) => {
    letGo = () => reject(new TypeError('the process that called is dead'));
  });
  burial.catch(() => undefined);
  let state: 'starting' | 'alive' | 'dead' | 'buried' = 'starting';

  /** Whether it is dead by now. */
  function take(step: string): boolean {
    if (state === 'alive') {
      steps.push(step);
      if (steps.length === diesAt) {
        state = 'dead';
        die();
      }
    }
    return state === 'dead' || state === 'buried';
  }

  const mortalFetch: typeof fetch = async (address, init) => {
    const path = new URL(address instanceof Request ? address.url : address).pathname;
    if (take(`call leaves: ${path}`)) return await burial;
    const response = await fetch(address, init);
    return take(`call took effect: ${path}`) ? await burial : response;
  };

  function onStatement(sql: string): void {
    const isDead = sql === 'COMMIT' ? take('commit') : state === 'dead';
    // The engine rolls back for a process that is gone.
    if (isDead && state !== 'buried' && sql !== 'ROLLBACK') throw new Error('this process is dead');
  }

  const app = await startApp(readConfig({ ...deployment.env, LOG_LEVEL: 'silent' }), {
    fetch: mortalFetch,
    onStatement,
    ...(now ? { now } : {}),
  });
  state = 'alive';
  return {
    url: app.url,
    steps,
    death,
    async bury(waiting) {
      letGo();
      await waiting.catch(() => undefined);
      state = 'buried';
      await app.stop();
    },
  };
}
