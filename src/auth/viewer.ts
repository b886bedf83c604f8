/** What an EMR user is allowed to be; roles add up. */
export const roles = ['admin', 'practitioner', 'staff', 'developer', 'service'] as const;

export type Role = (typeof roles)[number];

/** Who is asking, as the EMR's token says. */
export interface Viewer {
  /** The EMR user (`sub`). */
  readonly userId: string;
  /** The EMR organization (`org`): the tenant that everything is bound to. */
  readonly organizationId: string;
  readonly roles: ReadonlySet<Role>;
  /** The EMR practitioner this user is (`practitioner_id`), if any. */
  readonly practitionerId: string | null;
  /** The token itself, to ask the EMR in the user's own name. Never logged, never stored. */
  readonly bearer: string;
}
