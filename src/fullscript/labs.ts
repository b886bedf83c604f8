import type { LabOrder } from '../domain/lab-order.ts';
import type { Call } from './call.ts';

export interface ReadLabOrder extends LabOrder {
  /** False for a list row without tests and results: get it before relying on their absence. */
  isDetailed: boolean;
}

/** Lab orders, in the United States only: in Canada the lists are empty without a call. */
export interface Labs {
  /** All pages. */
  listByPatient(call: Call, patientId: string): Promise<ReadLabOrder[]>;
  /** The clinic's lab orders from `page` (default 1) to the end. */
  listAll(call: Call, options?: { page?: number | undefined }): Promise<ReadLabOrder[]>;
  get(call: Call, id: string): Promise<ReadLabOrder>;
}
