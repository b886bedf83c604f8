import type { Readable } from 'node:stream';
import { FullscriptFailure } from '../domain/errors.ts';
import { toUsable } from '../domain/standing.ts';
import type { OpenFile } from '../fullscript/files.ts';
import { getStanding } from '../store/standing.ts';
import type { LabLinks } from './lab-links.ts';
import type { OperationNeeds } from './needs.ts';

/** How the request for a result file ends; each is one HTTP status. */
export type OpenLabResultOutcome =
  | { kind: 'file'; stream: Readable; contentLength: number | undefined; fileName: string }
  /** Tampered with, unknown, or somebody else's. */
  | { kind: 'notFound' }
  | { kind: 'expired' }
  /** The authorization through which it was promised is gone. */
  | { kind: 'forbidden' }
  /** Not a PDF, too large, or from a host that is not allowed. */
  | { kind: 'badFile' }
  | { kind: 'unavailable' };

/** Whoever sent an Authorization header along, as far as it can be told: `null` is a token that is not valid. */
export type LinkVisitor = { organizationId: string; userId: string } | null;

const usualOpenTimeoutMs = 60_000;

/**
 * `GET /lab-results/{token}`: the token is the permission; with an Authorization header it must be the very viewer's. The file is looked up and streamed
 * afresh from Fullscript; nothing of it is kept. It must begin within `openTimeoutMs`, 60000 by default; how long it then takes is up to the
 * connection, which may be slow and must not stall. `request.signal` ends it at any time.
 */
export function createOpenLabResult(
  needs: OperationNeeds,
  links: LabLinks,
  { openTimeoutMs = usualOpenTimeoutMs }: { openTimeoutMs?: number } = {},
): (
  token: string,
  visitor: LinkVisitor | undefined,
  request: { requestId: string; signal: AbortSignal },
) => Promise<OpenLabResultOutcome> {
  const { store, fullscript, settings, now } = needs;

  async function open(
    link: NonNullable<Awaited<ReturnType<LabLinks['open']>>>,
    request: { requestId: string; signal: AbortSignal },
  ): Promise<OpenLabResultOutcome> {
    const results = (await store.labResults.findByIds(link.organizationId, [link.resultId])).get(link.resultId);
    const result = results?.find((candidate) => candidate.clinicKey === link.clinicKey);
    if (!result) return { kind: 'notFound' };
    const usable = toUsable(await getStanding(store, link.organizationId, link.userId), result.clinicId);
    if (usable.kind === 'blocked') return { kind: 'forbidden' };
    const call = { accountId: usable.account.id, priority: 'interactive' as const, ...request };
    const order = await fullscript.labs.get(call, result.labOrderId);
    const fileUrl = order.results.find((candidate) => candidate.id === link.resultId)?.fileUrl ?? null;
    if (fileUrl === null) return { kind: 'notFound' };
    const file: OpenFile = await fullscript.files.open(call, fileUrl, {
      allowedHosts: settings.fileHosts,
      maxBytes: settings.labPdfMaxBytes,
      signal: request.signal,
    });
    const day = (result.availableAt ?? now().toISOString()).slice(0, 10);
    return {
      kind: 'file',
      stream: file.stream,
      contentLength: file.contentLength,
      fileName: `Fullscript lab result ${day}.pdf`,
    };
  }

  return async (token, visitor, request) => {
    const link = await links.open(token);
    if (!link) return { kind: 'notFound' };
    const foreign =
      visitor === null ||
      (visitor && (visitor.organizationId !== link.organizationId || visitor.userId !== link.userId));
    if (foreign) return { kind: 'notFound' };
    if (now().getTime() >= link.expiresAt) return { kind: 'expired' };
    const opening = new AbortController();
    const timer = setTimeout(() => opening.abort(), openTimeoutMs);
    let outcome: OpenLabResultOutcome;
    try {
      outcome = await open(link, { ...request, signal: AbortSignal.any([request.signal, opening.signal]) });
    } catch (error) {
      if (!(error instanceof FullscriptFailure)) throw error;
      outcome = toOutcome(error);
    } finally {
      clearTimeout(timer);
    }
    try {
      await needs.audit.record(
        { viewer: { organizationId: link.organizationId, userId: link.userId }, requestId: request.requestId },
        'lab.view',
        { subject: link.resultId, patientId: await findPatientId(link.clinicKey, link.organizationId, link.resultId) },
        outcome.kind === 'file' ? 'ok' : outcome.kind === 'forbidden' ? 'denied' : 'failed',
      );
    } catch (error) {
      // What is not on record is not shown, and nobody else would end the download.
      if (outcome.kind === 'file') outcome.stream.destroy();
      throw error;
    }
    return outcome;
  };

  async function findPatientId(clinicKey: string, organizationId: string, resultId: string): Promise<string | null> {
    const results = (await store.labResults.findByIds(organizationId, [resultId])).get(resultId) ?? [];
    const fullscriptPatientId = results.find((result) => result.clinicKey === clinicKey)?.fullscriptPatientId;
    if (!fullscriptPatientId) return null;
    const links = await store.patientLinks.findLinksByFullscriptIds([{ clinicKey, id: fullscriptPatientId }]);
    return [...links.values()][0]?.patientId ?? null;
  }
}

function toOutcome(failure: FullscriptFailure): OpenLabResultOutcome {
  switch (failure.kind) {
    case 'not_found':
      return { kind: 'notFound' };
    case 'withdrawn':
    case 'forbidden':
      return { kind: 'forbidden' };
    case 'contract':
    case 'rejected':
      return { kind: 'badFile' };
    default:
      return { kind: 'unavailable' };
  }
}
