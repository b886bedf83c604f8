import { onTestFinished } from 'vitest';
import type { SeedUser } from '../../src/sandbox/seed/people.ts';
import { startSandbox, type RunningSandbox, type StartOptions } from '../../src/sandbox/start.ts';

export const startInstant = '2026-03-02T14:00:00.000Z';

/** A sandbox of the test's own at a fixed time (move it with `setClockOffset`); it stops when the test ends. */
export async function startTestSandbox(options: StartOptions = {}): Promise<RunningSandbox> {
  const running = await startSandbox({ clock: () => new Date(startInstant), ...options });
  onTestFinished(() => running.stop());
  return running;
}

export interface Answer {
  status: number;
  headers: Headers;
  /** Typed loosely on purpose: tests look into bodies of every shape. */
  body: Body;
}
export interface Body {
  [key: string]: Body;
  [index: number]: Body;
}

/** One JSON request. A text body is sent as it is. */
export async function request(
  url: string,
  method = 'GET',
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: (text === '' ? {} : JSON.parse(text)) as Body };
}

/** Asks the token endpoint with the app's credentials. */
export function askToken(running: RunningSandbox, fields: Record<string, unknown>): Promise<Answer> {
  const { app } = running.sandbox;
  return request(`${running.apiUrl}/oauth/token`, 'POST', {
    client_id: app.clientId,
    client_secret: app.clientSecret,
    redirect_uri: app.redirectUris[0],
    ...fields,
  });
}

export interface Tokens {
  access: string;
  refresh: string;
}

/** The pair inside a token answer. */
export function readTokens(answer: Answer): Tokens {
  const oauth = answer.body['oauth'] as unknown as { access_token: string; refresh_token: string };
  return { access: oauth.access_token, refresh: oauth.refresh_token };
}

/** Consents for a user and exchanges the code. */
export async function connect(running: RunningSandbox, user: SeedUser): Promise<Tokens> {
  const redirectUri = running.sandbox.app.redirectUris[0] ?? '';
  const code = running.sandbox.actions.authorize({ userId: user.id, redirectUri });
  return readTokens(await askToken(running, { grant_type: 'authorization_code', code }));
}

export type Client = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Answer>;

/** Calls the API with a user's token; paths begin after `/api`. */
export async function createClient(running: RunningSandbox, user: SeedUser): Promise<Client> {
  const { access } = await connect(running, user);
  return createBearerClient(running, access);
}

/** Calls the API with this access token. */
export function createBearerClient(running: RunningSandbox, accessToken: string): Client {
  return (method, path, body, headers = {}) =>
    request(`${running.apiUrl}${path}`, method, body, { authorization: `Bearer ${accessToken}`, ...headers });
}

/** Looks until the condition holds; fails after two seconds. */
export async function waitUntil(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 2000;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error('The condition did not come true within two seconds');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
