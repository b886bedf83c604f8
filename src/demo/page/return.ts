import { useEffect, useState } from 'react';

/** Gives a function to call when the person has been sent to another tab; `onReturn` is called once when they are back. */
export function useReturn(onReturn: () => Promise<void>): () => void {
  const [away, setAway] = useState(false);
  useEffect(() => {
    if (!away) return;
    const back = () => {
      setAway(false);
      void onReturn();
    };
    window.addEventListener('focus', back);
    return () => window.removeEventListener('focus', back);
  }, [away, onReturn]);
  return () => setAway(true);
}
