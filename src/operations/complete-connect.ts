import { z } from 'zod';
import { assertMay } from '../auth/access.ts';
import type { Caller } from '../auth/caller.ts';
import type { Account, FullscriptUserType } from '../domain/account.ts';
import { FullscriptFailure, Refusal } from '../domain/errors.ts';
import { toMetadataId } from '../domain/metadata.ts';
import type { TokenPair } from '../fullscript/access-tokens.ts';
import type { FullscriptClinic } from '../fullscript/clinics.ts';
import type { GrantedTokens } from '../fullscript/oauth.ts';
import { ConnectStateUsedError } from '../store/connecting.ts';
import type { ConnectState } from '../store/connect-states.ts';
import { assertEnabled, orDenied, toStateHash } from './connect.ts';
import type { OperationNeeds } from './needs.ts';
import { takeTurns } from './take-turns.ts';

export interface CompleteConnectInput {
  code?: string | null | undefined;
  state: string;
  error?: string | null | undefined;
}

export type CompleteConnectResult =
  | { __typename: 'FullscriptConnected'; account: Account; returnTo: string | null }
  | { __typename: 'FullscriptConnectDeclined'; message: string; returnTo: string | null }
  | { __typename: 'FullscriptConnectExpired'; message: string };

const expired: CompleteConnectResult = {
  __typename: 'FullscriptConnectExpired',
  message: 'This attempt to connect is too old, was used already, or is not yours: start again',
};

/** Fullscript's answer to the code as it is kept (encrypted) while a later step failed for a moment. */
const keptAnswer = z.object({
  accessToken: z.string(),
  refreshToken: z.string(),
  expiresAt: z.string(),
  scopes: z.array(z.string()),
  ownerId: z.string(),
  ownerType: z.string(),
  clinicId: z.string().nullable(),
});

/** How long after a kill an attempt still holds its state; while it runs, this is prolonged. */
const stateLeaseMs = 30_000;

/** One completion: whoever asked may leave at their deadline until `stay` was called. */
interface Attempt {
  caller: Caller;
  /** From here on the caller hears how it ends, however late. Throws `unavailable` for one who has left already. */
  stay: () => void;
}

/**
 * `Mutation.completeConnect`: the state is looked at first and must be the caller's own, fresh and unused. A definite answer uses it up; after a
 * temporary failure the same code and state may be sent again, since Fullscript's answer to the code is kept until the account is stored. What is
 * kept and never becomes an account is revoked at Fullscript. Asking Fullscript outlasts the caller's deadline: they are told FULLSCRIPT_UNAVAILABLE
 * then, and when they send the same again, they wait for their turn and find the answer kept.
 *
 * One moment cannot be covered: when the process is killed after Fullscript has taken the code and before its answer is kept here, or when the answer
 * is lost or takes longer than half a minute, nobody knows the tokens. The code works once, so sending it again is Expired (a server that follows the
 * OAuth standard ends the unknown tokens then), and the user connects anew. Should Fullscript not end them, they are of no use to anybody, and the user
 * can remove them there.
 */
export function createCompleteConnect(
  needs: OperationNeeds,
): (caller: Caller, input: CompleteConnectInput) => Promise<CompleteConnectResult> {
  const { store, fullscript, pendingTokens, settings, now } = needs;

  async function findState(caller: Caller, state: string): Promise<ConnectState | null> {
    const found = await store.connectStates.find(toStateHash(state));
    const { organizationId, userId } = caller.viewer;
    if (!found || found.organizationId !== organizationId || found.userId !== userId) return null;
    return found.usedAt === null && found.expiresAt > now().toISOString() ? found : null;
  }

  /** After a definite answer: the state is of no use any more, and an authorization that it kept goes back to Fullscript. */
  async function useUp(state: ConnectState): Promise<void> {
    await store.connectStates.use(state.stateHash, now().toISOString());
    needs.wake('revocations');
  }

  /** Not under the caller's signal: the code works once, so its answer is waited for and kept whoever is still there. */
  async function exchange({ requestId }: Caller, state: ConnectState, code: string): Promise<GrantedTokens | null> {
    if (state.exchanged !== null) return keptAnswer.parse(JSON.parse(state.exchanged));
    let granted: GrantedTokens;
    try {
      granted = await fullscript.oauth.exchangeCode(code, { requestId });
    } catch (error) {
      if (error instanceof FullscriptFailure && error.kind === 'rejected') return null;
      throw error;
    }
    const { accessToken } = granted;
    try {
      const isKept = await store.connectStates.saveExchanged(state, { answer: JSON.stringify(granted), accessToken });
      return isKept ? granted : null;
    } catch (error) {
      // The code works once and its answer is kept nowhere: now or never.
      await fullscript.oauth.revoke(accessToken, { requestId }).catch((failure: unknown) => {
        const about = failure instanceof FullscriptFailure ? { kind: failure.kind, status: failure.status } : {};
        needs.log.error(about, 'an authorization that could not be stored could not be revoked either');
      });
      throw error;
    }
  }

  /** The clinic that the authorization reaches, read with it. Gives null, with the state used up, when it was taken away again meanwhile. */
  async function readClinic(
    { caller, stay }: Attempt,
    state: ConnectState,
    granted: GrantedTokens,
  ): Promise<{
    clinic: FullscriptClinic;
    tokens: Pick<TokenPair, 'accessToken' | 'refreshToken' | 'expiresAt'>;
  } | null> {
    const accountId = `connecting:${state.stateHash}`;
    const { signal, requestId } = caller;
    let pair: TokenPair | null = { ...granted, version: 0 };
    pendingTokens.hold(accountId, pair);
    try {
      let clinic: FullscriptClinic;
      try {
        clinic = await fullscript.clinics.get({ accountId, priority: 'interactive', signal, requestId });
      } finally {
        // Waits for a refresh that is under way, beyond the caller's deadline too.
        pair = await pendingTokens.release(accountId);
      }
      stay();
      if (pair) return { clinic, tokens: pair };
      await useUp(state);
      return null;
    } catch (error) {
      if (pair) {
        const answer = JSON.stringify({ ...granted, ...pair });
        await store.connectStates.saveExchanged(state, { answer, accessToken: pair.accessToken });
      }
      const kind = error instanceof FullscriptFailure ? error.kind : null;
      // Trying again would not help: it is gone, or it does not even reach its own clinic.
      if (kind === 'withdrawn' || kind === 'forbidden') await useUp(state);
      if (kind === 'withdrawn') return null;
      throw error;
    }
  }

  /** Gives null, with the state used up, when the authorization was taken away again meanwhile. */
  async function connect(attempt: Attempt, state: ConnectState, granted: GrantedTokens): Promise<Account | null> {
    const { caller } = attempt;
    const userType = toUserType(granted.ownerType);
    if (userType === null) {
      await useUp(state);
      throw new FullscriptFailure(
        'contract',
        'Fullscript gave an authorization that belongs to neither a practitioner nor a staff member',
      );
    }
    const read = await readClinic(attempt, state, granted);
    if (read === null) return null;
    const { clinic, tokens } = read;
    const { organizationId, userId, practitionerId } = caller.viewer;
    const at = now().toISOString();
    await store.clinics.upsert({
      organizationId,
      clinicId: clinic.id,
      environment: settings.environment,
      name: clinic.name,
      discountPercent: clinic.discountPercent,
      syncedAt: at,
    });
    const metadataId =
      practitionerId !== null && userType === 'PRACTITIONER' ? toMetadataId(organizationId, practitionerId) : null;
    const connected = await orUsedUp(() =>
      store.accounts.connect({
        organizationId,
        userId,
        practitionerId,
        environment: settings.environment,
        fullscriptUserId: granted.ownerId,
        userType,
        clinicId: clinic.id,
        tokens: { ...tokens, scopes: granted.scopes },
        stateHash: state.stateHash,
        metadataId,
        requestId: caller.requestId,
      }),
    );
    if (connected === null) {
      needs.wake('revocations');
      return null;
    }
    const { account, replacedToken } = connected;
    if (replacedToken) needs.wake('revocations');
    if (metadataId !== null) needs.wake('metadata');
    return account;
  }

  async function complete(attempt: Attempt, input: CompleteConnectInput): Promise<CompleteConnectResult> {
    const { caller } = attempt;
    const state = await findState(caller, input.state);
    if (!state) return expired;
    await assertEnabled(needs, caller);
    if (input.error) {
      await useUp(state);
      return {
        __typename: 'FullscriptConnectDeclined',
        message: 'The connection was declined at Fullscript',
        returnTo: state.returnTo,
      };
    }
    if (!input.code) {
      throw new Refusal('BAD_USER_INPUT', 'input: needs the code or the error that Fullscript came back with', {
        extensions: { argument: 'input.code' },
      });
    }
    const granted = await exchange(caller, state, input.code);
    if (granted === null) {
      await useUp(state);
      return expired;
    }
    const account = await connect(attempt, state, granted);
    return account ? { __typename: 'FullscriptConnected', account, returnTo: state.returnTo } : expired;
  }

  /** Gives the caller what comes of it, or throws `unavailable` at their deadline while it goes on. */
  async function completeInTurn(caller: Caller, input: CompleteConnectInput): Promise<CompleteConnectResult> {
    const stateHash = toStateHash(input.state);
    // Two tabs with the same code: Fullscript accepts it once, so the second waits for the first.
    const turn = {
      name: `connect:${stateHash}`,
      leaseMs: stateLeaseMs,
      busy: 'The same connection is being completed already',
    };
    const left = new AbortController();
    const leave = (): void => left.abort();
    const { signal } = caller;
    signal.addEventListener('abort', leave, { once: true });
    const stay = (): void => {
      if (signal.aborted) throw new FullscriptFailure('unavailable', 'Fullscript took too long to answer: try again');
      signal.removeEventListener('abort', leave);
    };
    try {
      return await needs.flights.run(`${turn.name}:${needs.newId()}`, stateHash, left.signal, () =>
        takeTurns(needs, caller, turn, () => complete({ caller, stay }, input)),
      );
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  return async (caller, input) => {
    await orDenied(needs, caller, () => assertMay(caller.viewer, 'connection.own'));
    if (!(await findState(caller, input.state))) {
      await needs.audit.recordDone(caller, 'connect', {}, 'denied');
      return expired;
    }
    let result: CompleteConnectResult;
    try {
      result = await completeInTurn(caller, input);
    } catch (error) {
      const outcome = error instanceof Refusal && error.code === 'FORBIDDEN' ? 'denied' : 'failed';
      await needs.audit.recordDone(caller, 'connect', {}, outcome);
      throw error;
    }
    // A success is on record already, since the account is stored together with its audit row.
    if (result.__typename === 'FullscriptConnectDeclined') {
      await needs.audit.recordDone(caller, 'connect.declined', {}, 'ok');
    } else if (result.__typename === 'FullscriptConnectExpired') {
      await needs.audit.recordDone(caller, 'connect', {}, 'denied');
    }
    return result;
  };
}

/** Gives null when somebody took the authorization away while it was becoming an account. */
async function orUsedUp<T>(store: () => Promise<T>): Promise<T | null> {
  try {
    return await store();
  } catch (error) {
    if (error instanceof ConnectStateUsedError) return null;
    throw error;
  }
}

function toUserType(ownerType: string): FullscriptUserType | null {
  const type = ownerType.toUpperCase();
  return type === 'PRACTITIONER' || type === 'STAFF' ? type : null;
}
