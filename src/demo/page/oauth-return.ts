/** What Fullscript put into the address when it sent the browser back. */
export interface OauthReturn {
  code: string | null;
  state: string;
  error: string | null;
}

/** Who started connecting in this tab, the view to go back to, and the clinics they did not mean. */
interface ConnectMemory {
  userId: string;
  view: string;
  otherThanClinicIds: readonly string[];
}

const MEMORY_KEY = 'juniper.connect';

/** Reads `code`, `state` and `error` from a query string. A missing state is the empty text, which the server calls expired. */
export function readOauthReturn(search: string): OauthReturn {
  const values = new URLSearchParams(search);
  return { code: values.get('code'), state: values.get('state') ?? '', error: values.get('error') };
}

/** Keeps who is connecting until the browser comes back to this tab. */
export function rememberConnect(storage: { setItem(key: string, value: string): void }, memory: ConnectMemory): void {
  storage.setItem(MEMORY_KEY, JSON.stringify(memory));
}

/** Gives back what `rememberConnect` kept, null when this tab started nothing or the record is not readable. */
export function findConnectMemory(storage: { getItem(key: string): string | null }): ConnectMemory | null {
  try {
    const value: unknown = JSON.parse(storage.getItem(MEMORY_KEY) ?? 'null');
    if (typeof value !== 'object' || value === null) return null;
    const { userId, view, otherThanClinicIds } = value as Record<string, unknown>;
    if (typeof userId !== 'string' || typeof view !== 'string') return null;
    const clinicIds: unknown[] = Array.isArray(otherThanClinicIds) ? otherThanClinicIds : [];
    return { userId, view, otherThanClinicIds: clinicIds.filter((id) => typeof id === 'string') };
  } catch {
    return null;
  }
}

/** Forgets the record once connecting has come to a definite end. */
export function forgetConnect(storage: { removeItem(key: string): void }): void {
  storage.removeItem(MEMORY_KEY);
}
