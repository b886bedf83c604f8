import { Hono } from 'hono';
import { toRedirectUrl } from '../actions/links.ts';
import { findPatientByEmail, insertPatient, type PatientInput } from '../actions/patients.ts';
import { insertDraft } from '../actions/plans.ts';
import type { Sandbox } from '../sandbox.ts';
import { toPatientBody } from '../shapes/patient.ts';
import { Refusal, type DynamicLink, type Entrypoint, type Patient, type PatientHint, type Plan } from '../state.ts';
import { authorized } from './authorized.ts';
import { readPatient } from './patients.ts';
import { getPlanPractitioner } from './plan-fields.ts';
import { getClinicPlan } from './plans.ts';
import {
  readBody,
  readFields,
  readFlag,
  readNumber,
  readParam,
  readText,
  type ApiEnv,
  type Caller,
  type Fields,
} from './request.ts';

function readEntrypoint(value: unknown): Entrypoint {
  const text = readText(value) ?? 'catalog';
  if (text !== 'catalog' && text !== 'labs') throw new Refusal(400, ['Entrypoint is invalid']);
  return text;
}

/** Reads the description of a patient; numbers and flags may be text. */
function readHint(fields: Fields): PatientHint {
  const discount = readNumber(fields['discount']);
  return {
    id: readText(fields['id']) ?? null,
    externalId: readText(fields['external_id']) ?? null,
    firstName: readText(fields['first_name']) ?? null,
    lastName: readText(fields['last_name']) ?? null,
    email: readText(fields['email']) ?? null,
    dateOfBirth: readText(fields['date_of_birth']) ?? null,
    gender: readText(fields['gender']) ?? null,
    mobileNumber: readText(fields['mobile_number']) ?? null,
    discount: discount === undefined || Number.isNaN(discount) ? null : discount,
    sendWelcomeEmail: readFlag(fields['send_welcome_email']) ?? true,
  };
}

/** The clinic's patient with the e-mail, or a new one. Throws a 422 refusal without an e-mail, and when another clinic's patient holds it. */
function getOrCreatePatient(sandbox: Sandbox, caller: Caller, fields: Fields): Patient {
  const input: PatientInput = { firstName: '', lastName: '', email: '', ...readPatient(fields) };
  if (input.email === null || input.email === '') throw new Refusal(422, ["Email can't be blank"]);
  const existing = findPatientByEmail(sandbox, input.email);
  if (existing !== null && existing.clinicId === caller.clinic.id) return existing;
  if (!caller.pair.scopes.includes('patients:write')) throw new Refusal(403, ['Must have `patients` scope enabled']);
  return insertPatient(sandbox, caller.clinic.id, input, readFlag(fields['send_welcome_email']) ?? true);
}

/** Links into Fullscript's pages. To be mounted under `/api`. */
export function createDynamicLinkRoutes(sandbox: Sandbox): Hono<ApiEnv> {
  const { state } = sandbox;
  const routes = new Hono<ApiEnv>();
  const writes = authorized(sandbox, 'clinic:write');

  const insertLink = (
    caller: Caller,
    needs: Pick<DynamicLink, 'kind' | 'entrypoint'> & Partial<DynamicLink>,
  ): DynamicLink => {
    const link: DynamicLink = {
      opaque: sandbox.newSecret('link'),
      clinicId: caller.clinic.id,
      userId: caller.user.id,
      practitionerId: null,
      planId: null,
      patient: null,
      ...needs,
    };
    state.links.set(link.opaque, link);
    return link;
  };

  const toLinkBody = (link: DynamicLink, plan: Plan): Record<string, unknown> => {
    const patient = plan.patientId === null ? undefined : state.patients.get(plan.patientId);
    const clinic = state.clinics.get(plan.clinicId);
    const body =
      patient === undefined || clinic === undefined
        ? {}
        : { ...toPatientBody(patient, clinic), text_message_notification: patient.textMessageNotification ? 1 : 0 };
    const {
      metadata: _metadata,
      is_dependent: _isDependent,
      guardian_patient_id: _guardian,
      ...shown
    } = body as Fields;
    return {
      dynamic_links: {
        redirect_url: toRedirectUrl(sandbox, link),
        treatment_plan: { id: plan.id, state: plan.state, available_at: plan.availableOn },
        ...(patient === undefined ? {} : { patient: shown }),
      },
    };
  };

  routes.get('/clinic/dynamic_links/treatment_plans', writes, (c) =>
    c.json({
      redirect_url: `${sandbox.baseUrl}/o/treatment_plans/new?client_id=${encodeURIComponent(sandbox.app.clientId)}`,
    }),
  );

  routes.post('/clinic/dynamic_links/treatment_plans', writes, async (c) => {
    const { caller } = c.var;
    const body = await readBody(c);
    const entrypoint = readEntrypoint(body['entrypoint']);
    const practitioner = getPlanPractitioner(
      sandbox,
      caller,
      readFields(body['treatment_plan'])['practitioner_id'],
      false,
    );
    const patient = body['patient'] == null ? null : getOrCreatePatient(sandbox, caller, readFields(body['patient']));
    const plan = insertDraft(sandbox, {
      clinicId: caller.clinic.id,
      practitionerId: practitioner.id,
      patientId: patient?.id ?? null,
      source: 'api',
    });
    const link = insertLink(caller, { kind: 'plan', entrypoint, planId: plan.id, practitionerId: practitioner.id });
    return c.json(toLinkBody(link, plan));
  });

  routes.post('/clinic/dynamic_links/gateway/treatment_plans', writes, async (c) => {
    const { caller } = c.var;
    const body = await readBody(c);
    const named = readText(readFields(body['treatment_plan'])['practitioner_id']) ?? null;
    const practitioner = named === null ? undefined : state.users.get(named);
    const known = practitioner?.type === 'Practitioner' && practitioner.clinicId === caller.clinic.id;
    const link = insertLink(caller, {
      kind: 'gateway',
      entrypoint: readEntrypoint(body['entrypoint']),
      practitionerId: known ? practitioner.id : null,
      patient: body['patient'] == null ? null : readHint(readFields(body['patient'])),
    });
    return c.json({ dynamic_links: { redirect_url: toRedirectUrl(sandbox, link) } });
  });

  routes.get('/clinic/dynamic_links/treatment_plans/:id', writes, (c) => {
    const plan = getClinicPlan(sandbox, c.var.caller, readParam(c, 'id'));
    if (plan.state === 'cancelled') throw new Refusal(404, ['Not Found']);
    const link = insertLink(c.var.caller, {
      kind: 'plan',
      entrypoint: readEntrypoint(c.req.query('entrypoint')),
      planId: plan.id,
      practitionerId: plan.practitionerId,
    });
    return c.json(toLinkBody(link, plan));
  });

  return routes;
}
