import { AccountRow } from './account.ts';
import { AuditEventRow } from './audit-event.ts';
import { ChartImportRow } from './chart-import.ts';
import { ChartImportItemRow } from './chart-import-item.ts';
import { ClinicRow } from './clinic.ts';
import { ConnectStateRow } from './connect-state.ts';
import { CopySyncRow } from './copy-sync.ts';
import { FullscriptPatientRow } from './fullscript-patient.ts';
import { IntegrationSwitchRow } from './integration-switch.ts';
import { JobLeaseRow } from './job-lease.ts';
import { LabDocumentRow } from './lab-document.ts';
import { LabNoteRow } from './lab-note.ts';
import { LabOrderRow } from './lab-order.ts';
import { LabResultRow } from './lab-result.ts';
import { LabReviewRow } from './lab-review.ts';
import { MatchMemoryRow } from './match-memory.ts';
import { MetadataTaskRow } from './metadata-task.ts';
import { PatientLinkRow } from './patient-link.ts';
import { PatientLinkHistoryRow } from './patient-link-history.ts';
import { ProductVariantRow } from './product-variant.ts';
import { RecommendationRow } from './recommendation.ts';
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
  ConnectStateRow,
  CopySyncRow,
  FullscriptPatientRow,
  IntegrationSwitchRow,
  JobLeaseRow,
  LabDocumentRow,
  LabNoteRow,
  LabOrderRow,
  LabResultRow,
  LabReviewRow,
  MatchMemoryRow,
  MetadataTaskRow,
  PatientLinkRow,
  PatientLinkHistoryRow,
  ProductVariantRow,
  RecommendationRow,
  RefusedLinkRow,
  RevocationRow,
  RevokedTokenRow,
  TreatmentPlanRow,
  WebhookEventRow,
];
