import { placeholders } from './conditions.ts';
import type { Database } from './database.ts';
import type { ConnectStateRow } from './entities/connect-state.ts';
import { insertRevokedTokens, useUpConnectStates } from './revoked-tokens.ts';
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
  /** Uses the state up without an account; false when it was used already. A kept authorization is queued for revocation. */
  use(stateHash: string, usedAt: string): Promise<boolean>;
  /**
   * Keeps Fullscript's answer, encrypted, for another try with the same state. False when the state was used up meanwhile: then the token
   * is queued for revocation, since nobody can use it.
   */
  saveExchanged(
    state: Pick<ConnectState, 'stateHash' | 'organizationId' | 'userId'>,
    exchanged: { answer: string; accessToken: string },
  ): Promise<boolean>;
  /** Deletes states that ended before `before`, and queues what they kept for revocation; gives how many. */
  prune(before: string): Promise<number>;
}

/** Builds the queries on connect states. */
export function createConnectStates(db: Database, needs: { secrets: Secrets; now: () => Date }): ConnectStates {
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
      return db.write(async (tx) => {
        const { used, kept } = await useUpConnectStates(tx, { sql: 'state_hash = ?', params: [stateHash] }, usedAt);
        await insertRevokedTokens(tx, null, usedAt, kept);
        return used === 1;
      });
    },

    async saveExchanged({ stateHash, organizationId, userId }, { answer, accessToken }) {
      const at = needs.now().toISOString();
      const keyId = secrets.currentKeyId;
      const encrypted = await secrets.encrypt(answer);
      const token = await secrets.encrypt(accessToken);
      return db.write(async (tx) => {
        const changed = await tx.run(
          `UPDATE connect_state SET exchanged = ?, exchanged_token = ?, exchanged_key_id = ?
            WHERE state_hash = ? AND used_at IS NULL`,
          [encrypted, token, keyId, stateHash],
        );
        if (changed === 1) return true;
        await insertRevokedTokens(tx, null, at, [{ accountId: null, organizationId, userId, token, keyId }]);
        return false;
      });
    },

    prune(before) {
      const at = needs.now().toISOString();
      return db.write(async (tx) => {
        const { kept } = await useUpConnectStates(tx, { sql: 'expires_at < ?', params: [before] }, at);
        await insertRevokedTokens(tx, null, at, kept);
        return tx.run('DELETE FROM connect_state WHERE expires_at < ? AND used_at IS NOT NULL', [before]);
      });
    },
  };
}
