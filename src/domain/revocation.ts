/** Taking authorizations away: closed here at once, then confirmed by Fullscript one by one. */
export interface Revocation {
  id: string;
  organizationId: string;
  requestedBy: string;
  requestedAt: string;
  /** When the last one was confirmed; null while some are pending. */
  finishedAt: string | null;
  total: number;
  /** Confirmed by Fullscript. */
  revoked: number;
}
