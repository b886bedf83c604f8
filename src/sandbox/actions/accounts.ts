import type { SandboxCore } from '../core.ts';
import { Refusal, getThing, type SessionGrant, type User, type UserType } from '../state.ts';

interface SignUpInput {
  email: string;
  password: string;
  firstName: string;
  lastName: string;
  type: UserType;
  /** An existing clinic, or null to found one with `clinicName`. */
  clinicId: string | null;
  clinicName: string | null;
}

/** What people do with their logins. */
export interface AccountActions {
  /** The user with this e-mail (any case) and password, or null. */
  findLogin(email: string, password: string): User | null;
  /** A new login, in an existing clinic or with one of its own. Also completes an invitation made through the API. Refuses a taken e-mail. */
  signUp(input: SignUpInput): User;
  /** Consents on behalf of a user and gives the one-time code, valid for 600 s. The page does the redirect. */
  authorize(input: { userId: string; redirectUri: string }): string;
  /** Ends all of a user's tokens for the app, as the page "connected apps" does: silently. Gives how many were live. */
  revokeAuthorizationByUser(userId: string): number;
  /** Whether the user has at least one live token. */
  hasAuthorization(userId: string): boolean;
  /** Uses a session grant up. Null when it is unknown, older than 120 s or used. */
  claimSessionGrant(secretToken: string): SessionGrant | null;
}

/** The user with this e-mail, whatever its case, or null. */
export function findUserByEmail(core: SandboxCore, email: string): User | null {
  const wanted = email.trim().toLowerCase();
  for (const user of core.state.users.values()) if (user.email.toLowerCase() === wanted) return user;
  return null;
}

function toSlug(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '');
}

/** The actions on logins, consents and session grants. */
export function createAccountActions(core: SandboxCore): AccountActions {
  const { state } = core;

  function foundClinic(name: string): string {
    const id = core.newId();
    let slug = toSlug(name) || 'clinic';
    const taken = new Set([...state.clinics.values()].map((clinic) => clinic.slug));
    if (taken.has(slug)) slug = `${slug}-${id.slice(0, 6)}`;
    state.clinics.set(id, {
      id,
      name,
      slug,
      discount: 0,
      integrationId: core.newId(),
      integrationActivatedAt: core.instant(),
      marginType: 'profit',
    });
    return id;
  }

  return {
    findLogin(email, password) {
      const user = findUserByEmail(core, email);
      return user !== null && user.password !== null && user.password === password ? user : null;
    },

    signUp(input) {
      const blank = (['email', 'password', 'firstName', 'lastName'] as const).filter((key) => input[key].trim() === '');
      if (blank.length > 0) throw new Refusal(422, ["Name, e-mail and password can't be blank"]);
      const existing = findUserByEmail(core, input.email);
      if (existing !== null && existing.password !== null) throw new Refusal(422, ['Email has already been taken']);
      if (existing !== null) {
        existing.password = input.password;
        existing.inviteAccepted = true;
        return existing;
      }
      const clinicName = input.clinicName?.trim() ?? '';
      if (input.clinicId === null && clinicName === '') throw new Refusal(422, ["Clinic can't be blank"]);
      const clinicId = input.clinicId === null ? foundClinic(clinicName) : getThing(state.clinics, input.clinicId).id;
      const [firstType] = state.practitionerTypes.keys();
      const user: User = {
        id: core.newId(),
        type: input.type,
        clinicId,
        firstName: input.firstName.trim(),
        lastName: input.lastName.trim(),
        email: input.email.trim(),
        password: input.password,
        isOwner: input.clinicId === null,
        practitionerTypeId: input.type === 'Practitioner' ? (firstType ?? null) : null,
        inviteAccepted: true,
        metadataId: null,
      };
      state.users.set(user.id, user);
      return user;
    },

    authorize({ userId, redirectUri }) {
      getThing(state.users, userId);
      if (!core.app.redirectUris.includes(redirectUri)) throw new Refusal(404, ['Not Found']);
      const code = core.newSecret('code');
      state.codes.set(code, { code, userId, redirectUri, issuedAt: core.instant(), used: false });
      return code;
    },

    revokeAuthorizationByUser(userId) {
      let ended = 0;
      for (const pair of state.tokens.values()) {
        if (pair.userId !== userId || pair.endedAt !== null) continue;
        pair.endedAt = core.instant();
        pair.endedBecause = 'revoked_by_user';
        ended += 1;
      }
      return ended;
    },

    hasAuthorization(userId) {
      return [...state.tokens.values()].some((pair) => pair.userId === userId && pair.endedAt === null);
    },

    claimSessionGrant(secretToken) {
      for (const grant of state.sessionGrants.values()) {
        if (grant.secretToken !== secretToken) continue;
        if (grant.claimedAt !== null || grant.expiresAt <= core.instant()) return null;
        grant.claimedAt = core.instant();
        return grant;
      }
      return null;
    },
  };
}
