/** How far a recommendation has come: STARTED before Fullscript was asked, DRAFTED once it answered, DONE at the end, FAILED when nothing was made. */
export type RecommendationState = 'STARTED' | 'DRAFTED' | 'DONE' | 'FAILED';

export interface StoredRecommendation {
  id: string;
  organizationId: string;
  userId: string;
  idempotencyKey: string | null;
  /** SHA-256 of the whole input, to tell another input under the same key. */
  inputHash: string;
  patientId: string;
  clinicId: string;
  clinicKey: string;
  state: RecommendationState;
  planId: string | null;
  fullscriptPatientId: string | null;
  createdPatient: boolean;
  itemsApplied: boolean;
  /** The caller's own word for which page the link leads to. */
  redirectKind: string | null;
  chartId: string | null;
  createdAt: string;
  expiresAt: string;
}

export type NewRecommendation = Pick<
  StoredRecommendation,
  'organizationId' | 'userId' | 'idempotencyKey' | 'inputHash' | 'patientId' | 'clinicId' | 'chartId' | 'expiresAt'
>;

export interface Recommendations {
  /**
   * Starts one, or finds the one under the same (organization, user, idempotency key) that has not expired; of two at the same
   * moment one starts and the other finds it. Without a key it always starts.
   */
  begin(recommendation: NewRecommendation): Promise<{ recommendation: StoredRecommendation; isNew: boolean }>;
  update(
    id: string,
    change: Partial<
      Pick<
        StoredRecommendation,
        'state' | 'planId' | 'fullscriptPatientId' | 'createdPatient' | 'itemsApplied' | 'redirectKind'
      >
    >,
  ): Promise<void>;
  /** Takes the right to go on with a STARTED or DRAFTED one for `leaseMs`; false while somebody else has it. */
  acquire(id: string, owner: string, leaseMs: number): Promise<boolean>;
  release(id: string, owner: string): Promise<void>;
  find(id: string): Promise<StoredRecommendation | null>;
  /** Forgets one, so that the same key may start anew. */
  remove(id: string): Promise<void>;
  /** Deletes what expired before `before`; gives how many. */
  prune(before: string): Promise<number>;
}
