import { Hono } from 'hono';
import { toOrderLines } from '../actions/orders.ts';
import { activatePlan, fillPlan, insertDraft, withdrawPlan } from '../actions/plans.ts';
import type { Sandbox } from '../sandbox.ts';
import { toPlanBody, toPlanRow } from '../shapes/plan.ts';
import { Refusal, getThing, type Plan } from '../state.ts';
import { authorized, restricted } from './authorized.ts';
import { matchesDays, sortBy, toPage } from './lists.ts';
import { getClinicPatient } from './patients.ts';
import { getPlanPractitioner, readMetadataId, readPlanContent } from './plan-fields.ts';
import { readBody, readParam, readText, type ApiContext, type ApiEnv, type Caller } from './request.ts';

/** Plans begun through the API need `patients:read`, those begun inside Fullscript `patients:treatment_plan_history`. */
function maySee(caller: Caller, plan: Plan): boolean {
  const scope = plan.source === 'api' ? 'patients:read' : 'patients:treatment_plan_history';
  return plan.clinicId === caller.clinic.id && caller.pair.scopes.includes(scope);
}

/** The clinic's plan with this id. Throws a 404 refusal for unknown ones and those of other clinics. */
export function getClinicPlan(sandbox: Sandbox, caller: Caller, id: string): Plan {
  const plan = sandbox.state.plans.get(id);
  if (plan === undefined || plan.clinicId !== caller.clinic.id) throw new Refusal(404, ['Not Found']);
  return plan;
}

/** Treatment plans. To be mounted under `/api`. */
export function createPlanRoutes(sandbox: Sandbox): Hono<ApiEnv> {
  const { state } = sandbox;
  const routes = new Hono<ApiEnv>();
  const reads = authorized(sandbox, 'patients:read', 'patients:treatment_plan_history');
  const writes = authorized(sandbox, 'clinic:write');
  const getPlan = (c: ApiContext): Plan => getClinicPlan(sandbox, c.var.caller, readParam(c, 'id'));
  const respond = (c: ApiContext, plan: Plan): Response => c.json({ treatment_plan: toPlanBody(sandbox, plan) });

  routes.get('/clinic/patients/:patient_id/treatment_plans', reads, (c) => {
    const patient = getClinicPatient(sandbox, c.var.caller.clinic, readParam(c, 'patient_id'));
    const wantedState = c.req.query('state');
    const plans = [...state.plans.values()].filter(
      (plan) =>
        plan.patientId === patient.id &&
        maySee(c.var.caller, plan) &&
        (wantedState === undefined || plan.state === wantedState) &&
        matchesDays(c.req.query('created_at'), plan.createdAt) &&
        matchesDays(c.req.query('updated_at'), plan.updatedAt),
    );
    const sorted = sortBy(c, plans, { created_at: (plan) => plan.createdAt, updated_at: (plan) => plan.updatedAt });
    const { rows, meta } = toPage(c, sorted, toPlanRow);
    return c.json({ treatment_plans: rows, meta });
  });

  routes.post(
    '/clinic/patients/:patient_id/treatment_plans',
    writes,
    authorized(sandbox, 'patients:read'),
    restricted(sandbox),
    async (c) => {
      const patient = getClinicPatient(sandbox, c.var.caller.clinic, readParam(c, 'patient_id'));
      const body = await readBody(c);
      const practitioner = getPlanPractitioner(sandbox, c.var.caller, body['practitioner_id'], true);
      const wantedState = readText(body['state']) ?? 'active';
      if (wantedState !== 'active' && wantedState !== 'draft')
        throw new Refusal(422, ['State is not included in the list']);
      const content = readPlanContent(body);
      if ((content.recommendations?.length ?? 0) === 0 && (content.labPanelIds?.length ?? 0) === 0)
        throw new Refusal(422, ["Recommendations can't be blank"]);
      const plan = insertDraft(sandbox, {
        clinicId: patient.clinicId,
        practitionerId: practitioner.id,
        patientId: patient.id,
        source: 'api',
      });
      try {
        fillPlan(sandbox, plan, content);
        plan.metadataId = readMetadataId(body) ?? null;
        if (wantedState === 'active') activatePlan(sandbox, plan);
      } catch (error) {
        state.plans.delete(plan.id);
        throw error;
      }
      return c.json({ treatment_plan: toPlanBody(sandbox, plan) }, 201);
    },
  );

  routes.get('/clinic/treatment_plans/:id', reads, (c) => {
    const plan = getPlan(c);
    if (!maySee(c.var.caller, plan)) throw new Refusal(403, ['Must have `patients` scope enabled']);
    return respond(c, plan);
  });

  routes.on(['PATCH', 'PUT'], '/clinic/treatment_plans/:id', writes, async (c) => {
    const plan = getPlan(c);
    if (plan.state === 'cancelled') throw new Refusal(422, ['Treatment plan is cancelled']);
    const body = await readBody(c);
    fillPlan(sandbox, plan, readPlanContent(body));
    const metadataId = readMetadataId(body);
    if (metadataId !== undefined) plan.metadataId = metadataId;
    return respond(c, plan);
  });

  routes.patch('/clinic/treatment_plans/:id/activate', writes, restricted(sandbox), (c) =>
    respond(c, activatePlan(sandbox, getPlan(c))),
  );

  routes.patch('/clinic/treatment_plans/:id/cancel', writes, (c) => respond(c, withdrawPlan(sandbox, getPlan(c))));

  routes.post('/clinic/treatment_plans/:id/in_office_checkout', writes, (c) => {
    const plan = getPlan(c);
    if (plan.state !== 'active' || plan.patientId === null) throw new Refusal(422, ['Treatment plan is not active']);
    const lines = toOrderLines(sandbox, plan);
    if (lines.length === 0) throw new Refusal(422, ["Recommendations can't be blank"]);
    const patient = getThing(state.patients, plan.patientId);
    state.carts.set(patient.id, { patientId: patient.id, planId: plan.id, lines });
    return c.json({ in_office_checkout: { url: `${sandbox.baseUrl}/o/patients/${patient.number}/checkout` } }, 201);
  });

  return routes;
}
