import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { findBearer } from '../auth/bearer.ts';
import type { OpenLabResultOutcome } from '../operations/open-lab-result.ts';

export interface LabResultRouteNeeds {
  /**
   * Opens the file that a link promises. `bearer` is null without an Authorization header, and empty when there is one that holds no
   * bearer token. `signal` is aborted when the browser goes away.
   */
  openLabResult: (
    token: string,
    bearer: string | null,
    request: { requestId: string; signal: AbortSignal },
  ) => Promise<OpenLabResultOutcome>;
}

type ResultRequest = FastifyRequest<{ Params: { token: string } }>;

const refusals: Record<Exclude<OpenLabResultOutcome['kind'], 'file'>, readonly [status: number, text: string]> = {
  notFound: [404, 'There is no such result.'],
  expired: [410, 'This link has expired. Ask for the result again.'],
  forbidden: [403, 'The connection to Fullscript that this result was promised through is gone.'],
  badFile: [502, 'Fullscript gave no PDF that can be shown.'],
  unavailable: [503, 'Fullscript cannot be reached. Try again later.'],
};

/**
 * `GET /lab-results/{token}`: the PDF behind a result's `pdfUrl`, never stored on the way and always whole. HEAD answers with the same headers and
 * downloads no more than it takes to see that it is a PDF.
 */
export function addLabResultRoutes(app: FastifyInstance, needs: LabResultRouteNeeds): void {
  const url = '/lab-results/:token';
  // A HEAD that the framework makes out of GET would fetch the whole file and throw it away.
  app.route<{ Params: { token: string } }>({ method: ['GET', 'HEAD'], url, exposeHeadRoute: false, handler: answer });

  async function answer(request: ResultRequest, reply: FastifyReply): Promise<FastifyReply> {
    const gone = new AbortController();
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished) gone.abort();
    });
    const { authorization } = request.raw.headersDistinct;
    const bearer = authorization === undefined ? null : (findBearer(authorization) ?? '');
    const outcome = await needs.openLabResult(request.params.token, bearer, {
      requestId: request.id,
      signal: gone.signal,
    });
    void reply.header('cache-control', 'no-store').header('referrer-policy', 'no-referrer');
    if (outcome.kind !== 'file') {
      const [status, text] = refusals[outcome.kind];
      return await reply.code(status).type('text/plain; charset=utf-8').send(text);
    }
    const fileName = outcome.fileName.replaceAll(/[^A-Za-z0-9._ -]/g, '_');
    void reply.header('accept-ranges', 'none').header('content-disposition', `inline; filename="${fileName}"`);
    if (outcome.contentLength !== undefined) void reply.header('content-length', outcome.contentLength);
    void reply.code(200).type('application/pdf');
    if (request.method !== 'HEAD') return await reply.send(outcome.stream);
    outcome.stream.destroy();
    return await reply.send();
  }
}
