import { useRef } from 'react';
import { useSession } from './session.tsx';

const SET_ENABLED = /* GraphQL */ `
  mutation SetEnabled($input: FullscriptSetEnabledInput!) {
    setFullscriptEnabled(input: $input) {
      enabled
      userId
    }
  }
`;

/**
 * Gives the function that switches Fullscript on or off for one user, or for the organization when `userId` is null, and
 * tells the outcome; `who` are the words for whom. A second call while one is under way does nothing.
 */
export function useAccountSwitch(
  onChanged: () => Promise<void>,
): (enabled: boolean, userId: string | null, who: string) => Promise<void> {
  const { ask, notify, notifyErrors } = useSession();
  const busy = useRef(false);
  return async (enabled, userId, who) => {
    if (busy.current) return;
    busy.current = true;
    const answer = await ask<{ setFullscriptEnabled: { enabled: boolean } }>(SET_ENABLED, {
      input: { enabled, userId },
    });
    busy.current = false;
    if (answer.data) {
      notify({ tone: 'good', text: `Fullscript is switched ${enabled ? 'on' : 'off'} for ${who}.` });
      await onChanged();
    } else notifyErrors(answer.errors);
  };
}
