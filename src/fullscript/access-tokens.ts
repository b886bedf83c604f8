/** An authorization's tokens. `expiresAt` is an ISO instant, `version` rises by one with every pair that is stored. */
export interface TokenPair {
  accessToken: string;
  refreshToken: string;
  expiresAt: string;
  scopes: string[];
  version: number;
}

/** The port to where tokens are kept; `app` joins it to the store. */
export interface TokenStore {
  /** Null when the account is revoked, withdrawn, unknown, or its tokens cannot be decrypted. */
  find(accountId: string): Promise<TokenPair | null>;
  /** True when `owner` now holds the account's refresh lease for `leaseMs`; false while somebody else does. */
  acquireLease(accountId: string, owner: string, leaseMs: number): Promise<boolean>;
  /** Gives the lease back; does nothing when `owner` does not hold it any more. */
  releaseLease(accountId: string, owner: string): Promise<void>;
  /**
   * Stores a refreshed pair if the stored version still is `expectedVersion`; `pair.version` is `expectedVersion + 1`.
   * False when somebody was faster or the account is closed.
   */
  saveRefreshed(accountId: string, expectedVersion: number, pair: TokenPair): Promise<boolean>;
  /** Records that Fullscript definitely refuses this authorization, if its version still is `expectedVersion`. */
  markWithdrawn(accountId: string, expectedVersion: number, reason: string): Promise<void>;
  /** Records that a 403 showed `scope` to be missing. */
  markDenied(accountId: string, scope: string): Promise<void>;
  /** Records when Fullscript last accepted the authorization; called at most about once a minute per account. */
  markVerified(accountId: string, at: string): Promise<void>;
  /**
   * Optional: takes a live pair that Fullscript gave for an account that was closed meanwhile and that could not be revoked at once,
   * so that a job can revoke it later.
   */
  keepForRevocation?(accountId: string, pair: TokenPair): Promise<void>;
}

/** Gives valid access tokens, refreshed exactly once however many callers in however many processes want one. */
export interface AccessTokens {
  /** A pair whose access token is valid; throws `withdrawn` or `unavailable`. */
  get(accountId: string): Promise<TokenPair>;
  /** After a 401 with `usedAccessToken`: the store's newer pair when there is one, else a forced refresh. Throws like `get`. */
  refreshAfter401(accountId: string, usedAccessToken: string): Promise<TokenPair>;
}
