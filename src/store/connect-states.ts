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
