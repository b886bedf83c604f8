/** Whether an admin has switched the integration off; everything is on until somebody says otherwise. */
export interface Switches {
  /** The organization's own switch, and those of the users asked for (missing: never touched). One statement. */
  find(
    organizationId: string,
    userIds: readonly string[],
  ): Promise<{ organization: boolean; users: Map<string, boolean> }>;
  /** Sets one user's switch, or the whole organization's with `userId` null; the one does not change the other. */
  set(change: {
    organizationId: string;
    userId: string | null;
    enabled: boolean;
    changedBy: string;
    changedAt: string;
  }): Promise<void>;
}
