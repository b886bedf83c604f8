import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seedPatients, seedUsers } from '../../../src/sandbox/seed/people.ts';
import type { RunningSandbox } from '../../../src/sandbox/start.ts';
import type { Plan } from '../../../src/sandbox/state.ts';
import { callApi, connect, createVisitor, listEventTypes, startPages, type Visitor } from './visitor.ts';

let running: RunningSandbox;
let visitor: Visitor;
beforeEach(async () => {
  running = await startPages();
  visitor = createVisitor(running.url);
});
afterEach(() => running.stop());

function getPatient(firstName: string, lastName: string): (typeof seedPatients)[number] {
  const patient = seedPatients.find((each) => each.firstName === firstName && each.lastName === lastName);
  if (patient === undefined) throw new Error(`the seed has no ${firstName} ${lastName}`);
  return patient;
}

async function createDraftLink(token: string, email = 'mira.okoye@mail.example'): Promise<{ url: string; plan: Plan }> {
  const link = await callApi(running, token, '/clinic/dynamic_links/treatment_plans', {
    treatment_plan: { practitioner_id: seedUsers.ada.id },
    patient: { email, first_name: 'Mira', last_name: 'Okoye', send_welcome_email: 'false' },
  });
  const { redirect_url: url, treatment_plan: row } = link.body['dynamic_links'] as {
    redirect_url: string;
    treatment_plan: { id: string };
  };
  const plan = running.sandbox.state.plans.get(row.id);
  if (plan === undefined) throw new Error('the link made no plan');
  return { url, plan };
}

function takeVariant(position = 0): string {
  const [...ids] = running.sandbox.state.variants.keys();
  return ids[position] ?? '';
}

/** The fields of one line as the builder's form posts them. */
function toLineFields(
  key: number,
  variantId: string,
  changes: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const fields: Record<string, string> = {
    variant: variantId,
    amount: '1-2',
    frequency: 'twice per day',
    duration: '60',
    format: 'capsule',
    'take-with': 'food',
    units: '2',
    refill: 'true',
    info: 'after breakfast',
    time: 'morning',
    ...changes,
  };
  return Object.fromEntries(Object.entries(fields).map(([part, value]) => [`${part}-${key}`, value]));
}

describe('the builder behind a draft link', () => {
  test('asks for a sign-in, then builds and sends the plan', async () => {
    const { url, plan } = await createDraftLink(await connect(running, seedUsers.ada.email));
    expect((await visitor.get(url)).text).toContain('data-testid="sign-in-form"');
    await visitor.signIn(seedUsers.ada.email);
    const [panelId = ''] = running.sandbox.state.labPanels.keys();

    const added = await visitor.post(url, { do: `add:${takeVariant()}`, q: 'mag' });
    expect([added.status, added.location]).toEqual([303, `${new URL(url).pathname}?q=mag`]);
    expect(plan.recommendations.map((line) => line.variantId)).toEqual([takeVariant()]);
    expect(listEventTypes(running)).toEqual([]);

    const sent = await visitor.post(url, {
      do: 'send',
      line: '0',
      ...toLineFields(0, takeVariant()),
      lab: panelId,
      personal_message: 'Start <slowly> & well',
    });

    expect([sent.status, sent.location]).toEqual([303, new URL(url).pathname.replace('/edit', '/sent')]);
    expect(plan).toMatchObject({
      state: 'active',
      availableOn: '2026-03-02',
      personalMessage: 'Start <slowly> & well',
      recommendations: [
        {
          variantId: takeVariant(),
          refill: true,
          unitsToPurchase: 2,
          takeWith: 'food',
          dosage: {
            amount: '1-2',
            frequency: 'twice per day',
            duration: '60',
            format: 'capsule',
            additionalInfo: 'after breakfast',
            timeOfDay: ['morning'],
          },
        },
      ],
    });
    expect(plan.labRecommendations.map((lab) => lab.panelId)).toEqual([panelId]);
    expect(listEventTypes(running)).toEqual(['treatment_plan.created']);
    const page = await visitor.get(sent.location ?? '');
    expect(page.text).toContain('Plan sent to Mira Okoye');
    expect(page.text).toContain(`/welcome/cedarrow/${plan.invitationCode}`);
    expect(running.sandbox.state.mails.map((mail) => [mail.kind, mail.to])).toEqual([
      ['treatment_plan', 'mira.okoye@mail.example'],
    ]);
    const again = await visitor.get(url);
    expect(again.text).toContain('Start &lt;slowly&gt; &amp; well');
    expect(again.text).not.toContain('<slowly>');
  });

  test('offers what the search finds, and default dosages for what is added', async () => {
    const { url, plan } = await createDraftLink(await connect(running, seedUsers.ada.email));
    await visitor.signIn(seedUsers.ada.email);
    const variant = running.sandbox.state.variants.get(takeVariant());
    const product = running.sandbox.state.products.get(variant?.productId ?? '');

    const found = await visitor.get(`${url}?q=${encodeURIComponent(product?.name ?? '')}`);
    expect(found.text).toContain(`data-variant-id="${takeVariant()}"`);
    expect((await visitor.get(`${url}?q=nothing-like-this`)).text).toContain('No supplement fits.');
    await visitor.post(url, { do: `add:${takeVariant()}` });
    const custom = product?.customDosages[plan.practitionerId];
    expect(plan.recommendations[0]?.dosage.amount).toBe((custom ?? product?.dosage)?.amount);
  });

  test('removes the line whose button was pressed and keeps what was typed into the other', async () => {
    const { url, plan } = await createDraftLink(await connect(running, seedUsers.ada.email));
    await visitor.signIn(seedUsers.ada.email);
    await visitor.post(url, {
      do: 'remove:0',
      line: ['0', '1'],
      ...toLineFields(0, takeVariant(0)),
      ...toLineFields(1, takeVariant(1), { amount: '1/2' }),
    });
    expect(plan.recommendations.map((line) => [line.variantId, line.dosage.amount])).toEqual([[takeVariant(1), '1/2']]);
  });

  test('refuses zero packs, sends nothing, and shows what was typed', async () => {
    const { url, plan } = await createDraftLink(await connect(running, seedUsers.ada.email));
    await visitor.signIn(seedUsers.ada.email);
    const refused = await visitor.post(url, {
      do: 'send',
      line: '0',
      ...toLineFields(0, takeVariant(), { units: '0', amount: '17 drops' }),
    });
    expect(refused.status).toBe(422);
    expect(refused.text).toContain('Units to purchase must be greater than 0');
    expect(refused.text).toContain('value="17 drops"');
    expect(plan.state).toBe('draft');
    expect(listEventTypes(running)).toEqual([]);
  });

  test('is closed to users of another clinic, signed in or not', async () => {
    const { url, plan } = await createDraftLink(await connect(running, seedUsers.ada.email));
    await visitor.signIn(seedUsers.tomas.email);
    for (const address of [url, url.replace('/edit', '/sent'), `/plans/${plan.id}/edit`]) {
      const page = await visitor.get(address);
      expect(page.status).toBe(403);
      expect(page.text).not.toContain('Okoye');
    }
    expect((await visitor.post(url, { do: 'send' })).status).toBe(403);
    expect((await createVisitor(running.url).post(url, { do: 'send' })).text).toContain('data-testid="sign-in-form"');
    expect(plan.state).toBe('draft');
    expect((await visitor.get('/o/treatment_plans/unknown/edit')).status).toBe(404);
  });
});

describe('an active plan', () => {
  async function openActivePlan(): Promise<{ path: string; plan: Plan }> {
    await visitor.signIn(seedUsers.ada.email);
    const plan = running.sandbox.actions.createPlan(running.sandbox.state.users.get(seedUsers.ada.id)?.clinicId ?? '', {
      practitionerId: seedUsers.ada.id,
      patientId: getPatient('Mira', 'Okoye').id,
    });
    running.sandbox.actions.sendPlan(plan.id);
    return { path: `/plans/${plan.id}/edit`, plan };
  }

  test('changes only when Update is pressed', async () => {
    const { path, plan } = await openActivePlan();
    const added = await visitor.post(path, { do: `add:${takeVariant()}` });
    expect(added.status).toBe(200);
    expect(added.text).toContain(`value="${takeVariant()}"`);
    expect(plan.recommendations).toEqual([]);

    const updated = await visitor.post(path, { do: 'update', line: '0', ...toLineFields(0, takeVariant()) });
    expect([updated.status, updated.location]).toEqual([303, `${path}?done=updated`]);
    expect(plan.recommendations).toHaveLength(1);
    expect(listEventTypes(running)).toEqual(['treatment_plan.created', 'treatment_plan.recommendation.updated']);
  });

  test('can be cancelled once, and then no more be changed', async () => {
    const { path, plan } = await openActivePlan();
    expect((await visitor.post(path, { do: 'cancel' })).location).toBe(`${path}?done=cancelled`);
    expect(plan.state).toBe('cancelled');
    expect((await visitor.post(path, { do: 'cancel' })).status).toBe(422);
    expect((await visitor.post(path, { do: `add:${takeVariant()}` })).status).toBe(422);
    expect(listEventTypes(running)).toEqual(['treatment_plan.created', 'treatment_plan.updated']);
    expect((await visitor.get(path)).text).toContain('data-testid="closed-plan"');
  });
});

describe('the matching screen of a gateway link', () => {
  async function createGateway(patient: Record<string, unknown>, practitionerId?: string): Promise<string> {
    const token = await connect(running, seedUsers.carla.email);
    const link = await callApi(running, token, '/clinic/dynamic_links/gateway/treatment_plans', {
      ...(practitionerId === undefined ? {} : { treatment_plan: { practitioner_id: practitionerId } }),
      patient,
    });
    return (link.body['dynamic_links'] as { redirect_url: string }).redirect_url;
  }

  test('offers the family behind a shared address and opens the plan for the one chosen', async () => {
    const url = await createGateway(
      { email: 'marsh.family@mail.example', first_name: 'Wren', last_name: 'Marsh', external_id: 'EMR-77' },
      seedUsers.ben.id,
    );
    const plansBefore = running.sandbox.state.plans.size;
    await visitor.signIn(seedUsers.carla.email);
    const page = await visitor.get(url);
    const likely = page.text.slice(page.text.indexOf('likely-patients'), page.text.indexOf('other-patients'));
    for (const firstName of ['Helen', 'Oscar', 'Wren'])
      expect(likely).toContain(`data-patient-id="${getPatient(firstName, 'Marsh').id}"`);
    expect(likely).not.toContain('checked');
    expect(page.text).toMatch(new RegExp(`value="${seedUsers.ben.id}"\\s+selected`));
    expect(running.sandbox.state.plans.size).toBe(plansBefore);

    const wren = getPatient('Wren', 'Marsh');
    const chosen = await visitor.post(url, { do: 'use', patient_id: wren.id, practitioner_id: seedUsers.ben.id });

    expect(chosen.status).toBe(303);
    expect((await visitor.get(chosen.location ?? '')).text).toContain('Wren Marsh');
    expect(running.sandbox.state.plans.size).toBe(plansBefore + 1);
    const plan = [...running.sandbox.state.plans.values()].at(-1);
    expect(plan).toMatchObject({ state: 'draft', patientId: wren.id, practitionerId: seedUsers.ben.id });
    expect(running.sandbox.state.patients.get(wren.id)?.metadataId).toBe('EMR-77');
    expect((await visitor.get(url)).location).toBe(chosen.location);
  });

  test('chooses the only match beforehand and asks for what is missing', async () => {
    const mira = getPatient('Mira', 'Okoye');
    const url = await createGateway({ id: mira.id });
    await visitor.signIn(seedUsers.carla.email);
    expect((await visitor.get(url)).text).toMatch(new RegExp(`value="${mira.id}"\\s+checked`));

    const nobody = await visitor.post(url, { do: 'use', practitioner_id: seedUsers.ben.id });
    expect(nobody.status).toBe(422);
    expect(nobody.text).toContain('Choose a patient');
    const staff = await visitor.post(url, { do: 'use', patient_id: mira.id, practitioner_id: seedUsers.carla.id });
    expect(staff.status).toBe(422);
    expect(staff.text).toContain('Choose a practitioner');
  });

  test('makes a dependent without an e-mail under the chosen guardian', async () => {
    const url = await createGateway({ email: 'marsh.family@mail.example', first_name: 'Pip', last_name: 'Marsh' });
    await visitor.signIn(seedUsers.carla.email);
    const made = await visitor.post(url, {
      do: 'create',
      practitioner_id: seedUsers.ben.id,
      first_name: 'Pip',
      last_name: 'Marsh',
      email: 'marsh.family@mail.example',
      date_of_birth: '2024-01-31',
      gender: 'male',
      guardian_patient_id: getPatient('Helen', 'Marsh').id,
    });
    expect(made.status).toBe(303);
    const pip = [...running.sandbox.state.patients.values()].at(-1);
    expect(pip).toMatchObject({
      firstName: 'Pip',
      email: null,
      dateOfBirth: '2024-01-31',
      gender: 'male',
      guardianPatientId: getPatient('Helen', 'Marsh').id,
    });
    expect(listEventTypes(running)).toEqual(['patient.created']);
  });

  test('refuses a new patient with a taken e-mail and makes nobody', async () => {
    const url = await createGateway({ email: 'marsh.family@mail.example' });
    const before = running.sandbox.state.patients.size;
    await visitor.signIn(seedUsers.carla.email);
    const refused = await visitor.post(url, {
      do: 'create',
      practitioner_id: seedUsers.ben.id,
      first_name: 'Pip',
      last_name: 'Marsh',
      email: 'marsh.family@mail.example',
    });
    expect(refused.status).toBe(422);
    expect(refused.text).toContain('Email has already been taken');
    expect(running.sandbox.state.patients.size).toBe(before);
  });

  test('takes no patient of another clinic', async () => {
    const url = await createGateway({ email: 'marsh.family@mail.example' });
    const before = running.sandbox.state.plans.size;
    const stranger = seedPatients.find((patient) => patient.clinic === 'harbour');
    await visitor.signIn(seedUsers.carla.email);
    const refused = await visitor.post(url, {
      do: 'use',
      practitioner_id: seedUsers.ben.id,
      patient_id: stranger?.id ?? '',
    });
    expect(refused.status).toBe(422);
    expect(refused.text).not.toContain(stranger?.id);
    expect(running.sandbox.state.plans.size).toBe(before);
  });
});

test('the generic link lets a user choose a patient of their own clinic and begin a plan', async () => {
  const token = await connect(running, seedUsers.ada.email);
  const link = await callApi(running, token, '/clinic/dynamic_links/treatment_plans');
  const url = String(link.body['redirect_url']);
  await visitor.signIn(seedUsers.ada.email);

  const found = await visitor.get(`${url}&q=${encodeURIComponent('nunez')}`);
  const jose = getPatient('José', 'Núñez-Álvarez');
  expect([...found.text.matchAll(/data-patient-id="([^"]+)"/g)].map(([, id]) => id)).toEqual([jose.id]);
  const stranger = seedPatients.find((patient) => patient.clinic === 'harbour');
  const refused = await visitor.post(url, {
    do: 'use',
    patient_id: stranger?.id ?? '',
    practitioner_id: seedUsers.ada.id,
  });
  expect(refused.status).toBe(422);
  const chosen = await visitor.post(url, { do: 'use', patient_id: jose.id, practitioner_id: seedUsers.ada.id });

  expect(chosen.status).toBe(303);
  const plan = [...running.sandbox.state.plans.values()].at(-1);
  expect(chosen.location).toBe(`/plans/${plan?.id ?? ''}/edit`);
  expect(plan).toMatchObject({ state: 'draft', patientId: jose.id, source: 'app' });
  expect((await visitor.get('/plans?q=nunez')).status).toBe(200);
});
