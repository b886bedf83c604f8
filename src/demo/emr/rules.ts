import type { EmrChart, EmrPatient, EmrRole } from './records.ts';
import type { EmrStore } from './store.ts';

/** Who is asking, as their token says. */
export interface EmrCaller {
  userId: string;
  organizationId: string;
  roles: EmrRole[];
  practitionerId: string | null;
}

/** Whether the caller holds one of the roles. */
export function hasRole(caller: EmrCaller, ...roles: EmrRole[]): boolean {
  return roles.some((role) => caller.roles.includes(role));
}

/**
 * The patient, when the caller may see them: practitioners, staff and the service see the patients of their own
 * organization, a limited user only those listed for them. Admins and developers see none by that role alone.
 */
export function findVisiblePatient(store: EmrStore, caller: EmrCaller, patientId: string): EmrPatient | null {
  const patient = store.patients.get(patientId);
  if (!patient || patient.organizationId !== caller.organizationId) return null;
  if (!hasRole(caller, 'practitioner', 'staff', 'service')) return null;
  const only = store.users.get(caller.userId)?.patientIds ?? null;
  return only === null || only.includes(patientId) ? patient : null;
}

/** Whether the caller's role reaches charts and documents at all: clinical people and the service do, staff do not. */
export function seesCharts(caller: EmrCaller): boolean {
  return hasRole(caller, 'practitioner', 'service');
}

/** The chart note, when the caller sees charts and its patient. */
export function findVisibleChart(store: EmrStore, caller: EmrCaller, chartId: string): EmrChart | null {
  const chart = store.charts.get(chartId);
  if (!chart || !seesCharts(caller)) return null;
  return findVisiblePatient(store, caller, chart.patientId) ? chart : null;
}
