import { z } from 'zod';
import { FullscriptFailure } from '../domain/errors.ts';
import type { FullscriptLog, FullscriptSettings } from './settings.ts';
import type { Answer } from './answer.ts';
import type { Endpoint } from './endpoint.ts';
import type { Sending, Transport } from './transport.ts';
import {
  lenient,
  isRow,
  readOne,
  toSnakeKeys,
  wireId,
  wireInstant,
  wireInteger,
  wireOptionalId,
  wireText,
} from './wire.ts';

/** What an authorization code gives. */
export interface GrantedTokens {
  accessToken: string;
  refreshToken: string;
  /** ISO instant. */
  expiresAt: string;
  scopes: string[];
  ownerId: string;
  /** Fullscript's word (`Practitioner`, `Staff`, legacy `Clinic`), in capitals. */
  ownerType: string;
  clinicId: string | null;
}

/** What a refresh gives. `scopes` is empty when Fullscript did not repeat them. */
export type RefreshedTokens = Pick<GrantedTokens, 'accessToken' | 'refreshToken' | 'expiresAt' | 'scopes'>;

export interface OAuth {
  /** The address that the browser is sent to. */
  toAuthorizeUrl(state: string): string;
  /**
   * Throws `rejected` for a code that is wrong, used, or too old, `unavailable` for everything temporary, including refused client credentials
   * (a fault of the configuration, logged as an error), `contract` for what cannot be read; an access token in it is revoked then. Waits for Fullscript
   * much longer than other calls do, because a code works once: whoever gives up earlier leaves a pair alive that nobody knows.
   */
  exchangeCode(code: string, options?: OAuthOptions): Promise<GrantedTokens>;
  /**
   * Like `exchangeCode`; `rejected` only when Fullscript definitely refuses the refresh token. Asks again after a lost answer, but not after one that took
   * too long: each question makes another pair at Fullscript.
   */
  refresh(refreshToken: string, options?: OAuthOptions): Promise<RefreshedTokens>;
  /**
   * Uses an access token once: from then on Fullscript honours no pair that came before it. An answer that refuses it will do; throws
   * `unavailable` and `rate_limited`.
   */
  use(accessToken: string, options?: OAuthOptions): Promise<void>;
  /** 'confirmed' for 200 and for 400 saying that the token is not valid; everything else throws and is to be tried again. */
  revoke(token: string, options?: OAuthOptions): Promise<'confirmed'>;
}

export interface OAuthOptions {
  priority?: 'interactive' | 'background' | undefined;
  signal?: AbortSignal | undefined;
  requestId?: string | undefined;
  maxWaitMs?: number | undefined;
  /** Sent also while Fullscript seems to be down; revoking always is. */
  insists?: boolean | undefined;
}

/** How long Fullscript's access tokens live when an answer does not say. */
const defaultLifeSeconds = 7200;

const tokenEndpoint: Endpoint = { method: 'POST', route: '/oauth/token', scopes: [] };
// Asking twice with the same refresh token is safe: it stays usable until the new access token is first used.
const refreshEndpoint: Endpoint = { ...tokenEndpoint, idempotent: true };
/** What any token may ask. */
const useEndpoint: Endpoint = { method: 'GET', route: '/clinic', scopes: ['clinic:read'] };
const revokeEndpoint: Endpoint = { method: 'POST', route: '/oauth/revoke', scopes: [], idempotent: true };

const wireTokens = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1),
  expires_in: wireInteger,
  created_at: wireInstant,
  scope: lenient((value) => (Array.isArray(value) ? value.join(' ') : typeof value === 'string' ? value : '')),
});
const wireGrant = wireTokens.extend({
  resource_owner: z.object({ id: wireId, type: wireText, clinic_id: wireOptionalId }),
});

export interface OAuthNeeds {
  settings: Pick<FullscriptSettings, 'authorizeUrl' | 'clientId' | 'clientSecret' | 'redirectUri' | 'refreshTimeoutMs'>;
  transport: Transport;
  now: () => Date;
  log: FullscriptLog;
}

/** Makes the calls of the OAuth exchange; they pass the same budget and slots as all others, without a bearer. */
export function createOAuth({ settings, transport, now, log }: OAuthNeeds): OAuth {
  const patienceMs = settings.refreshTimeoutMs ?? 30_000;
  const client = { client_id: settings.clientId, client_secret: settings.clientSecret };

  function send(
    endpoint: Endpoint,
    body: object,
    options: OAuthOptions & Pick<Sending, 'patienceMs'> = {},
  ): Promise<Answer> {
    return transport.send({ ...options, priority: options.priority ?? 'interactive' }, endpoint, { body });
  }

  async function askForTokens(endpoint: Endpoint, body: object, options?: Parameters<typeof send>[2]) {
    const askedAt = now();
    try {
      const answer = await send(endpoint, { ...client, ...body, redirect_uri: settings.redirectUri }, options);
      return { answer, askedAt };
    } catch (error) {
      throw toTokenFailure(error);
    }
  }

  /** `rejected` stays only for what is definitely about the code or the refresh token. */
  function toTokenFailure(error: unknown): unknown {
    if (!(error instanceof FullscriptFailure)) return error;
    const { kind, status, reasons, upstreamRequestId } = error;
    if (kind === 'rejected' && isInvalidGrant(reasons)) return error;
    if (kind === 'withdrawn' || kind === 'forbidden' || kind === 'not_found' || kind === 'rejected') {
      // Client credentials, address or request are wrong: an operator's fault, which says nothing about anybody's authorization.
      log.error({ status, error: toKnownWord(reasons), upstreamRequestId }, 'Fullscript refuses this app itself');
      const isConfiguration = kind !== 'rejected' || toKnownWord(reasons) === 'invalid_client';
      return new FullscriptFailure(isConfiguration ? 'unavailable' : 'contract', 'Fullscript refuses this app itself', {
        status,
        upstreamRequestId,
      });
    }
    return error;
  }

  async function revoke(token: string, options?: OAuthOptions): Promise<'confirmed'> {
    try {
      await send(revokeEndpoint, { ...client, token }, { ...options, insists: true });
      return 'confirmed';
    } catch (error) {
      if (error instanceof FullscriptFailure && error.status === 400 && isInvalidToken(error.reasons))
        return 'confirmed';
      if (error instanceof FullscriptFailure && error.status === 401) {
        // Whoever asked says so in the log: a thousand at once would say it a thousand times.
        throw new FullscriptFailure('unavailable', 'Fullscript refuses this app itself', {
          status: 401,
          upstreamRequestId: error.upstreamRequestId,
        });
      }
      throw error;
    }
  }

  /** Ends an authorization whose answer nobody can use: kept nowhere, it would live on at Fullscript for ever. */
  async function revokeUnreadable({ body, upstreamRequestId }: Answer): Promise<void> {
    const oauth = isRow(body) ? body['oauth'] : undefined;
    const token = isRow(oauth) ? toSnakeKeys(oauth) : undefined;
    const accessToken = isRow(token) ? token['access_token'] : undefined;
    if (typeof accessToken !== 'string' || accessToken === '') return;
    await revoke(accessToken).catch(() => {
      log.error({ upstreamRequestId }, 'An authorization that cannot be read could not be revoked either');
    });
  }

  return {
    toAuthorizeUrl(state) {
      const url = new URL(settings.authorizeUrl);
      url.searchParams.set('client_id', settings.clientId);
      url.searchParams.set('redirect_uri', settings.redirectUri);
      url.searchParams.set('response_type', 'code');
      url.searchParams.set('state', state);
      return url.href;
    },
    async exchangeCode(code, options) {
      const body = { grant_type: 'authorization_code', code };
      const { answer, askedAt } = await askForTokens(tokenEndpoint, body, { ...options, patienceMs });
      const wrapped = toWrapped(answer);
      let grant: z.output<typeof wireGrant>;
      try {
        grant = readOne(wireGrant, wrapped, ['oauth']);
      } catch (error) {
        await revokeUnreadable(wrapped);
        throw error;
      }
      return {
        ...toTokens(grant, askedAt),
        ownerId: grant.resource_owner.id,
        ownerType: (grant.resource_owner.type ?? '').toUpperCase(),
        clinicId: grant.resource_owner.clinic_id,
      };
    },
    async refresh(refreshToken, options) {
      const body = { grant_type: 'refresh_token', refresh_token: refreshToken };
      const { answer, askedAt } = await askForTokens(refreshEndpoint, body, { ...options, patienceMs });
      return toTokens(readOne(wireTokens, toWrapped(answer), ['oauth']), askedAt);
    },
    async use(accessToken, options = {}) {
      const bearer = () => Promise.resolve({ accessToken, scopes: [] });
      try {
        await transport.send({ ...options, priority: options.priority ?? 'interactive', bearer }, useEndpoint);
      } catch (error) {
        const isTemporary =
          !(error instanceof FullscriptFailure) || error.kind === 'unavailable' || error.kind === 'rate_limited';
        if (isTemporary) throw error;
      }
    },
    revoke,
  };
}

/** The token answer stands under `oauth`; the plain form of the OAuth standard is read as well. */
function toWrapped(answer: Answer): Answer {
  const body = toSnakeKeys(answer.body);
  return isRow(body) && !isRow(body['oauth']) && 'access_token' in body ? { ...answer, body: { oauth: body } } : answer;
}

/**
 * Counted from Fullscript's own `created_at` or from when we asked, whichever ends earlier, so that neither clock running ahead makes a token look alive
 * too long. A `created_at` so old that the new token were dead already is a clock that is wrong.
 */
function toTokens(tokens: z.output<typeof wireTokens>, askedAt: Date): RefreshedTokens {
  const lifeMs = Math.max(1, tokens.expires_in ?? defaultLifeSeconds) * 1000;
  const byUs = askedAt.getTime() + lifeMs;
  const byFullscript = tokens.created_at === null ? byUs : Date.parse(tokens.created_at) + lifeMs;
  const expiresAt = byFullscript > askedAt.getTime() ? Math.min(byUs, byFullscript) : byUs;
  return {
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token,
    expiresAt: new Date(expiresAt).toISOString(),
    scopes: [...new Set(tokens.scope.split(/[\s,]+/).filter((scope) => scope !== ''))],
  };
}

const knownWords: ReadonlySet<string> = new Set([
  'invalid_client',
  'invalid_grant',
  'invalid_request',
  'invalid_scope',
  'invalid_token',
  'unauthorized_client',
  'unsupported_grant_type',
]);

/** OAuth's error word among Fullscript's sentences, which is all of them that may be logged. */
function toKnownWord(reasons: readonly string[]): string | undefined {
  return reasons.find((reason) => knownWords.has(reason));
}

function isInvalidGrant(reasons: readonly string[]): boolean {
  const word = toKnownWord(reasons);
  if (word !== undefined) return word === 'invalid_grant';
  return reasons.some((reason) =>
    /(grant|code|refresh token)\b.*\b(invalid|expired|revoked|not valid|used)/i.test(reason),
  );
}

function isInvalidToken(reasons: readonly string[]): boolean {
  const word = toKnownWord(reasons);
  if (word !== undefined && word !== 'invalid_token' && word !== 'invalid_grant') return false;
  return (
    word !== undefined ||
    reasons.some((reason) =>
      /\btoken\b.*\b(invalid|not valid|unknown|expired|revoked|not found)|\b(invalid|unknown|expired|revoked)\b.*\btoken\b/i.test(
        reason,
      ),
    )
  );
}
