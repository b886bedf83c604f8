import { CreateAccounts1772400001000 } from './0001-accounts.ts';
import { CreateClinics1772400002000 } from './0002-clinics.ts';
import { CreateRevocations1772400003000 } from './0003-revocations.ts';
import { CreatePatients1772400004000 } from './0004-patients.ts';
import { CreateTreatmentPlans1772400005000 } from './0005-treatment-plans.ts';
import { CreateLabOrders1772400006000 } from './0006-lab-orders.ts';
import { CreateLabReviews1772400007000 } from './0007-lab-reviews.ts';
import { CreateProducts1772400008000 } from './0008-products.ts';
import { CreateCopies1772400009000 } from './0009-copies.ts';
import { CreateInbox1772400010000 } from './0010-inbox.ts';
import { CreateLeases1772400011000 } from './0011-leases.ts';
import { CreateAudit1772400012000 } from './0012-audit.ts';
import { CreateRecommendations1772400013000 } from './0013-recommendations.ts';
import { CreateChartImports1772400014000 } from './0014-chart-imports.ts';
import { AddEventProgress1772400015000 } from './0015-event-progress.ts';
import { CreatePatientChanges1772400016000 } from './0016-patient-changes.ts';
import { CreateClinicFills1772400017000 } from './0017-clinic-fills.ts';
import { KeepFreshness1772400018000 } from './0018-freshness.ts';
import { KeepLabVersions1772400019000 } from './0019-lab-versions.ts';

/** Every migration, oldest first: listed by hand so that the compiled build finds them too. */
export const migrations = [
  CreateAccounts1772400001000,
  CreateClinics1772400002000,
  CreateRevocations1772400003000,
  CreatePatients1772400004000,
  CreateTreatmentPlans1772400005000,
  CreateLabOrders1772400006000,
  CreateLabReviews1772400007000,
  CreateProducts1772400008000,
  CreateCopies1772400009000,
  CreateInbox1772400010000,
  CreateLeases1772400011000,
  CreateAudit1772400012000,
  CreateRecommendations1772400013000,
  CreateChartImports1772400014000,
  AddEventProgress1772400015000,
  CreatePatientChanges1772400016000,
  CreateClinicFills1772400017000,
  KeepFreshness1772400018000,
  KeepLabVersions1772400019000,
];
