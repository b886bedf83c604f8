import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { Sandbox } from '../sandbox.ts';
import type { User } from '../state.ts';

const cookieName = 'fullscript_sandbox_session';

/** Remembers which browser is signed in as whom, so that a second consent or plan does not ask for the password again. */
export interface Sessions {
  /** The signed-in user, or null. A user that a reset has removed counts as signed out. */
  findUser(c: Context): User | null;
  /** Signs the browser in, replacing who was signed in before. */
  begin(c: Context, user: User): void;
  /** Signs the browser out; harmless when nobody is signed in. */
  end(c: Context): void;
}

/** Sessions in memory: they end with the process, or by Sign out. */
export function createSessions(sandbox: Sandbox): Sessions {
  const userIds = new Map<string, string>();
  return {
    findUser(c) {
      const userId = userIds.get(getCookie(c, cookieName) ?? '');
      return userId === undefined ? null : (sandbox.state.users.get(userId) ?? null);
    },
    begin(c, user) {
      const token = sandbox.newSecret('session');
      userIds.set(token, user.id);
      setCookie(c, cookieName, token, { path: '/', httpOnly: true, sameSite: 'Lax' });
    },
    end(c) {
      userIds.delete(getCookie(c, cookieName) ?? '');
      deleteCookie(c, cookieName, { path: '/' });
    },
  };
}
