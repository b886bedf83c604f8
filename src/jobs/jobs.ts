import type { Job } from './definition.ts';

type Work = (signal: AbortSignal) => Promise<unknown>;

/** What the jobs do; each is somebody else's verb. */
export interface JobWork {
  confirmRevocations: Work;
  writeMetadata: Work;
  applyInbox: Work;
  sendLabDocuments: Work;
  finishImports: Work;
  sweepClinics: Work;
  fillClinics: Work;
  pollLabOrders: Work;
  verifyAuthorizations: Work;
  endConnectStates: Work;
  housekeeping: Work;
}

const secondMs = 1000;

/**
 * How often lab orders under way are asked for, in seconds: well before their copies are no longer current, so that readers never have to ask for one
 * patient after the other in between.
 */
export function toLabPollSeconds({ freshForSeconds }: { freshForSeconds: number }): number {
  return (freshForSeconds * 2) / 3;
}

/**
 * The list of everything that runs by itself. The first four are also woken when there is work, so that their interval only bounds how late another
 * process notices.
 */
export function createJobs(work: JobWork, settings: { eventSweepSeconds: number; freshForSeconds: number }): Job[] {
  return [
    { name: 'revocations', everyMs: secondMs, firstAfterMs: 100, run: work.confirmRevocations },
    { name: 'metadata', everyMs: 2 * secondMs, firstAfterMs: 300, run: work.writeMetadata },
    { name: 'inbox', everyMs: secondMs, firstAfterMs: 200, run: work.applyInbox },
    { name: 'documents', everyMs: 2 * secondMs, firstAfterMs: 400, run: work.sendLabDocuments },
    { name: 'imports', everyMs: 30 * secondMs, firstAfterMs: 5 * secondMs, run: work.finishImports },
    {
      name: 'sweep',
      everyMs: settings.eventSweepSeconds * secondMs,
      firstAfterMs: 2 * secondMs,
      run: work.sweepClinics,
    },
    // A little after somebody has connected, so that their first pages come before it.
    { name: 'fill', everyMs: 15 * secondMs, firstAfterMs: 30 * secondMs, run: work.fillClinics },
    {
      name: 'lab-orders',
      everyMs: toLabPollSeconds(settings) * secondMs,
      firstAfterMs: Math.min(60, toLabPollSeconds(settings)) * secondMs,
      run: work.pollLabOrders,
    },
    { name: 'authorizations', everyMs: 3600 * secondMs, firstAfterMs: 30 * secondMs, run: work.verifyAuthorizations },
    { name: 'connect-states', everyMs: 60 * secondMs, firstAfterMs: secondMs, run: work.endConnectStates },
    { name: 'housekeeping', everyMs: 3600 * secondMs, firstAfterMs: 60 * secondMs, run: work.housekeeping },
  ];
}
