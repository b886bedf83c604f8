import type { Context } from 'hono';
import { Hono } from 'hono';
import { html } from 'hono/html';
import type { Sandbox } from '../sandbox.ts';
import type { User } from '../state.ts';
import { createField, createNotice, createSelect, toInitials, type Markup } from './layout.ts';
import { findRefusal, readForm, readReturnPath, readText, respondPage } from './respond.ts';
import type { Sessions } from './session.ts';

/** A user as the pages name them. */
export function toFullName(person: { readonly firstName: string; readonly lastName: string }): string {
  return `${person.firstName} ${person.lastName}`;
}

/** What a user is at their clinic, in words. */
export function toRole(user: User): string {
  const role = user.type === 'Practitioner' ? 'Practitioner' : 'Staff';
  return user.isOwner ? `${role}, owner` : role;
}

/**
 * The page that asks who is there: e-mail and password, every login of the sandbox as one button, or a new account.
 * Afterwards the browser goes to `returnPath`, which must be an address inside of the sandbox.
 */
export function respondSignIn(
  c: Context,
  sandbox: Sandbox,
  returnPath: string,
  options: { readonly error?: string | null; readonly email?: string; readonly for?: string } = {},
): Response | Promise<Response> {
  const logins = [...sandbox.state.users.values()].filter((user) => user.password !== null);
  const body = html`
    <h1>Sign in to Fullscript</h1>
    <p class="lead">${options.for ?? 'With an account of this sandbox. Real Fullscript accounts do not work here.'}</p>
    ${createNotice('bad', options.error)}
    <form class="card" method="post" action="/login" data-testid="sign-in-form">
      <input type="hidden" name="return_to" value="${returnPath}" />
      ${createField('email', 'E-mail', { type: 'email', required: true, autocomplete: 'username', value: options.email ?? '' })}
      ${createField('password', 'Password', { type: 'password', required: true, autocomplete: 'current-password' })}
      <button class="wide" type="submit" data-testid="sign-in">Sign in</button>
      <p class="quiet" style="margin:14px 0 0">
        New here?
        <a href="/signup?return_to=${encodeURIComponent(returnPath)}" data-testid="sign-up-link">Make an account</a>
      </p>
    </form>
    ${
      logins.length === 0
        ? ''
        : html`<section class="card" aria-labelledby="quick">
            <h2 id="quick">Or continue as</h2>
            <ul class="people">
              ${logins.map((user) => createLoginButton(sandbox, user, returnPath))}
            </ul>
          </section>`
    }
  `;
  const status = options.error === undefined || options.error === null ? 200 : 401;
  return respondPage(c, { title: 'Sign in', width: 'narrow' }, body, { status });
}

function createLoginButton(sandbox: Sandbox, user: User, returnPath: string): Markup {
  const clinic = sandbox.state.clinics.get(user.clinicId);
  return html`<li>
    <form method="post" action="/login">
      <input type="hidden" name="return_to" value="${returnPath}" />
      <input type="hidden" name="email" value="${user.email}" />
      <input type="hidden" name="password" value="${user.password ?? ''}" />
      <button type="submit" data-testid="sign-in-as" data-email="${user.email}">
        <span class="face" aria-hidden="true">${toInitials(toFullName(user))}</span>
        <span
          ><b>${toFullName(user)}</b><span>${user.email}<br />${toRole(user)} · ${clinic?.name ?? ''}</span></span
        >
      </button>
    </form>
  </li>`;
}

function respondSignUp(
  c: Context,
  sandbox: Sandbox,
  returnPath: string,
  typed: (name: string) => string,
  error: string | null,
): Response | Promise<Response> {
  const clinics = [...sandbox.state.clinics.values()].map((clinic) => ({ value: clinic.id, label: clinic.name }));
  const body = html`
    <h1>Make a Fullscript account</h1>
    <p class="lead">It lives in this sandbox only.</p>
    ${createNotice('bad', error)}
    <form class="card" method="post" action="/signup" data-testid="sign-up-form">
      <input type="hidden" name="return_to" value="${returnPath}" />
      <div class="fields">
        ${createField('first_name', 'First name', { required: true, autocomplete: 'given-name', value: typed('first_name') })}
        ${createField('last_name', 'Last name', { required: true, autocomplete: 'family-name', value: typed('last_name') })}
      </div>
      ${createField('email', 'E-mail', { type: 'email', required: true, autocomplete: 'username', value: typed('email') })}
      ${createField('password', 'Password', { type: 'password', required: true, autocomplete: 'new-password' })}
      ${createSelect(
        'type',
        'I am a',
        [
          { value: 'Practitioner', label: 'Practitioner' },
          { value: 'Staff', label: 'Staff member' },
        ],
        { selected: typed('type') },
      )}
      ${createSelect('clinic_id', 'Clinic', [...clinics, { value: '', label: 'A new clinic' }], {
        selected: typed('clinic_id') || (clinics[0]?.value ?? ''),
      })}
      ${createField('clinic_name', 'Name of the new clinic', {
        value: typed('clinic_name'),
        placeholder: 'Only for a new clinic',
        autocomplete: 'organization',
      })}
      <button class="wide" type="submit" data-testid="sign-up">Make the account</button>
      <p class="quiet" style="margin:14px 0 0">
        Have one? <a href="/login?return_to=${encodeURIComponent(returnPath)}">Sign in</a>
      </p>
    </form>
  `;
  return respondPage(c, { title: 'Make an account', width: 'narrow' }, body, { status: error === null ? 200 : 422 });
}

/** The page that an app can link to before somebody else connects: who is signed in in this browser, and the way out. */
function respondSignOut(c: Context, user: User | null): Response | Promise<Response> {
  const body =
    user === null
      ? html`
          <h1>You are signed out</h1>
          <p class="lead" data-testid="signed-out">
            Nobody is signed in to Fullscript in this browser. You can close this tab and go on in your EMR.
          </p>
        `
      : html`
          <h1>Sign out of Fullscript?</h1>
          <p class="lead">
            This browser is signed in as <b data-testid="sign-out-user">${toFullName(user)}</b> (${user.email}). Apps
            that are connected stay connected.
          </p>
          <form class="card" method="post" action="/logout">
            <input type="hidden" name="return_to" value="/logout" />
            <button class="wide" type="submit" data-testid="sign-out-here">Sign out</button>
          </form>
        `;
  return respondPage(
    c,
    { title: 'Sign out', width: 'narrow', signedInAs: user === null ? null : toFullName(user) },
    body,
  );
}

/** The routes `/login`, `/signup` and `/logout`. */
export function createSignInPages(sandbox: Sandbox, sessions: Sessions): Hono {
  const pages = new Hono();

  pages.get('/login', (c) => respondSignIn(c, sandbox, readReturnPath(c.req.query('return_to'))));

  pages.post('/login', async (c) => {
    const form = await readForm(c);
    const returnPath = readReturnPath(readText(form, 'return_to'));
    const email = readText(form, 'email');
    const user = sandbox.actions.findLogin(email, readText(form, 'password'));
    if (user === null) return respondSignIn(c, sandbox, returnPath, { error: 'E-mail or password is wrong.', email });
    sessions.begin(c, user);
    return c.redirect(returnPath, 303);
  });

  pages.get('/signup', (c) => respondSignUp(c, sandbox, readReturnPath(c.req.query('return_to')), () => '', null));

  pages.post('/signup', async (c) => {
    const form = await readForm(c);
    const returnPath = readReturnPath(readText(form, 'return_to'));
    const clinicId = readText(form, 'clinic_id');
    const signedUp: User[] = [];
    const refusal = findRefusal(() => {
      const user = sandbox.actions.signUp({
        email: readText(form, 'email'),
        password: readText(form, 'password'),
        firstName: readText(form, 'first_name'),
        lastName: readText(form, 'last_name'),
        type: readText(form, 'type') === 'Staff' ? 'Staff' : 'Practitioner',
        clinicId: clinicId === '' ? null : clinicId,
        clinicName: readText(form, 'clinic_name') || null,
      });
      signedUp.push(user);
    });
    const [user] = signedUp;
    if (!user) return respondSignUp(c, sandbox, returnPath, (name) => readText(form, name), refusal);
    sessions.begin(c, user);
    return c.redirect(returnPath, 303);
  });

  pages.get('/logout', (c) => respondSignOut(c, sessions.findUser(c)));

  pages.post('/logout', async (c) => {
    const form = await readForm(c);
    sessions.end(c);
    return c.redirect(readReturnPath(readText(form, 'return_to')), 303);
  });

  return pages;
}
