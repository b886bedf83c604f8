import { useSyncExternalStore } from 'react';

/** The three places of the page. The view lives in the address's hash, so that Back and reload work. */
export type View = { name: 'patients' } | { name: 'patient'; patientId: string } | { name: 'admin' };

/** Reads a hash such as '#/patients/p-1001'; anything unknown is the list of patients. */
function readView(hash: string): View {
  const [place, id] = hash.replace(/^#\/?/, '').split('/');
  if (place === 'admin') return { name: 'admin' };
  if (place === 'patients' && id) {
    try {
      return { name: 'patient', patientId: decodeURIComponent(id) };
    } catch {
      return { name: 'patients' };
    }
  }
  return { name: 'patients' };
}

/** The same view's hash in one spelling, however the address has it. */
export function toOneSpelling(hash: string): string {
  return toHash(readView(hash));
}

/** The hash under which `readView` finds the view again. */
export function toHash(view: View): string {
  if (view.name === 'patient') return `#/patients/${encodeURIComponent(view.patientId)}`;
  return `#/${view.name}`;
}

/** The current view; renders again when the hash changes. */
export function useView(): View {
  const hash = useSyncExternalStore(
    (changed) => {
      window.addEventListener('hashchange', changed);
      return () => window.removeEventListener('hashchange', changed);
    },
    () => window.location.hash,
  );
  return readView(hash);
}
