import type { RunningApp } from '../../src/app.ts';
import type { Outside } from '../../src/app/parts.ts';
import type { Database, Transaction } from '../../src/store/database.ts';
import type { Deployment } from './deployment.ts';

/** How the world fails an app whose request has taken effect. */
export type LostAnswer = 'reset' | '500';

/** A process of the service that can be made to die, or to lose an answer, right after any of its effects. */
export interface MortalApp {
  url: string;
  /** Lets it have `count` more effects. With the last of them it dies: that one is done, but it does not live to hear of it, nor to do anything else. */
  dieAfter(count: number): void;
  /** Loses the answer to the `count`-th request from now on, which takes effect all the same. The process lives on. */
  loseAnswer(count: number, how: LostAnswer): void;
  /** Whether what was asked for has happened. */
  isOver(): boolean;
  /** Lets it live, like a process that was started again. */
  revive(): void;
}

const dead = new Error('this process is dead');

/**
 * Starts another process of a deployment. Once dead, its requests are never sent and its transactions never begun, so that whatever its code still does has
 * no effect: all that it leaves behind is what a killed process leaves.
 */
export async function startMortalApp(
  deployment: Deployment,
  env: Record<string, string | undefined> = {},
  outside: Outside = {},
): Promise<MortalApp> {
  let effectsLeft = Infinity;
  let lost: { requestsLeft: number; how: LostAnswer } | null = null;
  const isDead = (): boolean => effectsLeft <= 0;

  const refused = (): Response => new Response('', { status: 501 });
  const fetchOrDie: typeof fetch = async (input, init) => {
    if (isDead()) return refused();
    const loses = lost !== null && (lost.requestsLeft -= 1) === 0 ? lost.how : null;
    const response = await fetch(input, init);
    effectsLeft -= 1;
    if (isDead()) return refused();
    if (loses === null) return response;
    await response.arrayBuffer();
    if (loses === '500') return new Response('', { status: 500 });
    throw Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error(), { code: 'ECONNRESET' }) });
  };

  const app: RunningApp = await deployment.startAnother(env, { ...outside, fetch: fetchOrDie });
  const { database }: { database: Database } = app.parts;
  const write = database.write.bind(database);
  const read = database.read.bind(database);
  database.write = async <T>(work: (tx: Transaction) => Promise<T>): Promise<T> => {
    if (isDead()) throw dead;
    const result = await write(work);
    effectsLeft -= 1;
    if (isDead()) throw dead;
    return result;
  };
  database.read = async <T>(...query: Parameters<Database['read']>): Promise<T[]> => {
    if (isDead()) throw dead;
    return await read<T>(...query);
  };

  return {
    url: app.url,
    dieAfter(count) {
      effectsLeft = count;
    },
    loseAnswer(count, how) {
      lost = { requestsLeft: count, how };
    },
    isOver: () => isDead() || (lost !== null && lost.requestsLeft <= 0),
    revive() {
      effectsLeft = Infinity;
      lost = null;
    },
  };
}
