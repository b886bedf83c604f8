import { UsageError, type Given, type Option } from './command-line.ts';
import { noOrganization } from './session.ts';

/** The options that say whether one organization is meant or all. */
export const reachOptions: Readonly<Record<string, Option>> = {
  organization: { value: 'ID', about: "the EMR's organization" },
  'all-organizations': { about: 'every organization of this deployment' },
};

/** One organization, or all of them; `organizationId` is then that of nobody. */
export interface Reach {
  allOrganizations: boolean;
  organizationId: string;
  /** What has to be typed to confirm: the organization's id, or `all`. */
  word: string;
  /** For sentences. */
  words: string;
}

/** Reads which organizations are meant. Throws `UsageError` unless exactly one of the two options was given. */
export function readReach(given: Given): Reach {
  const organization = given.text('organization');
  const allOrganizations = given.has('all-organizations');
  if ((organization !== undefined) === allOrganizations)
    throw new UsageError('give either --organization or --all-organizations');
  return organization === undefined
    ? { allOrganizations, organizationId: noOrganization, word: 'all', words: 'ALL organizations' }
    : { allOrganizations, organizationId: organization, word: organization, words: `organization ${organization}` };
}
