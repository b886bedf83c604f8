export type AuditAction =
  | 'connect'
  | 'connect.declined'
  | 'revoke'
  | 'revoke_all'
  | 'toggle'
  | 'patient.read'
  | 'patient.link'
  | 'patient.unlink'
  | 'patient.update'
  | 'recommendation.create'
  | 'embed.create'
  | 'checkout.create'
  | 'chart.import'
  | 'lab.view'
  | 'lab.review';

export type AuditOutcome = 'ok' | 'denied' | 'failed';

/** Who did what to whose Fullscript data. Ids only: never names, values or reasons. */
export interface AuditEntry {
  organizationId: string;
  at: string;
  userId: string;
  action: AuditAction;
  patientId: string | null;
  /** The id of what was acted on besides the patient: a plan, an account, a result. */
  subject: string | null;
  outcome: AuditOutcome;
  requestId: string;
}
