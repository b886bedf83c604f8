import type { Revocation } from '../domain/revocation.ts';
import type { ExitCode } from './command-line.ts';
import { noOrganization, type Session } from './session.ts';

const lookEveryMs = 250;

/** Prints how far a revocation is. */
export async function printRevocation(session: Session, revocation: Revocation): Promise<void> {
  const { id, organizationId, requestedBy, requestedAt, finishedAt, total, revoked } = revocation;
  const pending = total - revoked;
  await session.printResult(
    {
      id,
      organizationId: organizationId === noOrganization ? null : organizationId,
      requestedBy,
      requestedAt,
      finishedAt,
      total,
      revoked,
      pending,
    },
    () =>
      `Revocation ${id}: ${total} closed here, ${revoked} confirmed by Fullscript, ${pending} pending` +
      (finishedAt === null ? '' : `; finished at ${finishedAt}`),
  );
}

/**
 * Has Fullscript confirm, in this process, what a revocation has closed, together with whatever service runs on the same database, and prints it once it is finished
 * or the signal fires. Without `waits` it is printed as it stands.
 */
export async function followRevocation(session: Session, begun: Revocation, waits: boolean): Promise<ExitCode> {
  const { parts, terminal, signal } = session;
  const { organizationId, id } = begun;
  let revocation = begun;
  if (waits && revocation.finishedAt === null) {
    parts.runner.start(['revocations']);
    const reads = session.readsIn(organizationId);
    while (revocation.finishedAt === null && !signal.aborted) {
      terminal.progress('Confirmed by Fullscript', revocation.revoked, revocation.total);
      await session.wait(lookEveryMs);
      revocation = (await reads.revocation(id)) ?? revocation;
    }
    terminal.progress('Confirmed by Fullscript', revocation.revoked, revocation.total);
    terminal.endProgress();
  }
  await printRevocation(session, revocation);
  if (revocation.finishedAt !== null) return 0;
  const which = organizationId === noOrganization ? id : `${id} --organization ${organizationId}`;
  terminal.note(
    `None of these authorizations is used here any more. A running service goes on until Fullscript has confirmed all; see: revocation ${which}`,
  );
  return waits ? 1 : 0;
}
