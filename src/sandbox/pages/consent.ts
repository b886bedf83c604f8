import type { Context } from 'hono';
import { Hono } from 'hono';
import { html } from 'hono/html';
import type { Sandbox } from '../sandbox.ts';
import { readForm, readText, respondNotFound, respondPage } from './respond.ts';
import type { Sessions } from './session.ts';
import { respondSignIn, toFullName, toRole } from './sign-in.ts';

/** What each scope lets the app do, as the consent page words it. Unknown scopes are listed by name only. */
const scopeTexts: Readonly<Record<string, string>> = {
  'catalog:read': 'See products, brands and ingredients',
  'clinic:read': 'See the clinic and its practitioners',
  'clinic:write': 'Change clinic users and prepare treatment plans for its practitioners',
  'patients:read': 'See patients and the treatment plans made through the app',
  'patients:write': 'Create and change patients',
  'patients:treatment_plan_history': 'See treatment plans made in Fullscript',
  'patients:order_history': 'See orders and lab orders',
  'labs:treatment_plans:create': 'Create lab plans',
};

interface AuthorizeRequest {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly responseType: string | null;
  readonly state: string | null;
}

function isKnown(sandbox: Sandbox, request: AuthorizeRequest): boolean {
  return request.clientId === sandbox.app.clientId && sandbox.app.redirectUris.includes(request.redirectUri);
}

function redirectBack(c: Context, request: AuthorizeRequest, answer: Readonly<Record<string, string>>): Response {
  const url = new URL(request.redirectUri);
  for (const [name, value] of Object.entries(answer)) url.searchParams.set(name, value);
  if (request.state !== null) url.searchParams.set('state', request.state);
  return c.redirect(url.href, 302);
}

const unknownApp = 'No app with this client id and redirect address is registered here. Both must match exactly.';

/**
 * The page on which a user lets the app in, at both addresses that Fullscript has documented. A client id or redirect
 * address that is not registered exactly gets a 404 page and never a redirect. The `scope` parameter is ignored: scopes come
 * from the app's registration. Authorize sends the browser back with a `code`, Cancel with `error=access_denied`; `state` is
 * echoed untouched by both.
 */
export function createConsentPages(sandbox: Sandbox, sessions: Sessions): Hono {
  const pages = new Hono();

  for (const path of ['/oauth/authorize', '/api/oauth/authorize']) {
    pages.get(path, (c) => {
      const request: AuthorizeRequest = {
        clientId: c.req.query('client_id') ?? '',
        redirectUri: c.req.query('redirect_uri') ?? '',
        responseType: c.req.query('response_type') ?? null,
        state: c.req.query('state') ?? null,
      };
      if (!isKnown(sandbox, request)) return respondNotFound(c, unknownApp);
      if (request.responseType !== null && request.responseType !== 'code')
        return redirectBack(c, request, {
          error: 'unsupported_response_type',
          error_description: 'The authorization server does not support this response type.',
        });
      const here = new URL(c.req.url);
      const returnPath = `${here.pathname}${here.search}`;
      const user = sessions.findUser(c);
      if (user === null)
        return respondSignIn(c, sandbox, returnPath, {
          for: `${sandbox.app.name} would like to connect to your account.`,
        });
      const clinic = sandbox.state.clinics.get(user.clinicId);
      const body = html`
        <h1>Connect ${sandbox.app.name}</h1>
        <p class="lead">
          to the account of <b data-testid="consent-user">${toFullName(user)}</b> (${user.email}),
          ${toRole(user).toLowerCase()} at ${clinic?.name ?? 'no clinic'}.
        </p>
        <div class="card">
          <h2>${sandbox.app.name} will be able to</h2>
          <ul class="scopes" data-testid="scopes">
            ${sandbox.app.scopes.map(
              (scope) => html`<li>${scopeTexts[scope] ?? 'Use'} <br /><code class="mono">${scope}</code></li>`,
            )}
          </ul>
          <form method="post" action="${path}">
            <input type="hidden" name="client_id" value="${request.clientId}" />
            <input type="hidden" name="redirect_uri" value="${request.redirectUri}" />
            ${request.state === null ? '' : html`<input type="hidden" name="state" value="${request.state}" />`}
            <div class="row">
              <button class="grow" type="submit" name="do" value="authorize" data-testid="authorize">Authorize</button>
              <button class="plain" type="submit" name="do" value="cancel" data-testid="cancel">Cancel</button>
            </div>
          </form>
        </div>
        <form method="post" action="/logout" class="quiet">
          <input type="hidden" name="return_to" value="${returnPath}" />
          Not ${user.firstName}?
          <button class="link" type="submit" data-testid="switch-account">Sign out and use another account</button>
        </form>
      `;
      return respondPage(
        c,
        { title: `Connect ${sandbox.app.name}`, width: 'narrow', signedInAs: toFullName(user) },
        body,
      );
    });

    pages.post(path, async (c) => {
      const form = await readForm(c);
      const state = form.get('state');
      const request: AuthorizeRequest = {
        clientId: readText(form, 'client_id'),
        redirectUri: readText(form, 'redirect_uri'),
        responseType: 'code',
        state: typeof state === 'string' ? state : null,
      };
      if (!isKnown(sandbox, request)) return respondNotFound(c, unknownApp);
      if (readText(form, 'do') === 'cancel')
        return redirectBack(c, request, {
          error: 'access_denied',
          error_description: 'The resource owner or authorization server denied the request.',
        });
      const user = sessions.findUser(c);
      if (user === null) {
        const query = new URLSearchParams({
          client_id: request.clientId,
          redirect_uri: request.redirectUri,
          response_type: 'code',
        });
        if (request.state !== null) query.set('state', request.state);
        return respondSignIn(c, sandbox, `${path}?${query.toString()}`, { error: 'Please sign in first.' });
      }
      return redirectBack(c, request, {
        code: sandbox.actions.authorize({ userId: user.id, redirectUri: request.redirectUri }),
      });
    });
  }

  return pages;
}
