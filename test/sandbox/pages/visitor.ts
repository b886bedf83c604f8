import { startSandbox, type RunningSandbox, type StartOptions } from '../../../src/sandbox/start.ts';

/** What the server answered, with its text already read. */
export interface Visit {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  /** Where the server wants the browser to go next, or null. */
  readonly location: string | null;
}

/** A browser with cookies and without a screen: it follows nothing by itself. */
export interface Visitor {
  get(address: string): Promise<Visit>;
  /** Posts a form as browsers do. A list of values is one field several times. */
  post(address: string, fields: Readonly<Record<string, string | readonly string[]>>): Promise<Visit>;
  /** Posts the seed login's e-mail and password to the sign-in page. */
  signIn(email: string, password?: string): Promise<Visit>;
}

/** A new visitor of the sandbox at `origin`; addresses may be paths. */
export function createVisitor(origin: string): Visitor {
  const cookies = new Map<string, string>();
  async function visit(address: string, init: RequestInit): Promise<Visit> {
    const headers = new Headers(init.headers);
    if (cookies.size > 0) headers.set('Cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await fetch(new URL(address, origin), { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/max-age=0/i.test(line)) cookies.delete(name);
      else cookies.set(name, value);
    }
    return {
      status: response.status,
      text: await response.text(),
      headers: response.headers,
      location: response.headers.get('location'),
    };
  }
  const visitor: Visitor = {
    get: (address) => visit(address, {}),
    post(address, fields) {
      const body = new URLSearchParams();
      for (const [name, value] of Object.entries(fields))
        for (const each of typeof value === 'string' ? [value] : value) body.append(name, each);
      return visit(address, { method: 'POST', body });
    },
    signIn: (email, password = 'demo') => visitor.post('/login', { email, password, return_to: '/' }),
  };
  return visitor;
}

/** A sandbox with its seed, at a clock that stands still at `at` unless the test moves it through the sandbox. */
export function startPages(options: StartOptions = {}): Promise<RunningSandbox> {
  return startSandbox({ clock: () => new Date('2026-03-02T14:00:00.000Z'), ...options });
}

/** The address of the consent page for the registered app, with changes. */
export function toConsentAddress(running: RunningSandbox, changes: Readonly<Record<string, string>> = {}): string {
  const { clientId, redirectUris } = running.sandbox.app;
  const query = new URLSearchParams({
    client_id: clientId,
    redirect_uri: redirectUris[0] ?? '',
    response_type: 'code',
    ...changes,
  });
  return `/oauth/authorize?${query.toString()}`;
}

/** Gives the app a user's consent through the pages and exchanges the code for an access token. */
export async function connect(running: RunningSandbox, email: string): Promise<string> {
  const { clientId, clientSecret, redirectUris } = running.sandbox.app;
  const redirectUri = redirectUris[0] ?? '';
  const visitor = createVisitor(running.url);
  await visitor.signIn(email);
  const consent = await visitor.post('/oauth/authorize', {
    client_id: clientId,
    redirect_uri: redirectUri,
    do: 'authorize',
  });
  const answer = await fetch(`${running.apiUrl}/oauth/token`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'authorization_code',
      client_id: clientId,
      client_secret: clientSecret,
      redirect_uri: redirectUri,
      code: new URL(consent.location ?? '').searchParams.get('code'),
    }),
  });
  const { oauth } = (await answer.json()) as { oauth: { access_token: string } };
  return oauth.access_token;
}

/** Calls the REST API as the app, with JSON in and out. */
export async function callApi(
  running: RunningSandbox,
  token: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await fetch(`${running.apiUrl}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

/** The types of the events recorded so far, oldest first. */
export function listEventTypes(running: RunningSandbox): string[] {
  return running.sandbox.state.events.map((event) => event.type);
}
