import { AccountRow } from './account.ts';
import { AuditEventRow } from './audit-event.ts';
import { ChartImportRow } from './chart-import.ts';
import { ChartImportItemRow } from './chart-import-item.ts';
import { ClinicRow } from './clinic.ts';
import { ClinicFillPatientRow } from './clinic-fill-patient.ts';
import { ClinicFillRow } from './clinic-fill.ts';
import { ConnectStateRow } from './connect-state.ts';
import { CopySyncRow } from './copy-sync.ts';
import { FullscriptPatientRow } from './fullscript-patient.ts';
import { IntegrationSwitchRow } from './integration-switch.ts';
import { JobLeaseRow } from './job-lease.ts';
import { LabDocumentRow } from './lab-document.ts';
import { LabNoteRow } from './lab-note.ts';
import { LabOrderRow } from './lab-order.ts';
import { LabResultRow } from './lab-result.ts';
import { LabResultVersionRow } from './lab-result-version.ts';
import { LabReviewRow } from './lab-review.ts';
import { LabReviewEventRow } from './lab-review-event.ts';
import { MatchMemoryRow } from './match-memory.ts';
import { MetadataTaskRow } from './metadata-task.ts';
import { PatientChangeRow } from './patient-change.ts';
import { PatientLinkRow } from './patient-link.ts';
import { PatientLinkHistoryRow } from './patient-link-history.ts';
import { ProductVariantRow } from './product-variant.ts';
import { RecommendationRow } from './recommendation.ts';
import { RefreshClaimRow } from './refresh-claim.ts';
import { RefusedLinkRow } from './refused-link.ts';
import { RevocationRow } from './revocation.ts';
import { RevokedTokenRow } from './revoked-token.ts';
import { TreatmentPlanRow } from './treatment-plan.ts';
import { WebhookEventRow } from './webhook-event.ts';

/** Every table, for the check that the migrations lead to exactly these. */
export const entities = [
  AccountRow,
  AuditEventRow,
  ChartImportRow,
  ChartImportItemRow,
  ClinicRow,
  ClinicFillRow,
  ClinicFillPatientRow,
  ConnectStateRow,
  CopySyncRow,
  FullscriptPatientRow,
  IntegrationSwitchRow,
  JobLeaseRow,
  LabDocumentRow,
  LabNoteRow,
  LabOrderRow,
  LabResultRow,
  LabResultVersionRow,
  LabReviewRow,
  LabReviewEventRow,
  MatchMemoryRow,
  MetadataTaskRow,
  PatientChangeRow,
  PatientLinkRow,
  PatientLinkHistoryRow,
  ProductVariantRow,
  RecommendationRow,
  RefreshClaimRow,
  RefusedLinkRow,
  RevocationRow,
  RevokedTokenRow,
  TreatmentPlanRow,
  WebhookEventRow,
];
