import { expect, test } from 'vitest';
import { watchWithdrawals } from '../../src/operations/watch-withdrawals.ts';
import { createMemoryLog, toPair } from '../support/fullscript-room.ts';
import { createMemoryTokenStore } from '../support/memory-token-store.ts';

const forsaken = { organizationId: 'org', clinicId: 'clinic', clinicKey: 'key', live: 1 };

function watch(findForsakenClinic: () => Promise<typeof forsaken | null>) {
  const store = createMemoryTokenStore(() => new Date());
  store.pairs.set('account-1', toPair());
  const log = createMemoryLog();
  return { watched: watchWithdrawals(store, { accounts: { findForsakenClinic }, log }), log };
}

test('a withdrawn authorization is told once, however many callers notice it', async () => {
  const { watched, log } = watch(() => Promise.resolve(forsaken));
  const noticed = await Promise.all([1, 2, 3].map(() => watched.markWithdrawn('account-1', 1, 'gone')));
  expect(noticed).toEqual([true, false, false]);
  expect(log.lines.map(({ level }) => level)).toEqual(['warn']);
});

test('a clinic that cannot be looked at is an error in the log and not one for whoever noticed', async () => {
  const { watched, log } = watch(() => Promise.reject(new Error('database away')));
  expect(await watched.markWithdrawn('account-1', 1, 'gone')).toBe(true);
  expect(log.lines).toMatchObject([{ level: 'error', fields: { accountId: 'account-1' } }]);
});
