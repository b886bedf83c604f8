/** What resolvers of each type start from. */
export type PatientParent = unknown;
export type PractitionerParent = unknown;
export type ChartParent = unknown;
export type FullscriptAccountParent = unknown;
export type FullscriptClinicParent = unknown;
export type FullscriptPatientAccountParent = unknown;
export type FullscriptTreatmentPlanParent = unknown;
export type FullscriptTreatmentPlanConnectionParent = unknown;
export type FullscriptRecommendationParent = unknown;
export type FullscriptLabRecommendationParent = unknown;
export type FullscriptLabOrderParent = unknown;
export type FullscriptLabOrderConnectionParent = unknown;
export type FullscriptLabResultParent = unknown;
export type FullscriptProductVariantParent = unknown;
export type FullscriptChartImportParent = unknown;
export type FullscriptRevocationParent = unknown;
export type FullscriptViewerParent = unknown;
