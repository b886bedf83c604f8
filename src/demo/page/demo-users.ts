/** A user of the demo, with a ready-made token; served by the demo only. */
export interface DemoUser {
  id: string;
  name: string;
  roles: string[];
  /** Null for users who are no practitioners. */
  practitionerId: string | null;
  token: string;
  organization: { id: string; name: string };
}

const USER_KEY = 'juniper.user';

/** Reads /demo/users.json. An organization may come as its id alone. Throws when it is not a list of users. */
export function readDemoUsers(value: unknown): DemoUser[] {
  if (!Array.isArray(value) || value.length === 0) throw new Error('The demo has no users.');
  return value.map((entry: unknown) => {
    const { id, name, roles, practitionerId, token, organization } = (entry ?? {}) as Record<string, unknown>;
    if (typeof id !== 'string' || typeof token !== 'string') throw new Error('The demo users cannot be read.');
    return {
      id,
      name: typeof name === 'string' ? name : id,
      roles: Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : [],
      practitionerId: typeof practitionerId === 'string' ? practitionerId : null,
      token,
      organization: readOrganization(organization),
    };
  });
}

/** The user this tab had chosen last, else the first practitioner, else the first user. */
export function chooseUser(users: readonly DemoUser[], storage: { getItem(key: string): string | null }): DemoUser {
  const chosen =
    users.find((user) => user.id === storage.getItem(USER_KEY)) ??
    users.find((user) => user.id === 'u-ada') ??
    users.find((user) => user.roles.includes('practitioner')) ??
    users[0];
  if (!chosen) throw new Error('The demo has no users.');
  return chosen;
}

/** Remembers the choice for this tab. */
export function rememberUser(storage: { setItem(key: string, value: string): void }, userId: string): void {
  storage.setItem(USER_KEY, userId);
}

/** Whether the user has one of these roles. */
export function hasRole(user: DemoUser, ...roles: string[]): boolean {
  return roles.some((role) => user.roles.includes(role));
}

function readOrganization(value: unknown): DemoUser['organization'] {
  if (typeof value === 'string') return { id: value, name: value };
  const { id, name } = (value ?? {}) as Record<string, unknown>;
  const known = typeof id === 'string' ? id : '';
  return { id: known, name: typeof name === 'string' ? name : known };
}
