import type { Context, Hono } from 'hono';
import type { PatientInput } from '../actions/patients.ts';
import type { PlanContent } from '../actions/plans.ts';
import { readPatient } from '../api/patients.ts';
import { readPlanContent } from '../api/plan-fields.ts';
import { getText, readBody, readFlag, readText, type Fields } from '../api/request.ts';
import type { Sandbox } from '../sandbox.ts';
import { toPlanBody } from '../shapes/plan.ts';
import { getThing } from '../state.ts';

/** Adds the actions on patients, plans, orders and links. Bodies use the words of the API. */
export function addPlanRoutes(routes: Hono, sandbox: Sandbox): void {
  const { actions, state } = sandbox;
  const respondPlan = (c: Context, plan: Parameters<typeof toPlanBody>[1]): Response =>
    c.json({ treatment_plan: toPlanBody(sandbox, plan) });

  routes.post('/patients', async (c) => {
    const body = await readBody(c);
    const input: PatientInput = {
      firstName: getText(body, 'first_name'),
      lastName: getText(body, 'last_name'),
      email: null,
      ...readPatient(body),
    };
    if (input.email === '') input.email = null;
    const guardian = readText(body['guardian_patient_id']);
    if (guardian != null) input.guardianPatientId = guardian;
    const patient = actions.createPatient(getText(body, 'clinic_id'), input, {
      sendWelcomeEmail: readFlag(body['send_welcome_email']) ?? false,
    });
    return c.json({ patient }, 201);
  });
  routes.patch('/patients/:id', async (c) => {
    const body = await readBody(c);
    const archived = readFlag(body['archived']);
    if (archived !== undefined) actions.archivePatient(c.req.param('id'), archived);
    const changes = readPatient(body);
    if (changes.email === '') changes.email = null;
    if (Object.keys(changes).length > 0) actions.updatePatient(c.req.param('id'), changes);
    return c.json({ patient: getThing(state.patients, c.req.param('id')) });
  });
  routes.post('/patients/:id/emancipate', async (c) =>
    c.json({ patient: actions.emancipate(c.req.param('id'), getText(await readBody(c), 'email')) }),
  );

  const readContent = (body: Fields): PlanContent => {
    const content = readPlanContent(body);
    const panels = body['lab_panel_ids'];
    return Array.isArray(panels) ? { ...content, labPanelIds: panels.map(String) } : content;
  };
  routes.post('/plans', async (c) => {
    const body = await readBody(c);
    const patient = getThing(state.patients, getText(body, 'patient_id'));
    const plan = actions.createPlan(patient.clinicId, {
      ...readContent(body),
      patientId: patient.id,
      practitionerId: getText(body, 'practitioner_id'),
    });
    if (readFlag(body['send']) === true) actions.sendPlan(plan.id);
    return c.json({ treatment_plan: toPlanBody(sandbox, plan) }, 201);
  });
  routes.patch('/plans/:id', async (c) => {
    const plan = getThing(state.plans, c.req.param('id'));
    const content = readContent(await readBody(c));
    return respondPlan(
      c,
      plan.state === 'draft' ? actions.buildPlan(plan.id, content) : actions.editActivePlan(plan.id, content),
    );
  });
  routes.post('/plans/:id/send', (c) => respondPlan(c, actions.sendPlan(c.req.param('id'))));
  routes.post('/plans/:id/cancel', (c) => respondPlan(c, actions.cancelPlan(c.req.param('id'))));
  routes.post('/plans/:id/order', async (c) => {
    const body = await readBody(c);
    return c.json({ order: actions.placeOrder(c.req.param('id'), { labs: readFlag(body['labs']) ?? false }) }, 201);
  });
  routes.post('/plans/:id/buy-labs', (c) => c.json({ order: actions.buyLabs(c.req.param('id')) }, 201));
  routes.post('/links/:opaque/resolve', async (c) => {
    const body = await readBody(c);
    const plan = actions.resolveLink(c.req.param('opaque'), {
      patientId: getText(body, 'patient_id'),
      practitionerId: getText(body, 'practitioner_id'),
    });
    return respondPlan(c, plan);
  });
}
