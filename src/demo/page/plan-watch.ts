import { useCallback, useEffect, useRef, useState } from 'react';
import type { Plan } from './patient-overview.ts';
import { findSentPlan } from './sent-plan.ts';

const EVERY_MS = 4_000;
const GIVE_UP_MS = 20 * 60_000;

/** What is being waited for: the draft that was opened, or any new plan when Fullscript's own page makes it. */
interface Watched {
  draftId: string | null;
  activeBefore: string[];
  untilMs: number;
}

/** A watch over the plan being written on Fullscript's page in another tab. */
interface PlanWatch {
  watching: boolean;
  /** The plan that was sent meanwhile. */
  arrivedPlanId: string | null;
  /** Starts waiting; `draftId` is null when Fullscript's page makes the plan. */
  start: (draftId: string | null) => void;
  stop: () => void;
}

/**
 * While the page is visible and a plan is awaited, calls `refresh` whenever the page gets the focus back and, unless changes arrive by themselves (`live`),
 * every few seconds, until a plan was sent or twenty minutes have passed.
 */
export function useWatchedPlan(
  plans: readonly Plan[] | null,
  refresh: () => Promise<unknown>,
  live: boolean,
): PlanWatch {
  const [watched, setWatched] = useState<Watched | null>(null);
  const [arrivedPlanId, setArrivedPlanId] = useState<string | null>(null);
  const latest = useRef({ plans, refresh });
  latest.current = { plans, refresh };

  useEffect(() => {
    if (!watched) return;
    let busy = false;
    const look = async () => {
      if (busy || document.visibilityState !== 'visible') return;
      if (Date.now() > watched.untilMs) {
        setWatched(null);
        return;
      }
      busy = true;
      try {
        await latest.current.refresh();
      } finally {
        busy = false;
      }
    };
    const timer = live ? undefined : window.setInterval(() => void look(), EVERY_MS);
    const onFocus = () => void look();
    window.addEventListener('focus', onFocus);
    document.addEventListener('visibilitychange', onFocus);
    return () => {
      window.clearInterval(timer);
      window.removeEventListener('focus', onFocus);
      document.removeEventListener('visibilitychange', onFocus);
    };
  }, [watched, live]);

  useEffect(() => {
    if (!watched || !plans) return;
    const sent = findSentPlan(plans, watched);
    if (sent) {
      setArrivedPlanId(sent.id);
      setWatched(null);
    }
  }, [plans, watched]);

  const start = useCallback((draftId: string | null) => {
    setArrivedPlanId(null);
    setWatched({
      draftId,
      activeBefore: (latest.current.plans ?? []).filter((plan) => plan.state === 'ACTIVE').map((plan) => plan.id),
      untilMs: Date.now() + GIVE_UP_MS,
    });
  }, []);
  const stop = useCallback(() => setWatched(null), []);
  return { watching: watched !== null, arrivedPlanId, start, stop };
}
