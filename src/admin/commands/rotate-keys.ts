import { createRotateKeys } from '../../operations/rotate-keys.ts';
import type { Command } from '../command-line.ts';

/** `rotate-keys`: everything encrypted again with the first key. */
export const rotateKeys: Command = {
  name: 'rotate-keys',
  about: 'encrypt again, with the first key of ENCRYPTION_KEYS, what another one holds',
  usage: '',
  options: {},
  details: [
    'The service may run meanwhile, once all its processes have the same first key. Ends with 1 while another key still holds something: a key may be removed',
    'from ENCRYPTION_KEYS only when it is not among those named.',
  ],
  read() {
    return async (session) => {
      const { parts, terminal, keyIds, signal } = session;
      const toTotal = (counts: readonly { keyId: string; rows: number }[]): number =>
        counts.filter(({ keyId }) => keyIds.includes(keyId)).reduce((sum, { rows }) => sum + rows, 0);
      const total = toTotal(await parts.store.encryptedTexts.countOlder());
      const { done, left } = await createRotateKeys(parts)(signal, (progress) =>
        terminal.progress('Encrypted again', progress.done, Math.max(total, progress.done)),
      );
      terminal.endProgress();
      const rows = left.map((each) => ({ ...each, configured: keyIds.includes(each.keyId) }));
      await session.printResult({ keyId: keyIds[0], done, left: rows }, () =>
        [
          `${done} rows were encrypted again with ${keyIds[0] ?? ''}`,
          ...rows.map((each) => `${each.rows} rows are left with ${each.keyId}, which ${toReason(each.configured)}`),
        ].join('. '),
      );
      if (signal.aborted) terminal.note('This was stopped early; run it again.');
      return left.length === 0 ? 0 : 1;
    };
  },
};

function toReason(configured: boolean): string {
  return configured
    ? 'does not open them, or with which another process still encrypts'
    : 'is not in ENCRYPTION_KEYS: put it back, or those users have to connect again';
}
