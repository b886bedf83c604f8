import type { Session } from './session.ts';

/**
 * Whether the organization, and with `userId` its user, is known here; otherwise says so. A mistyped id must not look like nothing to do.
 */
export async function isKnown(
  session: Session,
  organizationId: string,
  userId: string | null = null,
): Promise<boolean> {
  const { known } = session.parts.store;
  const hasOrganization = await known.hasOrganization(organizationId);
  if (hasOrganization && (userId === null || (await known.hasUser(organizationId, userId)))) return true;
  const whom = hasOrganization
    ? `user ${userId ?? ''} of organization ${organizationId}`
    : `organization ${organizationId}`;
  session.terminal.note(`No ${whom} is known here. Nothing was done.`);
  return false;
}
