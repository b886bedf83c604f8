import { randomBytes } from 'node:crypto';
import type { NewConnection } from '../../src/store/connecting.ts';
import { createSecrets, type Secrets } from '../../src/store/secrets.ts';
import { createStore, type Store } from '../../src/store/store.ts';
import type { TestDatabase } from './database.ts';

/** Two keys for tests, the first of which encrypts. */
export const testKeys = [
  { kid: 'second', key: new Uint8Array(32).fill(2) },
  { kid: 'first', key: new Uint8Array(32).fill(1) },
];

/** A clock that stands still until it is moved. */
export interface TestClock {
  now: () => Date;
  /** The present as text. */
  text: () => string;
  /** Moves on and gives the new present as text. */
  forward(ms: number): string;
}

/** Makes a clock that begins at the given instant. */
export function createTestClock(start = '2026-03-02T14:00:00.000Z'): TestClock {
  let at = Date.parse(start);
  return {
    now: () => new Date(at),
    text: () => new Date(at).toISOString(),
    forward(ms) {
      at += ms;
      return new Date(at).toISOString();
    },
  };
}

/** A store over an open test database, with a clock of its own. */
export function createTestStore(
  test: TestDatabase,
  options: { clock?: TestClock; secrets?: Secrets; onError?: (message: string) => void } = {},
): { store: Store; clock: TestClock; secrets: Secrets } {
  const clock = options.clock ?? createTestClock();
  const secrets = options.secrets ?? createSecrets(testKeys);
  return { store: createStore(test.db, { secrets, now: clock.now, onError: options.onError }), clock, secrets };
}

/** A name that no other test of the same database uses. */
export function toUnique(name: string): string {
  return `${name}-${randomBytes(6).toString('hex')}`;
}

/** A connection as Fullscript answers it, with tokens that tell where they come from. */
export function buildConnection(overrides: Partial<NewConnection> = {}): NewConnection {
  return {
    organizationId: 'org',
    userId: 'user',
    practitionerId: 'practitioner',
    environment: 'us-snd',
    fullscriptUserId: 'fs-user',
    userType: 'PRACTITIONER',
    clinicId: 'clinic',
    tokens: {
      accessToken: toUnique('access'),
      refreshToken: toUnique('refresh'),
      expiresAt: '2026-03-02T16:00:00.000Z',
      scopes: ['clinic:read'],
    },
    ...overrides,
  };
}
