import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../src/demo/page/graphql.ts';
import { mergeOverview, type OverviewPatient, type PatientOverview } from '../../../src/demo/page/patient-overview.ts';

const patient = (over: Partial<OverviewPatient> = {}): OverviewPatient => ({
  id: 'p-1',
  firstName: 'Ingrid',
  lastName: 'Solheim',
  email: 'ingrid@mail.example',
  dateOfBirth: '1980-02-03',
  gender: null,
  mobileNumber: null,
  connectionStatus: 'CONNECTED',
  fullscriptAccount: null,
  treatmentPlans: { totalCount: 3, stale: false, syncedAt: null, nodes: [] },
  labOrders: { totalCount: 1, stale: false, syncedAt: null, nodes: [] },
  ...over,
});
const failing = (field: string, code: string): Answer<PatientOverview> => ({
  data: { patient: patient({ [field]: null }) },
  errors: [{ code, message: code, path: ['patient', field] }],
});
const before: Answer<PatientOverview> = { data: { patient: patient() }, errors: [] };

describe('a newer overview of a patient', () => {
  it('keeps the plans shown when Fullscript cannot be reached, and tells the error', () => {
    const merged = mergeOverview(before, failing('treatmentPlans', 'FULLSCRIPT_UNAVAILABLE'));
    expect(merged.data?.patient?.treatmentPlans?.totalCount).toBe(3);
    expect(merged.errors.map((error) => error.code)).toEqual(['FULLSCRIPT_UNAVAILABLE']);
  });

  it('takes the plans off the page when the authorization is gone', () => {
    const merged = mergeOverview(before, failing('treatmentPlans', 'FULLSCRIPT_CONNECTION_REQUIRED'));
    expect(merged.data?.patient?.treatmentPlans).toBeNull();
    expect(merged.data?.patient?.labOrders?.totalCount).toBe(1);
  });

  it('keeps the whole patient through an outage of the gateway, not through a refusal', () => {
    const gone = (code: string): Answer<PatientOverview> => ({
      data: null,
      errors: [{ code, message: code, path: [] }],
    });
    expect(mergeOverview(before, gone('NETWORK')).data?.patient?.id).toBe('p-1');
    expect(mergeOverview(before, gone('UNAUTHENTICATED')).data).toBeNull();
    expect(mergeOverview(before, { data: { patient: null }, errors: [] }).data?.patient).toBeNull();
  });
});

describe('an overview of the EMR alone, while Fullscript’s part is out of reach', () => {
  it('brings the EMR’s newest words and leaves Fullscript’s as they were', () => {
    const { connectionStatus, fullscriptAccount, treatmentPlans, labOrders, ...emrOnly } = patient({
      lastName: 'Berg',
    });
    expect([connectionStatus, fullscriptAccount, treatmentPlans?.totalCount, labOrders?.totalCount]).toEqual([
      'CONNECTED',
      null,
      3,
      1,
    ]);
    const errors = [{ code: 'SUBGRAPH_UNAVAILABLE', message: 'down', path: ['patient', 'connectionStatus'] }];
    const merged = mergeOverview(before, { data: { patient: emrOnly }, errors, partial: true });
    expect(merged.data?.patient).toMatchObject({ lastName: 'Berg', connectionStatus: 'CONNECTED' });
    expect(merged.data?.patient?.treatmentPlans?.totalCount).toBe(3);
    expect(merged.errors).toEqual(errors);
  });
});
