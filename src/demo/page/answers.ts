import { useCallback, useEffect, useRef, useState } from 'react';
import type { Answer, AnswerError } from './graphql.ts';
import { useSession } from './session.tsx';

/** A query's newest answer, whether a request is under way, and `reload`, which may replace variables for that one time. */
interface LiveAnswer<T> {
  answer: Answer<T> | null;
  loading: boolean;
  reload: (variables?: Record<string, unknown>) => Promise<Answer<T> | null>;
}

/**
 * Asks at once and again whenever the variables change. The last answer stays while a newer one is awaited; `merge`
 * decides what is kept of it. Only the latest request counts. With `skip` nothing is asked. When nothing came but
 * errors, `emrOnly` are the variables that leave Fullscript's part out of a second try: the EMR's own data must not go
 * down with it. The errors are told either way.
 */
export function useAnswer<T>(
  document: string,
  variables: Record<string, unknown>,
  options: {
    skip?: boolean;
    merge?: (previous: Answer<T> | null, next: Answer<T>) => Answer<T>;
    emrOnly?: Record<string, unknown>;
  } = {},
): LiveAnswer<T> {
  const { ask } = useSession();
  const [answer, setAnswer] = useState<Answer<T> | null>(null);
  const [loading, setLoading] = useState(!options.skip);
  const latest = useRef<AbortController | null>(null);
  const merge = useRef(options.merge);
  merge.current = options.merge;
  const emrOnly = useRef(options.emrOnly);
  emrOnly.current = options.emrOnly;
  const key = JSON.stringify(variables);
  const skip = options.skip ?? false;

  const reload = useCallback(
    async (replaced: Record<string, unknown> = {}): Promise<Answer<T> | null> => {
      if (skip) return null;
      latest.current?.abort();
      const controller = new AbortController();
      latest.current = controller;
      setLoading(true);
      let next: Answer<T>;
      try {
        const asked = { ...(JSON.parse(key) as Record<string, unknown>), ...replaced };
        next = await ask<T>(document, asked, controller.signal);
        if (emrOnly.current && isEmpty(next.data) && next.errors.some(isNotAboutSigningIn)) {
          const rest = await ask<T>(document, { ...asked, ...emrOnly.current }, controller.signal);
          if (!isEmpty(rest.data)) next = { data: rest.data, errors: next.errors, partial: true };
        }
      } catch {
        return null;
      }
      if (latest.current !== controller) return null;
      setAnswer((previous) => (merge.current ? merge.current(previous, next) : next));
      setLoading(false);
      return next;
    },
    [ask, document, key, skip],
  );

  useEffect(() => {
    void reload();
    return () => {
      latest.current?.abort();
      latest.current = null;
    };
  }, [reload]);

  return { answer, loading, reload };
}

/** A second try would fail in the same way without a valid sign-in, but not where one field took its parents with it. */
function isNotAboutSigningIn(error: AnswerError): boolean {
  return error.code !== 'UNAUTHENTICATED';
}

/** Whether there is nothing in the data: it is null, or each of its root fields is. */
function isEmpty(data: unknown): boolean {
  return typeof data !== 'object' || data === null || Object.values(data).every((value) => value === null);
}
