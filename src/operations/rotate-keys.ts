import type { EncryptedPosition } from '../store/encrypted-texts.ts';
import type { OperationNeeds } from './needs.ts';

/** How far encrypting again has come. */
export interface RotationProgress {
  /** Rows encrypted with the first key so far. */
  done: number;
}

/** What encrypting again came to. */
export interface RotatedKeys extends RotationProgress {
  /**
   * The rows that another key than the first still holds, by key id: what no configured key opens, and what a process that encrypts with another key
   * first has written meanwhile.
   */
  left: readonly { keyId: string; rows: number }[];
}

const batchSize = 200;
/** Rows that move between tables are found by a second or third walk; a process with another first key could go on undoing this one's work for ever. */
const maxWalks = 5;

/**
 * Encrypts with the first key everything that another configured key holds, while the service runs. Ends early, with what is left, when `signal` fires or
 * when others keep encrypting with another key; tells `onProgress` after each batch of at most 200 rows.
 */
export function createRotateKeys(
  needs: Pick<OperationNeeds, 'store'>,
): (signal: AbortSignal, onProgress?: (progress: RotationProgress) => void) => Promise<RotatedKeys> {
  const { encryptedTexts } = needs.store;

  /** Looks at everything once; gives how many rows it did. */
  async function walk(signal: AbortSignal, onBatch: (done: number) => void): Promise<number> {
    let done = 0;
    for (let position: EncryptedPosition | null = null; !signal.aborted;) {
      const batch = await encryptedTexts.reencrypt(batchSize, position);
      done += batch.done;
      onBatch(batch.done);
      position = batch.next;
      if (position === null) break;
    }
    return done;
  }

  return async (signal, onProgress = () => undefined) => {
    let done = 0;
    const onBatch = (rows: number): void => {
      done += rows;
      onProgress({ done });
    };
    // Rows move between tables and are written meanwhile: only a whole walk that finds nothing to do proves that nothing was passed over.
    for (let walks = 1; (await walk(signal, onBatch)) > 0 && walks < maxWalks; walks += 1);
    return { done, left: await encryptedTexts.countOlder() };
  };
}
