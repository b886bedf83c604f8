import { Hono, type Context } from 'hono';
import { html } from 'hono/html';
import type { Sandbox } from '../sandbox.ts';
import { getThing, type DynamicLink, type PatientHint, type Plan, type User } from '../state.ts';
import {
  createMessageScript,
  createPatientSelected,
  createPlanActivated,
  type EmbedMessage,
} from './embed-messages.ts';
import { readPickerChoice, respondPicker, type PickerPlace } from './patient-picker.ts';
import { respondBuilder, respondSent, submitBuilder, type BuilderPlace } from './plan-builder.ts';
import { findRefusal, readForm, respondMessage, respondPage } from './respond.ts';

type Answer = Response | Promise<Response>;

/** A frame that is signed in through a session grant, whatever the browser's own session is. */
interface EmbedSession {
  readonly token: string;
  readonly userId: string;
  readonly frameId: string;
  readonly targetOrigin: string;
  readonly link: DynamicLink;
  /** Messages that the next page shown posts to the embedding page. */
  readonly messages: EmbedMessage[];
}

function readDataText(data: Record<string, unknown>, ...names: string[]): string | null {
  for (const name of names) {
    const value = data[name];
    if (typeof value === 'string' && value.trim() !== '') return value.trim();
    if (typeof value === 'number') return String(value);
  }
  return null;
}

/** Reads the patient as the SDK sends it: an id alone counts, else what describes them. Null when nothing is known. */
function readHint(body: unknown): PatientHint | null {
  const data = typeof body === 'object' && body !== null && 'data' in body ? body.data : null;
  if (typeof data !== 'object' || data === null) return null;
  const known: Record<string, unknown> = { ...data };
  const discount = Number(readDataText(known, 'discount') ?? Number.NaN);
  const hint: PatientHint = {
    id: readDataText(known, 'id'),
    externalId: null,
    firstName: readDataText(known, 'first_name'),
    lastName: readDataText(known, 'last_name'),
    email: readDataText(known, 'email'),
    dateOfBirth: readDataText(known, 'date_of_birth'),
    gender: readDataText(known, 'biological_sex', 'gender'),
    mobileNumber: readDataText(known, 'mobile_number'),
    discount: Number.isFinite(discount) ? discount : null,
    sendWelcomeEmail: true,
  };
  const described = [hint.id, hint.firstName, hint.lastName, hint.email, hint.dateOfBirth, hint.mobileNumber];
  return described.some((part) => part !== null) ? hint : null;
}

/**
 * What Fullscript's browser SDK loads: the endpoint that takes the patient's data before the frame opens, and the frame.
 * The frame opens only under the registered public key, for a registered origin, and with a session grant that is younger
 * than 120 s and unused. It then shows the same picker and builder as the redirect links and posts `patient.selected` and
 * `treatmentPlan.activated` to the embedding page.
 */
export function createEmbedPages(sandbox: Sandbox): Hono {
  const pages = new Hono();
  const hints = new Map<string, PatientHint>();
  const embedSessions = new Map<string, EmbedSession>();
  const base = '/api/embeddable/session';

  function allowOrigin(c: Context): void {
    const origin = c.req.header('Origin');
    c.header('Vary', 'Origin');
    if (origin === undefined || !sandbox.app.embedOrigins.includes(origin)) return;
    c.header('Access-Control-Allow-Origin', origin);
    c.header('Access-Control-Allow-Headers', 'Content-Type, Accept');
    c.header('Access-Control-Allow-Methods', 'POST');
  }
  pages.options('/api/embeddable/tokenize', (c) => {
    allowOrigin(c);
    return c.body(null, 204);
  });
  pages.post('/api/embeddable/tokenize', async (c) => {
    allowOrigin(c);
    let body: unknown;
    try {
      body = await c.req.json();
    } catch {
      return c.json({ error: 'The body is not JSON' }, 400);
    }
    const dataToken = sandbox.newSecret('data');
    const hint = readHint(body);
    if (hint !== null) hints.set(dataToken, hint);
    return c.json({ data_token: dataToken });
  });

  function enter(c: Context): Answer {
    const targetOrigin = c.req.query('target_origin') ?? '';
    if (c.req.query('public_key') !== sandbox.app.embedPublicKey || !sandbox.app.embedOrigins.includes(targetOrigin))
      return respondMessage(
        c,
        403,
        'Not allowed here',
        'The public key or the origin of the page is not registered for the app.',
        { bare: true },
      );
    const grant = sandbox.actions.claimSessionGrant(c.req.query('secret_token') ?? '');
    const user = grant === null ? undefined : sandbox.state.users.get(grant.userId);
    if (user === undefined) {
      const trailer = createMessageScript([{ type: 'serverError', payload: ['INVALID_SECRET_TOKEN'] }], targetOrigin);
      const body = html`<div class="card" data-testid="message">
          <h1>This session has ended</h1>
          <p class="lead">INVALID_SECRET_TOKEN: the grant is unknown, older than 120 seconds, or was used before.</p>
        </div>
        ${trailer}`;
      return respondPage(c, { title: 'Session ended', bare: true, width: 'narrow' }, body, {
        status: 401,
        frameAncestors: targetOrigin,
      });
    }
    const link: DynamicLink = {
      opaque: sandbox.newSecret('embed'),
      kind: 'gateway',
      clinicId: user.clinicId,
      userId: user.id,
      practitionerId: user.type === 'Practitioner' ? user.id : null,
      planId: null,
      entrypoint: c.req.query('entrypoint') === 'labs' ? 'labs' : 'catalog',
      patient: hints.get(c.req.query('data_token') ?? '') ?? null,
    };
    sandbox.state.links.set(link.opaque, link);
    const session: EmbedSession = {
      token: sandbox.newSecret('frame'),
      userId: user.id,
      frameId: c.req.query('frame_id') ?? '',
      targetOrigin,
      link,
      messages: [],
    };
    embedSessions.set(session.token, session);
    return c.redirect(
      skipPicker(session, user) ? `${base}/${session.token}/edit` : `${base}/${session.token}/patient`,
      302,
    );
  }
  pages.get(`${base}/embed/entry`, enter);
  pages.get(`${base}/treatment_plans/new`, enter);

  /** A patient named by id is taken as it is, unless the user still has to say which practitioner it is for. */
  function skipPicker(session: EmbedSession, user: User): boolean {
    const { link } = session;
    const patientId = link.patient?.id ?? null;
    if (patientId === null || user.type !== 'Practitioner' || user.isOwner) return false;
    return (
      findRefusal(() => {
        sandbox.actions.resolveLink(link.opaque, { patientId, practitionerId: user.id });
      }) === null
    );
  }

  function withSession(c: Context, answer: (session: EmbedSession, user: User) => Answer): Answer {
    const session = embedSessions.get(c.req.param('session') ?? '');
    const user = session === undefined ? undefined : sandbox.state.users.get(session.userId);
    if (session === undefined || user === undefined || !sandbox.state.links.has(session.link.opaque))
      return respondMessage(c, 404, 'This session has ended', 'Open the page again to begin a new one.', {
        bare: true,
      });
    return answer(session, user);
  }

  function toPicker(session: EmbedSession, user: User): PickerPlace {
    return {
      path: `${base}/${session.token}/patient`,
      user,
      clinicId: user.clinicId,
      hint: session.link.patient,
      likely: sandbox.actions.findLinkMatches(session.link.opaque),
      practitionerId: session.link.practitionerId,
      bare: true,
      frameAncestors: session.targetOrigin,
    };
  }
  pages.get(`${base}/:session/patient`, (c) =>
    withSession(c, (session, user) => respondPicker(c, sandbox, toPicker(session, user))),
  );
  pages.post(`${base}/:session/patient`, (c) =>
    withSession(c, async (session, user) => {
      const place = toPicker(session, user);
      const choice = readPickerChoice(sandbox, place, await readForm(c));
      if (typeof choice === 'string') return respondPicker(c, sandbox, place, choice);
      const refusal = findRefusal(() => {
        sandbox.actions.resolveLink(session.link.opaque, {
          patientId: choice.patient.id,
          practitionerId: choice.practitionerId,
        });
      });
      if (refusal !== null) return respondPicker(c, sandbox, place, refusal);
      if (session.link.patient?.id !== choice.patient.id)
        session.messages.push(createPatientSelected(sandbox, session.frameId, choice.patient));
      return c.redirect(`${base}/${session.token}/edit`, 303);
    }),
  );

  function withPlan(c: Context, answer: (plan: Plan, place: BuilderPlace, session: EmbedSession) => Answer): Answer {
    return withSession(c, (session, user) => {
      if (session.link.planId === null) return c.redirect(`${base}/${session.token}/patient`, 302);
      const plan = getThing(sandbox.state.plans, session.link.planId);
      const trailer =
        c.req.method === 'GET' ? createMessageScript(session.messages.splice(0), session.targetOrigin) : undefined;
      const place: BuilderPlace = {
        path: `${base}/${session.token}/edit`,
        sentPath: `${base}/${session.token}/sent`,
        user,
        entrypoint: session.link.entrypoint,
        bare: true,
        frameAncestors: session.targetOrigin,
        ...(trailer === undefined ? {} : { trailer }),
      };
      return answer(plan, place, session);
    });
  }
  pages.get(`${base}/:session/edit`, (c) => withPlan(c, (plan, place) => respondBuilder(c, sandbox, plan, place)));
  pages.post(`${base}/:session/edit`, (c) =>
    withPlan(c, async (plan, place, session) => {
      const before = plan.state;
      const answer = await submitBuilder(c, sandbox, plan, place);
      if (before === 'draft' && plan.state === 'active')
        session.messages.push(createPlanActivated(sandbox, session.frameId, plan));
      return answer;
    }),
  );
  pages.get(`${base}/:session/sent`, (c) => withPlan(c, (plan, place) => respondSent(c, sandbox, plan, place)));

  return pages;
}
