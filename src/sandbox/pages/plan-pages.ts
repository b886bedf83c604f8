import type { Context } from 'hono';
import { Hono } from 'hono';
import { html } from 'hono/html';
import type { Sandbox } from '../sandbox.ts';
import type { DynamicLink, Entrypoint, Plan, User } from '../state.ts';
import { toCount } from './layout.ts';
import { readPickerChoice, respondPicker, type PickerPlace } from './patient-picker.ts';
import {
  createStatePill,
  respondBuilder,
  respondSent,
  submitBuilder,
  toPatientText,
  type BuilderPlace,
} from './plan-builder.ts';
import { createDoneNotice, findRefusal, readForm, respondMessage, respondNotFound, respondPage } from './respond.ts';
import type { Sessions } from './session.ts';
import { respondSignIn, toFullName } from './sign-in.ts';

type Answer = Response | Promise<Response>;

const maxPlans = 100;

/**
 * The pages behind every dynamic link's address, and the same builder for work begun inside Fullscript: `/o/treatment_plans/new`,
 * `/o/treatment_plans/{opaque}/edit` and `/sent`, the matching screen of gateway links, and `/plans`. All ask for a sign-in
 * when needed, and show a clinic's plans to its own users only.
 */
export function createPlanPages(sandbox: Sandbox, sessions: Sessions): Hono {
  const pages = new Hono();

  /** Lets a signed-in user of the clinic pass (of any clinic for null), and answers everybody else. */
  function admit(c: Context, clinicId: string | null, answer: (user: User) => Answer): Answer {
    const user = sessions.findUser(c);
    const here = new URL(c.req.url);
    if (user === null)
      return respondSignIn(c, sandbox, c.req.method === 'GET' ? `${here.pathname}${here.search}` : here.pathname);
    if (clinicId !== null && user.clinicId !== clinicId)
      return respondMessage(
        c,
        403,
        'Another clinic',
        `You are signed in as ${user.email}, and this belongs to another clinic. Sign out and open the link again.`,
      );
    return answer(user);
  }

  function toPlace(path: string, user: User, entrypoint: Entrypoint): BuilderPlace {
    return { path, sentPath: path.replace(/\/edit$/, '/sent'), user, entrypoint, bare: false };
  }

  // A plan's page by its own id.

  function withPlan(c: Context, answer: (plan: Plan, place: BuilderPlace) => Answer): Answer {
    const plan = sandbox.state.plans.get(c.req.param('id') ?? '');
    if (plan === undefined) return respondNotFound(c, 'There is no such treatment plan.');
    const entrypoint = c.req.query('entrypoint') === 'labs' ? 'labs' : 'catalog';
    return admit(c, plan.clinicId, (user) => answer(plan, toPlace(`/plans/${plan.id}/edit`, user, entrypoint)));
  }
  pages.get('/plans/:id/edit', (c) => withPlan(c, (plan, place) => respondBuilder(c, sandbox, plan, place)));
  pages.post('/plans/:id/edit', (c) => withPlan(c, (plan, place) => submitBuilder(c, sandbox, plan, place)));
  pages.get('/plans/:id/sent', (c) => withPlan(c, (plan, place) => respondSent(c, sandbox, plan, place)));

  pages.get('/plans', (c) => admit(c, null, (user) => respondPlans(c, sandbox, user)));

  // A new plan without a link of its own: the generic link, and the button on /plans.

  function toNewPlace(user: User, entrypoint: string | undefined): PickerPlace {
    return {
      path: '/o/treatment_plans/new',
      query: entrypoint === 'labs' ? { entrypoint } : {},
      user,
      clinicId: user.clinicId,
      hint: null,
      likely: [],
      practitionerId: null,
      bare: false,
    };
  }
  pages.get('/o/treatment_plans/new', (c) =>
    admit(c, null, (user) => respondPicker(c, sandbox, toNewPlace(user, c.req.query('entrypoint')))),
  );
  pages.post('/o/treatment_plans/new', (c) =>
    admit(c, null, async (user) => {
      const form = await readForm(c);
      const entrypoint = form.get('entrypoint') === 'labs' ? 'labs' : undefined;
      const place = toNewPlace(user, entrypoint);
      const choice = readPickerChoice(sandbox, place, form);
      if (typeof choice === 'string') return respondPicker(c, sandbox, place, choice);
      const plan = sandbox.actions.createPlan(user.clinicId, {
        patientId: choice.patient.id,
        practitionerId: choice.practitionerId,
      });
      return c.redirect(`/plans/${plan.id}/edit${entrypoint === undefined ? '' : '?entrypoint=labs'}`, 303);
    }),
  );

  // Links made for one plan.

  function withLink(c: Context, kind: DynamicLink['kind'], answer: (link: DynamicLink, user: User) => Answer): Answer {
    const link = sandbox.actions.findLink(c.req.param('opaque') ?? '');
    if (link === null || (kind === 'gateway' && link.kind !== kind))
      return respondNotFound(c, 'This link leads nowhere. Ask for a fresh one.');
    return admit(c, link.clinicId, (user) => answer(link, user));
  }
  function withLinkedPlan(c: Context, answer: (plan: Plan, place: BuilderPlace) => Answer): Answer {
    return withLink(c, 'plan', (link, user) => {
      const plan = link.planId === null ? undefined : sandbox.state.plans.get(link.planId);
      if (plan === undefined) return respondNotFound(c, 'The treatment plan of this link does not exist.');
      return answer(plan, toPlace(`/o/treatment_plans/${link.opaque}/edit`, user, link.entrypoint));
    });
  }
  /** A draft may have been opened for nobody in particular; its patient is asked for before the builder. */
  function toDraftPlace(link: DynamicLink, user: User): PickerPlace {
    return { ...toGatewayPlace(link, user), path: `/o/treatment_plans/${link.opaque}/patient` };
  }
  pages.get('/o/treatment_plans/:opaque/edit', (c) =>
    withLinkedPlan(c, (plan, place) => {
      if (plan.patientId === null) return c.redirect(place.path.replace(/\/edit$/, '/patient'), 302);
      return respondBuilder(c, sandbox, plan, place);
    }),
  );
  pages.post('/o/treatment_plans/:opaque/edit', (c) =>
    withLinkedPlan(c, (plan, place) => submitBuilder(c, sandbox, plan, place)),
  );
  pages.get('/o/treatment_plans/:opaque/sent', (c) =>
    withLinkedPlan(c, (plan, place) => respondSent(c, sandbox, plan, place)),
  );
  pages.get('/o/treatment_plans/:opaque/patient', (c) =>
    withLink(c, 'plan', (link, user) => respondPicker(c, sandbox, toDraftPlace(link, user))),
  );
  pages.post('/o/treatment_plans/:opaque/patient', (c) =>
    withLink(c, 'plan', (link, user) => resolve(c, link, toDraftPlace(link, user))),
  );

  // The matching screen of gateway links.

  function toGatewayPlace(link: DynamicLink, user: User): PickerPlace {
    return {
      path: `/o/gateway/treatment_plans/${link.opaque}`,
      user,
      clinicId: link.clinicId,
      hint: link.patient,
      likely: sandbox.actions.findLinkMatches(link.opaque),
      practitionerId: link.practitionerId,
      bare: false,
    };
  }
  async function resolve(c: Context, link: DynamicLink, place: PickerPlace): Promise<Response> {
    const choice = readPickerChoice(sandbox, place, await readForm(c));
    if (typeof choice === 'string') return respondPicker(c, sandbox, place, choice);
    const refusal = findRefusal(() => {
      sandbox.actions.resolveLink(link.opaque, {
        patientId: choice.patient.id,
        practitionerId: choice.practitionerId,
      });
    });
    if (refusal !== null) return respondPicker(c, sandbox, place, refusal);
    return c.redirect(`/o/treatment_plans/${link.opaque}/edit`, 303);
  }
  pages.get('/o/gateway/treatment_plans/:opaque', (c) =>
    withLink(c, 'gateway', (link, user) =>
      link.planId !== null && sandbox.state.plans.has(link.planId)
        ? c.redirect(`/o/treatment_plans/${link.opaque}/edit`, 302)
        : respondPicker(c, sandbox, toGatewayPlace(link, user)),
    ),
  );
  pages.post('/o/gateway/treatment_plans/:opaque', (c) =>
    withLink(c, 'gateway', (link, user) => resolve(c, link, toGatewayPlace(link, user))),
  );

  return pages;
}

function respondPlans(c: Context, sandbox: Sandbox, user: User): Answer {
  const query = c.req.query('q') ?? '';
  const words = query.toLowerCase().split(/\s+/);
  const plans = [...sandbox.state.plans.values()]
    .filter((plan) => plan.clinicId === user.clinicId)
    .filter((plan) =>
      words.every((word) => `${toPatientText(sandbox, plan.patientId)} ${plan.state}`.toLowerCase().includes(word)),
    )
    .sort((one, other) => other.updatedAt.localeCompare(one.updatedAt));
  const body = html`
    ${createDoneNotice(c)}
    <div class="row between">
      <div>
        <h1>Treatment plans</h1>
        <p class="lead">${sandbox.state.clinics.get(user.clinicId)?.name ?? ''}, newest change first</p>
      </div>
      <a class="button" href="/o/treatment_plans/new" data-testid="new-plan">New plan</a>
    </div>
    <form class="card row" method="get" action="/plans" role="search">
      <input
        class="grow"
        type="search"
        name="q"
        value="${query}"
        aria-label="Search plans"
        placeholder="Patient or state"
      />
      <button class="plain" type="submit">Search</button>
    </form>
    <div class="card scroll">
      <table>
        <thead>
          <tr>
            <th>Patient</th>
            <th>State</th>
            <th>Practitioner</th>
            <th>Content</th>
            <th>Changed</th>
            <th><span class="hide">Open</span></th>
          </tr>
        </thead>
        <tbody>
          ${plans.slice(0, maxPlans).map((plan) => {
            const practitioner = sandbox.state.users.get(plan.practitionerId);
            return html`<tr data-testid="plan-row" data-plan-id="${plan.id}">
              <td>${toPatientText(sandbox, plan.patientId)}</td>
              <td>${createStatePill(plan.state)}</td>
              <td>${practitioner === undefined ? '' : toFullName(practitioner)}</td>
              <td>
                ${toCount(plan.recommendations.length, 'supplement')}, ${toCount(plan.labRecommendations.length, 'lab')}
              </td>
              <td class="mono">${plan.updatedAt.slice(0, 16).replace('T', ' ')}</td>
              <td><a href="/plans/${plan.id}/edit">Open</a></td>
            </tr>`;
          })}
        </tbody>
      </table>
      ${plans.length > maxPlans ? html`<p class="quiet">${plans.length - maxPlans} more: search by patient.</p>` : ''}
    </div>
  `;
  return respondPage(c, { title: 'Treatment plans', signedInAs: toFullName(user) }, body);
}
