import type { FullscriptPractitioner } from '../domain/practitioner.ts';
import type { Call } from './call.ts';

/** Practitioners of the clinic; staff have the same shape under another address. */
export interface Practitioners {
  /** All pages. */
  list(call: Call): Promise<FullscriptPractitioner[]>;
  get(call: Call, id: string): Promise<FullscriptPractitioner>;
  /** Writes our id into the metadata slot; null clears it. */
  setMetadata(call: Call, id: string, metadataId: string | null): Promise<FullscriptPractitioner>;
}
