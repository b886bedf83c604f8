import { Hono, type Context } from 'hono';
import { html } from 'hono/html';
import type { Sandbox } from '../sandbox.ts';
import type { User } from '../state.ts';
import { toCount, type Markup } from './layout.ts';
import { createDoneNotice, respondPage } from './respond.ts';
import type { Sessions } from './session.ts';
import { respondSignIn, toFullName, toRole } from './sign-in.ts';

const maxRows = 200;

function toSecond(instant: string): string {
  return instant.slice(0, 19).replace('T', ' ');
}

function createClinicCards(sandbox: Sandbox): Markup {
  const { state } = sandbox;
  return html`<div class="grid">
    ${[...state.clinics.values()].map((clinic) => {
      const users = [...state.users.values()].filter((user) => user.clinicId === clinic.id);
      const patients = [...state.patients.values()].filter((patient) => patient.clinicId === clinic.id).length;
      const plans = [...state.plans.values()].filter((plan) => plan.clinicId === clinic.id).length;
      return html`<section class="card" data-testid="clinic" aria-label="${clinic.name}">
        <h2>${clinic.name}</h2>
        <p class="quiet">${toCount(patients, 'patient')} · ${toCount(plans, 'plan')} · ${clinic.discount} % discount</p>
        <ul class="hits">
          ${users.map((user) => createUserRow(sandbox, user))}
        </ul>
      </section>`;
    })}
  </div>`;
}

function createUserRow(sandbox: Sandbox, user: User): Markup {
  return html`<li>
    <div class="grow">
      <b>${toFullName(user)}</b>
      <span class="quiet">${toRole(user)}</span>
      ${sandbox.actions.hasAuthorization(user.id) ? html`<span class="pill good">connected</span>` : ''}<br />
      <span class="mono">${user.email}</span>
      <span class="quiet"
        >${user.password === null ? 'invited, not signed up' : html`/ <span class="mono">${user.password}</span>`}</span
      >
    </div>
  </li>`;
}

function respondHome(c: Context, sandbox: Sandbox, sessions: Sessions): Response | Promise<Response> {
  const user = sessions.findUser(c);
  const { app, state } = sandbox;
  const body = html`
    <h1>Fullscript sandbox</h1>
    <p class="lead">
      A Fullscript to develop and test against: its API, its sign-in and consent, its plan builder and its webhooks.
      Everything lives in memory and is gone when it stops.
    </p>
    <div class="grid tiles">
      ${
        user === null
          ? createTile('/login', 'Sign in', 'As a practitioner or staff member of one of the clinics.')
          : createTile('/plans', 'Treatment plans', 'Build, send, change and cancel plans inside Fullscript.')
      }
      ${createTile('/lab-desk', 'Lab desk', `${state.labOrders.size} lab orders: buy, move on, publish and amend results.`)}
      ${createTile('/outbox', 'Outbox', `${toCount(state.mails.length, 'mail')} that Fullscript would have sent.`)}
      ${createTile('/deliveries', 'Deliveries', `${toCount(state.deliveries.length, 'webhook attempt')}, ${toCount(state.events.length, 'event')}.`)}
      ${user === null ? '' : createTile('/connected-apps', 'Connected apps', 'Take an app its access away without telling it.')}
    </div>
    <section class="card" aria-labelledby="app">
      <h2 id="app">The app</h2>
      <dl class="facts">
        <dt>Name</dt>
        <dd>${app.name}</dd>
        <dt>API</dt>
        <dd class="mono">${sandbox.baseUrl}/api</dd>
        <dt>Authorize</dt>
        <dd class="mono">${sandbox.baseUrl}/oauth/authorize</dd>
        <dt>Client id</dt>
        <dd class="mono">${app.clientId}</dd>
        <dt>Redirect addresses</dt>
        <dd class="mono">${app.redirectUris.map((uri) => html`${uri}<br />`)}</dd>
        <dt>Scopes</dt>
        <dd class="mono">${app.scopes.join(' ')}</dd>
        <dt>Embed key</dt>
        <dd class="mono">${app.embedPublicKey}</dd>
        <dt>Webhook</dt>
        <dd class="mono">${sandbox.settings.webhooks.target ?? 'no endpoint set'}</dd>
      </dl>
    </section>
    <h2>Clinics and logins</h2>
    ${createClinicCards(sandbox)}
  `;
  return respondPage(c, { title: 'Home', signedInAs: user === null ? null : toFullName(user) }, body);
}

function createTile(path: string, title: string, text: string): Markup {
  return html`<a class="card tile" href="${path}"
    ><h3>${title}</h3>
    <span class="quiet">${text}</span></a
  >`;
}

function respondOutbox(c: Context, sandbox: Sandbox, signedInAs: string | null): Response | Promise<Response> {
  const mails = [...sandbox.state.mails].reverse();
  const body = html`
    <h1>Outbox</h1>
    <p class="lead">Mails that Fullscript would have sent, newest first. Nothing leaves this machine.</p>
    <div class="card scroll">
      ${
        mails.length === 0
          ? html`<p class="quiet" data-testid="no-mails">No mail yet. Send a plan to see its invitation here.</p>`
          : html`<table>
              <thead>
                <tr>
                  <th>Sent</th>
                  <th>To</th>
                  <th>Subject</th>
                  <th>Address in the mail</th>
                </tr>
              </thead>
              <tbody>
                ${mails.slice(0, maxRows).map(
                  (mail) =>
                    html`<tr data-testid="mail" data-kind="${mail.kind}">
                      <td class="mono nobreak">${toSecond(mail.sentAt)}</td>
                      <td>${mail.to}</td>
                      <td>${mail.subject}</td>
                      <td class="mono"><a href="${mail.url}">${mail.url}</a></td>
                    </tr>`,
                )}
              </tbody>
            </table>`
      }
    </div>
  `;
  return respondPage(c, { title: 'Outbox', signedInAs }, body);
}

function respondDeliveries(c: Context, sandbox: Sandbox, signedInAs: string | null): Response | Promise<Response> {
  const { state, settings } = sandbox;
  const events = new Map(state.events.map((event) => [event.id, event]));
  const deliveries = [...state.deliveries].reverse();
  const tried = new Set(state.deliveries.map((delivery) => delivery.eventId));
  const untried = state.events.filter((event) => !tried.has(event.id)).length;
  const body = html`
    <h1>Webhook deliveries</h1>
    <p class="lead">
      ${
        settings.webhooks.target === null
          ? 'No endpoint is set, so nothing is sent. Events are kept and can be read through the API.'
          : html`To <span class="mono">${settings.webhooks.target}</span>`
      }
      ${settings.webhooks.enabled ? '' : html`<span class="pill bad" data-testid="endpoint-disabled">endpoint disabled</span>`}
    </p>
    <div class="card scroll">
      ${
        deliveries.length === 0
          ? html`<p class="quiet" data-testid="no-deliveries">No attempt yet.</p>`
          : html`<table>
              <thead>
                <tr>
                  <th>Attempted</th>
                  <th>Event</th>
                  <th class="number">Attempt</th>
                  <th>Outcome</th>
                  <th>Next attempt</th>
                </tr>
              </thead>
              <tbody>
                ${deliveries.slice(0, maxRows).map(
                  (delivery) =>
                    html`<tr data-testid="delivery" data-event-id="${delivery.eventId}">
                      <td class="mono nobreak">${toSecond(delivery.attemptedAt)}</td>
                      <td>
                        ${events.get(delivery.eventId)?.type ?? 'past event'}<br /><span class="mono"
                          >${delivery.eventId}</span
                        >
                      </td>
                      <td class="number">${delivery.attemptNumber}</td>
                      <td>
                        <span class="pill ${delivery.delivered ? 'good' : 'bad'}"
                          >${delivery.delivered ? 'delivered' : 'failed'}</span
                        >
                        ${delivery.responseStatus ?? ''}
                        ${delivery.errors.length === 0 ? '' : html`<br /><span class="quiet">${delivery.errors.join('; ')}</span>`}
                      </td>
                      <td class="mono nobreak">
                        ${delivery.nextAttemptAt === null ? '' : toSecond(delivery.nextAttemptAt)}
                      </td>
                    </tr>`,
                )}
              </tbody>
            </table>`
      }
    </div>
    <p class="quiet">${toCount(state.events.length, 'event')} kept, ${untried} without an attempt.</p>
  `;
  return respondPage(c, { title: 'Deliveries', signedInAs }, body);
}

function respondConnectedApps(c: Context, sandbox: Sandbox, user: User): Response | Promise<Response> {
  const live = [...sandbox.state.tokens.values()].filter((pair) => pair.userId === user.id && pair.endedAt === null);
  const newest = live.at(-1);
  const body = html`
    ${createDoneNotice(c)}
    <h1>Connected apps</h1>
    <p class="lead">Apps that may use Fullscript as ${toFullName(user)}.</p>
    ${
      newest === undefined
        ? html`<div class="card" data-testid="no-apps">No app is connected to this account.</div>`
        : html`<form class="card stack" method="post" action="/connected-apps" data-testid="connected-app">
            <h2>${sandbox.app.name}</h2>
            <dl class="facts">
              <dt>Since</dt>
              <dd class="mono">${toSecond(live[0]?.createdAt ?? newest.createdAt)}</dd>
              <dt>Scopes</dt>
              <dd class="mono">${newest.scopes.join(' ')}</dd>
            </dl>
            <button class="danger" type="submit" data-testid="revoke">Revoke access</button>
            <p class="quiet">The app is not told. It finds out when its next call is refused.</p>
          </form>`
    }
  `;
  return respondPage(c, { title: 'Connected apps', width: 'middle', signedInAs: toFullName(user) }, body);
}

/** The first page, the outbox of mails, the log of webhook deliveries, and a user's connected apps with Revoke. */
export function createHomePages(sandbox: Sandbox, sessions: Sessions): Hono {
  const pages = new Hono();
  const findName = (c: Context): string | null => {
    const user = sessions.findUser(c);
    return user === null ? null : toFullName(user);
  };

  pages.get('/', (c) => respondHome(c, sandbox, sessions));
  pages.get('/outbox', (c) => respondOutbox(c, sandbox, findName(c)));
  pages.get('/deliveries', (c) => respondDeliveries(c, sandbox, findName(c)));
  pages.get('/connected-apps', (c) => {
    const user = sessions.findUser(c);
    return user === null ? respondSignIn(c, sandbox, '/connected-apps') : respondConnectedApps(c, sandbox, user);
  });
  pages.post('/connected-apps', (c) => {
    const user = sessions.findUser(c);
    if (user === null) return respondSignIn(c, sandbox, '/connected-apps');
    sandbox.actions.revokeAuthorizationByUser(user.id);
    return c.redirect('/connected-apps?done=revoked', 303);
  });

  return pages;
}
