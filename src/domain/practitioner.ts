/** A practitioner or staff member of a Fullscript clinic, as Fullscript's own lists give them. */
export interface FullscriptPractitioner {
  id: string;
  email: string | null;
  firstName: string | null;
  lastName: string | null;
  /** The id some integrator wrote into Fullscript's metadata slot; ours or somebody else's. */
  metadataId: string | null;
}
