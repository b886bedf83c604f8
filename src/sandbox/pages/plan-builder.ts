import type { Context } from 'hono';
import { html } from 'hono/html';
import type { Sandbox } from '../sandbox.ts';
import { toInvitationUrl } from '../shapes/plan.ts';
import { Refusal, getThing, type Entrypoint, type Plan, type User } from '../state.ts';
import { createNotice, toCount, type Markup } from './layout.ts';
import { createCatalogue } from './plan-catalogue.ts';
import {
  createLine,
  createLineEditor,
  createSuggestionLists,
  readPlanWork,
  toPlanWork,
  type PlanWork,
} from './plan-lines.ts';
import { createDoneNotice, findRefusal, readForm, readText, respondPage } from './respond.ts';
import { toFullName } from './sign-in.ts';

/** Where a builder stands: in a page of its own, or inside of the embed frame. */
export interface BuilderPlace {
  /** Address of the builder itself; it answers GET and POST. */
  readonly path: string;
  /** Where Send leads. */
  readonly sentPath: string;
  readonly user: User;
  /** Which half of the catalogue is shown first. */
  readonly entrypoint: Entrypoint;
  /** True inside of the embed frame. */
  readonly bare: boolean;
  readonly frameAncestors?: string;
  /** Put at the end of every page, such as a script that tells the embedding page something. */
  readonly trailer?: Markup;
}

/** A patient's name with what sets them apart; drafts may have none. */
export function toPatientText(sandbox: Sandbox, patientId: string | null): string {
  const patient = patientId === null ? undefined : sandbox.state.patients.get(patientId);
  return patient === undefined ? 'No patient yet' : toFullName(patient);
}

/** A plan's state as a coloured word. */
export function createStatePill(state: Plan['state']): Markup {
  const kind = state === 'active' ? 'good' : state === 'draft' ? 'wait' : 'bad';
  return html`<span class="pill ${kind}" data-testid="plan-state">${state}</span>`;
}

function createLabCard(sandbox: Sandbox, panelId: string): Markup {
  const panel = sandbox.state.labPanels.get(panelId);
  const name = panel?.name ?? panelId;
  return html`<div class="line" data-testid="plan-lab" data-panel-id="${panelId}">
    <input type="hidden" name="lab" value="${panelId}" />
    <div class="line-head">
      <div class="grow">
        <h3>${name}</h3>
        <span class="quiet">
          ${panel?.tests.map((test) => test.name).join(', ') ?? ''}${panel?.requiresFasting === true ? ' · fasting' : ''}
          ${panel === undefined ? '' : ` · ${panel.collectionMethod}`}
        </span>
      </div>
      <button
        class="danger small"
        type="submit"
        name="do"
        value="remove-lab:${panelId}"
        formnovalidate
        aria-label="Remove ${name}"
        data-testid="remove-lab"
      >
        Remove
      </button>
    </div>
  </div>`;
}

function createButtons(plan: Plan): Markup {
  if (plan.state === 'draft')
    return html`<button type="submit" name="do" value="send" data-testid="send-plan">Send plan</button>
      <button class="plain" type="submit" name="do" value="save" data-testid="save-draft">Save draft</button>
      <span class="quiet">The patient sees nothing before you send.</span>`;
  return html`<button type="submit" name="do" value="update" data-testid="update-plan">Update plan</button>
    <span class="quiet grow">Changes reach the patient at once.</span>
    <button class="danger" type="submit" name="do" value="cancel" formnovalidate data-testid="cancel-plan">
      Cancel plan
    </button>`;
}

function createHead(sandbox: Sandbox, plan: Plan): Markup {
  const practitioner = sandbox.state.users.get(plan.practitionerId);
  const patient = plan.patientId === null ? undefined : sandbox.state.patients.get(plan.patientId);
  return html`<div class="row">
      <h1 data-testid="plan-title">
        Treatment plan for <span data-testid="plan-patient">${toPatientText(sandbox, plan.patientId)}</span>
      </h1>
      ${createStatePill(plan.state)}
    </div>
    <p class="lead">
      ${patient?.dateOfBirth == null ? '' : html`Born ${patient.dateOfBirth} · `}${patient?.email ?? 'no e-mail'} · by
      ${practitioner === undefined ? 'unknown' : toFullName(practitioner)} ·
      ${sandbox.state.clinics.get(plan.clinicId)?.name ?? ''}
    </p>`;
}

/** The plan as it can no longer be changed. */
function createClosedPlan(sandbox: Sandbox, plan: Plan): Markup {
  return html`${createHead(sandbox, plan)}
    <div class="card" data-testid="closed-plan">
      <p>This plan is ${plan.state} and cannot be changed any more.</p>
      <p class="quiet">
        ${toCount(plan.recommendations.length, 'supplement')}, ${toCount(plan.labRecommendations.length, 'lab panel')}.
      </p>
    </div>`;
}

/** Answers with the builder. `work` is what stands in its fields, the plan's own content by default. */
export function respondBuilder(
  c: Context,
  sandbox: Sandbox,
  plan: Plan,
  place: BuilderPlace,
  shown: { readonly work?: PlanWork; readonly query?: string; readonly error?: string | null } = {},
): Response | Promise<Response> {
  const work = shown.work ?? toPlanWork(plan);
  const query = shown.query ?? c.req.query('q') ?? '';
  const body =
    plan.state === 'cancelled'
      ? html`${createDoneNotice(c)}${createClosedPlan(sandbox, plan)}${place.trailer ?? ''}`
      : html`
          ${shown.error === undefined || shown.error === null ? createDoneNotice(c) : createNotice('bad', shown.error)}
          ${createHead(sandbox, plan)} ${createSuggestionLists()}
          <form method="post" action="${place.path}" data-testid="plan-builder">
            <button class="hide" type="submit" name="do" value="search" formnovalidate tabindex="-1" aria-hidden="true">
              Search
            </button>
            <div class="split">
              <div>
                <section class="card" aria-labelledby="lines">
                  <h2 id="lines">Plan</h2>
                  ${
                    work.recommendations.length + work.labPanelIds.length === 0
                      ? html`<p class="quiet">Nothing in it yet. Add supplements and lab panels from the catalogue.</p>`
                      : ''
                  }
                  ${work.recommendations.map((line, key) => createLineEditor(sandbox, line, key))}
                  ${work.labPanelIds.map((panelId) => createLabCard(sandbox, panelId))}
                  <label for="personal_message">Personal message</label>
                  <textarea id="personal_message" name="personal_message" data-testid="personal-message">
${work.personalMessage ?? ''}</textarea>
                </section>
                <div class="sticky row">${createButtons(plan)}</div>
              </div>
              ${createCatalogue(sandbox, query, work, place.entrypoint)}
            </div>
          </form>
          ${place.trailer ?? ''}
        `;
  return respondPage(c, { title: 'Treatment plan', signedInAs: toFullName(place.user), bare: place.bare }, body, {
    status: shown.error === undefined || shown.error === null ? 200 : 422,
    ...(place.frameAncestors === undefined ? {} : { frameAncestors: place.frameAncestors }),
  });
}

function change(sandbox: Sandbox, plan: Plan, work: PlanWork, verb: string, object: string): PlanWork {
  if (verb === 'add')
    return { ...work, recommendations: [...work.recommendations, createLine(sandbox, object, plan.practitionerId)] };
  if (verb === 'remove')
    return { ...work, recommendations: work.recommendations.filter((_, key) => String(key) !== object) };
  if (verb === 'add-lab') return { ...work, labPanelIds: [...new Set([...work.labPanelIds, object])] };
  if (verb === 'remove-lab') return { ...work, labPanelIds: work.labPanelIds.filter((panelId) => panelId !== object) };
  return work;
}

/**
 * Answers a post of the builder. Every button keeps what was typed. A draft is stored with each step; an active plan only
 * by Update, since that tells the patient and the app.
 */
export async function submitBuilder(c: Context, sandbox: Sandbox, plan: Plan, place: BuilderPlace): Promise<Response> {
  const form = await readForm(c);
  const query = readText(form, 'q');
  const [verb = '', object = ''] = readText(form, 'do').split(/:(.*)/s);
  const typed = readPlanWork(form);
  const work = change(sandbox, plan, typed, verb, object);
  const content = {
    recommendations: [...work.recommendations],
    labPanelIds: [...work.labPanelIds],
    personalMessage: work.personalMessage,
  };
  const wasDraft = plan.state === 'draft';
  const refusal = findRefusal(() => {
    if (plan.state === 'draft') sandbox.actions.buildPlan(plan.id, content);
    else if (plan.state !== 'active') throw new Refusal(422, ['This plan cannot be changed any more']);
    if (verb === 'send') sandbox.actions.sendPlan(plan.id);
    if (verb === 'update') sandbox.actions.editActivePlan(plan.id, content);
    if (verb === 'cancel') sandbox.actions.cancelPlan(plan.id);
  });
  if (refusal !== null) return respondBuilder(c, sandbox, plan, place, { work, query, error: refusal });
  if (verb === 'send') return c.redirect(place.sentPath, 303);
  const done = { save: 'saved', update: 'updated', cancel: 'cancelled' }[verb];
  if (!wasDraft && done === undefined) return respondBuilder(c, sandbox, plan, place, { work, query });
  const target = new URLSearchParams({
    ...(query === '' ? {} : { q: query }),
    ...(done === undefined ? {} : { done }),
  });
  return c.redirect(target.size === 0 ? place.path : `${place.path}?${target.toString()}`, 303);
}

/** Answers with what is shown after Send: to whom the plan went, and the address in their invitation. */
export function respondSent(
  c: Context,
  sandbox: Sandbox,
  plan: Plan,
  place: BuilderPlace,
): Response | Promise<Response> {
  const patient = plan.patientId === null ? null : getThing(sandbox.state.patients, plan.patientId);
  const guardian =
    patient?.guardianPatientId == null ? null : (sandbox.state.patients.get(patient.guardianPatientId) ?? null);
  const email = patient?.email ?? guardian?.email ?? null;
  const invitationUrl = toInvitationUrl(sandbox, plan);
  const name = patient === null ? 'the patient' : toFullName(patient);
  const body = html`<div class="card stack" data-testid="plan-sent">
      <h1>Plan sent to ${name}</h1>
      <p class="lead">
        ${
          email === null
            ? 'There is no e-mail address to send it to: give the patient this address.'
            : `An invitation was mailed to ${email}. It holds this address:`
        }
      </p>
      <p class="mono">
        <a href="${invitationUrl}" target="_blank" rel="noreferrer" data-testid="invitation-link">${invitationUrl}</a>
      </p>
      <p>${place.bare ? 'The plan is in the chart now.' : 'You can close this tab and go back to your records.'}</p>
      <a class="button plain" href="${place.path}" data-testid="edit-plan">Open the plan again</a>
    </div>
    ${place.trailer ?? ''}`;
  return respondPage(
    c,
    { title: 'Plan sent', width: 'middle', signedInAs: toFullName(place.user), bare: place.bare },
    body,
    {
      ...(place.frameAncestors === undefined ? {} : { frameAncestors: place.frameAncestors }),
    },
  );
}
