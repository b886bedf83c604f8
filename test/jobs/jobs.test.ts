import { expect, it } from 'vitest';
import { createJobs, type JobWork } from '../../src/jobs/jobs.ts';

const idle: JobWork = new Proxy({} as JobWork, { get: () => () => Promise.resolve() });

it.each([60, 900, 86_400])(
  'lab orders under way are asked for before their copies are older than %d s, however late chance lets the job run',
  (freshForSeconds) => {
    const job = createJobs(idle, { eventSweepSeconds: 300, freshForSeconds }).find(({ name }) => name === 'lab-orders');
    // The runner adds up to a tenth; a tenth more is left for the walk of the list itself.
    expect((job?.everyMs ?? Infinity) * 1.2).toBeLessThan(freshForSeconds * 1000);
    expect(job?.firstAfterMs).toBeLessThan(freshForSeconds * 1000);
  },
);
