import { LRUCache } from 'lru-cache';
import { FullscriptFailure } from '../domain/errors.ts';
import type { AccessTokens, TokenPair, TokenStore } from './access-tokens.ts';
import type { Call } from './call.ts';
import type { FullscriptLog } from './settings.ts';
import type { Answer } from './answer.ts';
import type { Endpoint, EndpointInput } from './endpoint.ts';
import { createIdempotencyKey, type Transport } from './transport.ts';
import { untilAborted } from './wait.ts';

/** Asks Fullscript on behalf of an account. */
export interface Client {
  /** Throws FullscriptFailure of any kind. */
  ask(call: Call, endpoint: Endpoint, input?: EndpointInput): Promise<Answer>;
}

export interface ClientNeeds {
  transport: Transport;
  accessTokens: AccessTokens;
  store: Pick<TokenStore, 'find' | 'markWithdrawn' | 'markDenied' | 'markVerified'>;
  now: () => Date;
  log: FullscriptLog;
}

/** What every authorization that is alive may ask; it tells a dead authorization from a missing scope. */
const clinicEndpoint: Endpoint = { method: 'GET', route: '/clinic', scopes: ['clinic:read'] };
const verifiedEveryMs = 60_000;
/** For how long an endpoint that refused even a fresh token is not answered by another forced refresh. */
const refusedForMs = 300_000;
const maxRemembered = 10_000;

/**
 * Makes the ring that adds the bearer. A 401 causes one forced refresh and one repetition; refused again, the authorization is gone if `GET /clinic`
 * is refused too, and otherwise only this endpoint is forbidden. A 403 that names a scope is noted with the account.
 */
export function createClient(needs: ClientNeeds): Client {
  const { transport, accessTokens, store, log } = needs;
  const verifiedAt = new LRUCache<string, { atMs: number; version: number }>({ max: maxRemembered });
  const refusedUntil = new LRUCache<string, number>({ max: maxRemembered });

  async function send(
    call: Call,
    endpoint: Endpoint,
    input: EndpointInput,
    getPair: () => Promise<TokenPair>,
    seen: (pair: TokenPair) => void,
  ): Promise<Answer> {
    return transport.send(
      {
        ...call,
        bearer: async () => {
          const pair = await getPair();
          seen(pair);
          return pair;
        },
      },
      endpoint,
      input,
    );
  }

  /** Whether the authorization as such is refused; other trouble while finding out is thrown. */
  async function isWithdrawn(call: Call, pair: TokenPair): Promise<boolean> {
    try {
      await send(
        call,
        clinicEndpoint,
        {},
        () => Promise.resolve(pair),
        () => undefined,
      );
      return false;
    } catch (error) {
      if (!(error instanceof FullscriptFailure)) throw error;
      if (error.kind === 'withdrawn') return true;
      // Any answer but 401 means that the token was accepted.
      if (error.kind === 'forbidden' || error.kind === 'not_found' || error.kind === 'rejected') return false;
      throw error;
    }
  }

  async function afterRefusal(
    call: Call,
    endpoint: Endpoint,
    input: EndpointInput,
    used: TokenPair,
    refusal: FullscriptFailure,
    seen: (pair: TokenPair) => void,
  ): Promise<Answer> {
    const place = `${call.accountId} ${endpoint.method} ${endpoint.route}`;
    const isKnown = (refusedUntil.get(place) ?? 0) > needs.now().getTime();
    if (isKnown && !(await isWithdrawn(call, used))) throw toForbidden(endpoint, used, refusal);

    let pair = await untilAborted(
      accessTokens.refreshAfter401(call.accountId, used.accessToken),
      call.signal,
      () => new FullscriptFailure('unavailable', 'The caller stopped waiting for Fullscript'),
    );
    let second: FullscriptFailure;
    try {
      return await send(
        call,
        endpoint,
        input,
        () => Promise.resolve(pair),
        (current) => seen((pair = current)),
      );
    } catch (error) {
      if (!isRefusal(error)) throw error;
      second = error;
    }
    const isClinic = endpoint.method === clinicEndpoint.method && endpoint.route === clinicEndpoint.route;
    if (isClinic || (await isWithdrawn(call, pair))) {
      const stored = await store.find(call.accountId);
      if (stored && stored.version !== pair.version) {
        throw new FullscriptFailure('unavailable', 'The authorization at Fullscript is being renewed', {
          cause: second,
        });
      }
      await store.markWithdrawn(call.accountId, pair.version, 'Fullscript refuses the access token');
      log.info(
        { accountId: call.accountId, upstreamRequestId: second.upstreamRequestId },
        'Fullscript withdrew an authorization',
      );
      throw second;
    }
    refusedUntil.set(place, needs.now().getTime() + refusedForMs);
    const forbidden = toForbidden(endpoint, pair, second);
    if (forbidden.missingScope !== undefined) await noteDenied(call.accountId, forbidden.missingScope);
    throw forbidden;
  }

  async function noteDenied(accountId: string, scope: string): Promise<void> {
    log.warn({ accountId, scope }, 'Fullscript says that a scope is missing');
    try {
      await store.markDenied(accountId, scope);
    } catch (error) {
      log.error({ accountId, scope, failure: toName(error) }, 'A missing scope could not be noted');
    }
  }

  function noteVerified(accountId: string, version: number): void {
    const at = needs.now();
    const last = verifiedAt.get(accountId);
    if (last?.version === version && at.getTime() - last.atMs < verifiedEveryMs) return;
    verifiedAt.set(accountId, { atMs: at.getTime(), version });
    store.markVerified(accountId, at.toISOString(), version).catch((error: unknown) => {
      log.warn({ accountId, failure: toName(error) }, 'It could not be noted that an authorization works');
    });
  }

  return {
    async ask(call, endpoint, givenInput = {}) {
      // One key for all repetitions, also for the one after a refresh.
      const input: EndpointInput =
        endpoint.method === 'POST' && givenInput.idempotencyKey === undefined
          ? { ...givenInput, idempotencyKey: createIdempotencyKey() }
          : givenInput;
      let used: TokenPair | undefined;
      try {
        let answer: Answer;
        try {
          answer = await send(
            call,
            endpoint,
            input,
            () => accessTokens.get(call.accountId),
            (pair) => (used = pair),
          );
        } catch (error) {
          if (!isRefusal(error) || !used) throw error;
          answer = await afterRefusal(call, endpoint, input, used, error, (pair) => (used = pair));
        }
        if (used) noteVerified(call.accountId, used.version);
        return answer;
      } catch (error) {
        if (error instanceof FullscriptFailure && error.status === 403 && error.missingScope !== undefined) {
          await noteDenied(call.accountId, error.missingScope);
        }
        throw error;
      }
    },
  };
}

/** A 401 of an answer, as against an authorization that the store says is gone. */
function isRefusal(error: unknown): error is FullscriptFailure {
  return error instanceof FullscriptFailure && error.kind === 'withdrawn' && error.status === 401;
}

function toForbidden(endpoint: Endpoint, pair: TokenPair, refusal: FullscriptFailure): FullscriptFailure {
  const missingScope = endpoint.restricted ? undefined : endpoint.scopes.find((scope) => !pair.scopes.includes(scope));
  return new FullscriptFailure('forbidden', `Fullscript does not allow this: ${endpoint.method} ${endpoint.route}`, {
    status: 401,
    reasons: refusal.reasons,
    missingScope,
    restricted: endpoint.restricted,
    upstreamRequestId: refusal.upstreamRequestId,
  });
}

function toName(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}
