import { placeholders } from './conditions.ts';
import type { Database } from './database.ts';
import type { ConnectStateRow } from './entities/connect-state.ts';
import { decryptOrNull, type Secrets } from './secrets.ts';

/** The memory of one `connect` until its user comes back. */
export interface ConnectState {
  /** SHA-256 of the state in hex: the state itself is never stored. */
  stateHash: string;
  organizationId: string;
  userId: string;
  practitionerId: string | null;
  returnTo: string | null;
  createdAt: string;
  expiresAt: string;
  usedAt: string | null;
  /** Fullscript's answer to the code, decrypted, kept while a later step failed for a moment. Null when there is none or no key opens it. */
  exchanged: string | null;
}

export interface ConnectStates {
  insert(state: Omit<ConnectState, 'usedAt' | 'exchanged'>): Promise<void>;
  find(stateHash: string): Promise<ConnectState | null>;
  /** Uses the state up; false when it was used already. The kept answer is dropped. */
  use(stateHash: string, usedAt: string): Promise<boolean>;
  /** Keeps Fullscript's answer, encrypted, for another try with the same state; false when the state was used meanwhile. */
  saveExchanged(stateHash: string, exchanged: string): Promise<boolean>;
  /** Deletes states that ended before `before`; gives how many. */
  prune(before: string): Promise<number>;
}

/** Builds the queries on connect states. */
export function createConnectStates(db: Database, needs: { secrets: Secrets }): ConnectStates {
  const { secrets } = needs;
  return {
    async insert(state) {
      await db.write((tx) =>
        tx.run(
          `INSERT INTO connect_state (state_hash, organization_id, user_id, practitioner_id, return_to, created_at, expires_at)
            VALUES (${placeholders(7)})`,
          [
            state.stateHash,
            state.organizationId,
            state.userId,
            state.practitionerId,
            state.returnTo,
            state.createdAt,
            state.expiresAt,
          ],
        ),
      );
    },

    async find(stateHash) {
      const [row] = await db.read<ConnectStateRow>('SELECT * FROM connect_state WHERE state_hash = ?', [stateHash]);
      if (row === undefined) return null;
      return {
        stateHash: row.state_hash,
        organizationId: row.organization_id,
        userId: row.user_id,
        practitionerId: row.practitioner_id,
        returnTo: row.return_to,
        createdAt: row.created_at,
        expiresAt: row.expires_at,
        usedAt: row.used_at,
        exchanged: row.exchanged === null ? null : await decryptOrNull(secrets, row.exchanged),
      };
    },

    async use(stateHash, usedAt) {
      const changed = await db.write((tx) =>
        tx.run(
          `UPDATE connect_state SET used_at = ?, exchanged = NULL, exchanged_key_id = NULL
            WHERE state_hash = ? AND used_at IS NULL`,
          [usedAt, stateHash],
        ),
      );
      return changed === 1;
    },

    async saveExchanged(stateHash, exchanged) {
      const encrypted = await secrets.encrypt(exchanged);
      const changed = await db.write((tx) =>
        tx.run(
          'UPDATE connect_state SET exchanged = ?, exchanged_key_id = ? WHERE state_hash = ? AND used_at IS NULL',
          [encrypted, secrets.currentKeyId, stateHash],
        ),
      );
      return changed === 1;
    },

    prune: (before) => db.write((tx) => tx.run('DELETE FROM connect_state WHERE expires_at < ?', [before])),
  };
}
