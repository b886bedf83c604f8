import type { Caller } from '../auth/caller.ts';
import type { Account } from '../domain/account.ts';
import { Refusal } from '../domain/errors.ts';
import { toComparableEmail } from '../domain/identity.ts';
import { toMetadataId } from '../domain/metadata.ts';
import type { Call } from '../fullscript/call.ts';
import { toClinicKey } from '../store/keys.ts';
import type { OperationNeeds } from './needs.ts';

/**
 * The Fullscript practitioner whose name goes on a plan: the viewer's own, or the named one, found by their connection to the same clinic, else by our id in
 * the clinic's metadata, else by the EMR's e-mail address among the clinic's practitioners. Somebody as whom another EMR
 * practitioner is connected is never meant by metadata or address. Null when the named one is none of these.
 * Throws BAD_USER_INPUT when nobody is named and the viewer is no practitioner at Fullscript.
 */
export async function findFullscriptPractitioner(
  needs: OperationNeeds,
  caller: Caller,
  account: Account,
  namedPractitionerId: string | null,
): Promise<string | null> {
  const { viewer } = caller;
  const named = namedPractitionerId ?? viewer.practitionerId;
  if (
    account.userType === 'PRACTITIONER' &&
    (namedPractitionerId === null || namedPractitionerId === viewer.practitionerId)
  ) {
    return account.fullscriptUserId;
  }
  if (namedPractitionerId === null || named === null) {
    throw new Refusal(
      'BAD_USER_INPUT',
      'input.practitionerId: must name the practitioner, because your Fullscript account is a staff account',
      { extensions: { argument: 'input.practitionerId' } },
    );
  }
  const connections = (await needs.store.accounts.findByPractitioners(viewer.organizationId, [named])).get(named) ?? [];
  const connected = connections.find(
    (connection) => connection.clinicId === account.clinicId && connection.userType === 'PRACTITIONER',
  );
  if (connected) return connected.fullscriptUserId;

  /** A connection is the better evidence for who somebody is. */
  const isAnothers = async (fullscriptUserId: string): Promise<boolean> => {
    const live = await needs.store.accounts.findLiveByClinic(toClinicKey(viewer.organizationId, account.clinicId));
    return live.some(
      ({ fullscriptUserId: connectedAs, practitionerId, userType }) =>
        connectedAs === fullscriptUserId &&
        userType === 'PRACTITIONER' &&
        practitionerId !== null &&
        practitionerId !== named,
    );
  };

  const call: Call = {
    accountId: account.id,
    priority: 'interactive',
    signal: caller.signal,
    requestId: caller.requestId,
  };
  const hits = await needs.fullscript.metadata.find(call, toMetadataId(viewer.organizationId, named), 'practitioner');
  const [hit] = hits;
  if (hit && hits.length === 1 && !(await isAnothers(hit.objectId))) return hit.objectId;

  const practitioner = await needs.emr.findPractitioner(viewer.bearer, named, caller.requestId);
  const email = toComparableEmail(practitioner?.email);
  if (email === '') return null;
  const namesakes = (await needs.fullscript.practitioners.list(call)).filter(
    (row) => toComparableEmail(row.email) === email,
  );
  const [namesake] = namesakes;
  return namesake && namesakes.length === 1 && !(await isAnothers(namesake.id)) ? namesake.id : null;
}
