import { Refusal } from '../domain/errors.ts';
import type { Role, Viewer } from './viewer.ts';

/**
 * What may be done, and by whom. This is the whole role table: an action that is not here does not exist, and roles add up.
 * What depends on more than the role (one's own practitioner, a named practitioner, the patient the EMR vouches for) is asked
 * where the data is; these are the rules that hold before any data is looked at.
 */
const table = {
  /** connect, completeConnect, revoke one's own, choose the default clinic, fullscriptViewer, look a product up with one's authorization. */
  'connection.own': ['admin', 'practitioner', 'staff'],
  /** Revoke another user's, switch the integration, list the accounts, see any practitioner's account. */
  'connection.administer': ['admin', 'service'],
  /** Revoke everybody's in the organization. */
  'connection.revokeAll': ['admin', 'developer'],
  /** Revoke everybody's in every organization. */
  'connection.revokeEverywhere': ['developer'],
  /** Read how a revocation goes that somebody else asked for. */
  'revocation.readAny': ['admin', 'developer'],
  'audit.read': ['admin', 'service'],
  /** See how the stored copy keeps up with Fullscript, and have parked events tried again. */
  'synchronization.administer': ['admin', 'service'],
  /** The connection status of any practitioner of the organization. */
  'practitioner.status': ['admin', 'practitioner', 'staff', 'service'],
  /** A patient's status and Fullscript account. */
  'patient.account': ['practitioner', 'staff'],
  /** A patient's plans, labs, results and chart imports. An administrator needs to be a practitioner as well. */
  'patient.clinical': ['practitioner'],
  /** See candidates, link, unlink, change the record at Fullscript. */
  'patient.link': ['practitioner', 'staff'],
  /** Begin a plan, in one's own name or in that of a practitioner who is named. */
  'recommendation.create': ['practitioner', 'staff'],
  /** Begin a plan without naming a practitioner. */
  'recommendation.createUnnamed': ['practitioner'],
  'embed.create': ['practitioner', 'staff'],
  'checkout.create': ['practitioner'],
  'chart.import': ['practitioner'],
  'lab.review': ['practitioner'],
} as const satisfies Record<string, readonly Role[]>;

export type Action = keyof typeof table;

/** Every action there is. */
export const actions = Object.keys(table) as readonly Action[];

/** Whether one of the viewer's roles allows the action. */
export function may(viewer: Pick<Viewer, 'roles'>, action: Action): boolean {
  return table[action].some((role) => viewer.roles.has(role));
}

/** Throws FORBIDDEN, naming the roles it would take, unless one of the viewer's roles allows the action. */
export function assertMay(viewer: Pick<Viewer, 'roles'>, action: Action): void {
  if (may(viewer, action)) return;
  throw new Refusal('FORBIDDEN', `This takes the role ${table[action].join(' or ')}`);
}
