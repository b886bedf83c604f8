import { describe, expect, test } from 'vitest';
import type { Fullscript } from '../../src/fullscript/fullscript.ts';
import type { Call } from '../../src/fullscript/call.ts';
import { createRoom, toFailureOf } from '../support/fullscript-room.ts';

/** What `ask` gets when Fullscript answers with `body`. */
async function read<T>(body: unknown, ask: (fullscript: Fullscript, call: Call) => Promise<T>): Promise<T> {
  const room = await createRoom(() => ({ body }));
  return ask(room.fullscript, room.call);
}

const patient = {
  id: 'a0a0a0a0-0000-4000-8000-000000000010',
  first_name: 'Mira',
  last_name: 'Okoye',
  email: 'mira@mail.example',
  archived: false,
  date_of_birth: '1988-04-17',
  gender: 'female',
  discount: 5,
  total_discount: 15,
  mobile_number: '+14165550123',
  text_message_notification: true,
  metadata: { id: 'EHR-7781' },
  is_dependent: false,
  guardian_patient_id: null,
};
const readPatient = {
  id: patient.id,
  firstName: 'Mira',
  lastName: 'Okoye',
  email: 'mira@mail.example',
  archived: false,
  dateOfBirth: '1988-04-17',
  gender: 'female',
  discountPercent: 5,
  totalDiscountPercent: 15,
  mobileNumber: '+14165550123',
  metadataId: 'EHR-7781',
  isDependent: false,
  guardianPatientId: null,
};

const plan = {
  id: 'b1',
  state: 'active',
  patient: { id: 'a0' },
  practitioner: { id: '0f' },
  available_at: '2026-03-02',
  created_at: '2026-03-02T14:00:00.000Z',
  updated_at: '2026-03-02T14:05:00.000Z',
  invitation_url: 'https://us-snd.fullscript.io/welcome/cedarrow/7f2c9e',
  personal_message: null,
  recommendations: [
    {
      variant_id: 'd4',
      refill: true,
      units_to_purchase: 2,
      take_with: 'food',
      dosage: {
        amount: '1-2',
        frequency: 'twice per day',
        duration: '60',
        format: 'capsule',
        additional_info: 'after breakfast',
        time_of_day: ['morning'],
      },
    },
  ],
  resources: [{ id: 'e5', name: 'Sleep tips', type: 'Handout' }],
  lab_recommendations: [
    {
      id: 'f6',
      name: 'Thyroid panel',
      requires_fasting: false,
      instructions: null,
      tests: [{ id: '9a', name: 'TSH' }],
    },
  ],
  metadata: { id: null },
};
const readPlan = {
  id: 'b1',
  state: 'ACTIVE',
  fullscriptPatientId: 'a0',
  fullscriptPractitionerId: '0f',
  availableOn: '2026-03-02',
  createdAt: '2026-03-02T14:00:00.000Z',
  updatedAt: '2026-03-02T14:05:00.000Z',
  invitationUrl: 'https://us-snd.fullscript.io/welcome/cedarrow/7f2c9e',
  personalMessage: null,
  metadataId: null,
  recommendations: [
    {
      id: 'd4',
      variantId: 'd4',
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
  labRecommendations: [
    { id: 'f6', name: 'Thyroid panel', requiresFasting: false, instructions: null, tests: [{ id: '9a', name: 'TSH' }] },
  ],
};

describe('clinic', () => {
  test('whole, with keys nobody knows', async () => {
    const body = {
      clinic: {
        id: 'c1',
        name: 'Cedar Row Wellness',
        patient_count: 42,
        practitioner_count: '3',
        discount: '10',
        dispensary_url: 'https://us-snd.fullscript.io/welcome/cedarrow',
        integration_id: 'ab12',
        margin_type: 'profit',
        brand_new: { anything: true },
      },
    };
    expect(await read(body, (fullscript, call) => fullscript.clinics.get(call))).toEqual({
      id: 'c1',
      name: 'Cedar Row Wellness',
      patientCount: 42,
      practitionerCount: 3,
      discountPercent: 10,
      dispensaryUrl: 'https://us-snd.fullscript.io/welcome/cedarrow',
      integrationId: 'ab12',
    });
  });
});

describe('patient', () => {
  const get = (body: unknown) => read(body, (fullscript, call) => fullscript.patients.get(call, 'a0'));

  test('whole', async () => {
    expect(await get({ patient })).toEqual(readPatient);
  });

  test('with everything as text, a timestamp for a date, and other keys', async () => {
    const body = {
      patient: {
        id: 77,
        firstName: 'Mira',
        lastName: 'Okoye',
        email: 'mira@mail.example',
        archived: 'false',
        dateOfBirth: '1988-04-17T00:00:00.000Z',
        biologicalSex: 'female',
        discount: '5',
        total_discount: '15',
        mobile_number: '+14165550123',
        metadata: 'EHR-7781',
      },
    };
    expect(await get(body)).toEqual({ ...readPatient, id: '77' });
  });

  test('thin', async () => {
    const body = { patient: { id: 'a0', email: null, first_name: 'Mira', last_name: '', archived: 1 } };
    expect(await get(body)).toEqual({
      ...readPatient,
      id: 'a0',
      email: null,
      lastName: null,
      archived: true,
      dateOfBirth: null,
      gender: null,
      discountPercent: null,
      totalDiscountPercent: null,
      mobileNumber: null,
      metadataId: null,
    });
  });

  test('a dependent by its guardian alone', async () => {
    expect(await get({ patient: { id: 'a1', guardian_patient_id: 'a0' } })).toMatchObject({
      isDependent: true,
      guardianPatientId: 'a0',
    });
  });

  test.each([
    [{}],
    [{ patient: null }],
    [{ patient: { id: null } }],
    [{ patient: { id: '' } }],
    [{ patient: { id: 'x'.repeat(256) } }],
  ])('without an id, %j, is no patient', async (body) => {
    expect(await toFailureOf(get(body))).toMatchObject({ kind: 'contract' });
  });

  test('search follows the pages to the end, asks for everybody, and gives each once', async () => {
    const row = (n: number) => ({ id: `p${n}`, first_name: `N${n}`, email: `p${n}@mail.test` });
    const room = await createRoom((request) => {
      const page = Number(request.query.get('page[number]'));
      const rows = page === 1 ? [row(1), row(2)] : page === 2 ? [row(2), row(3)] : [row(4)];
      return { body: { patients: rows, meta: { current_page: page, next_page: page < 3 ? page + 1 : null } } };
    });
    const found = await room.fullscript.patients.searchAll(room.call, 'mira+1@mail.test');
    expect(found.map((one) => one.id)).toEqual(['p1', 'p2', 'p3', 'p4']);
    expect(room.server.seen.map((seen) => Object.fromEntries(seen.query))).toEqual(
      [1, 2, 3].map((page) => ({
        query: 'mira+1@mail.test',
        patient_type: 'all',
        'page[number]': String(page),
        'page[size]': '100',
      })),
    );
  });

  test.each([
    ['the same page again', { next_page: 1 }],
    ['an earlier page', { next_page: 0 }],
  ])('a list that leads to %s is a breach of contract, not a short list', async (_, meta) => {
    const body = { patients: [{ id: 'p1' }], meta };
    const found = read(body, (fullscript, call) => fullscript.patients.searchAll(call, 'x'));
    expect(await toFailureOf(found)).toMatchObject({ kind: 'contract' });
  });

  test('without meta a full page is followed by another', async () => {
    const rows = Array.from({ length: 100 }, (_, n) => ({ id: `p${n}` }));
    const room = await createRoom((request) => ({
      body: { patients: request.query.get('page[number]') === '1' ? rows : [{ id: 'last' }] },
    }));
    expect(await room.fullscript.patients.searchAll(room.call, 'x')).toHaveLength(101);
  });

  test('a list that is none, or a row without an id, is never shown as nothing there', async () => {
    for (const body of [{}, { patients: null }, { patients: [{ first_name: 'x' }] }]) {
      const found = read(body, (fullscript, call) => fullscript.patients.searchAll(call, 'x'));
      expect(await toFailureOf(found)).toMatchObject({ kind: 'contract' });
    }
  });

  test('by metadata: exactly this id and this type, whatever else comes back', async () => {
    const body = {
      metadata: [
        { id: 'EHR-7781', type: 'patient', data: { ...patient, metadata: undefined } },
        { id: 'ehr-7781', type: 'patient', data: { id: 'other' } },
        { id: 'EHR-7781', type: 'practitioner', data: { id: 'practitioner' } },
        { id: 'EHR-77812', type: 'patient', data: { id: 'longer' } },
      ],
      meta: { next_page: null },
    };
    expect(await read(body, (fullscript, call) => fullscript.patients.findByMetadata(call, 'EHR-7781'))).toEqual([
      readPatient,
    ]);
  });

  test('dependents know their guardian', async () => {
    const found = await read({ patients: [{ id: 'k1', first_name: 'Ada' }] }, (fullscript, call) =>
      fullscript.patients.dependents(call, 'a0'),
    );
    expect(found).toMatchObject([{ id: 'k1', isDependent: true, guardianPatientId: 'a0' }]);
  });

  test('writing sends what changes, null where something is cleared, and nothing else', async () => {
    const room = await createRoom(() => ({ body: { patient } }));
    await room.fullscript.patients.update(room.call, 'a0', { discountPercent: 10, metadataId: null, lastName: 'B' });
    await room.fullscript.patients.create(room.call, {
      email: 'a@mail.test',
      firstName: 'A',
      lastName: 'B',
      sendWelcomeEmail: false,
    });
    expect(room.server.seen.map((seen) => [seen.method, seen.path, seen.json])).toEqual([
      ['PATCH', '/api/clinic/patients/a0', { discount: '10', last_name: 'B', metadata: { id: null } }],
      [
        'POST',
        '/api/clinic/patients',
        { email: 'a@mail.test', first_name: 'A', last_name: 'B', send_welcome_email: 'false' },
      ],
    ]);
  });
});

describe('practitioners and staff', () => {
  const person = {
    id: '0f',
    first_name: 'Lee',
    last_name: 'Roy',
    email: 'lee@mail.test',
    metadata: null,
    invite_accepted: true,
  };
  const readPerson = { id: '0f', firstName: 'Lee', lastName: 'Roy', email: 'lee@mail.test', metadataId: null };

  test('one and many, under the key that each kind has', async () => {
    const many = { practitioners: [person], meta: { next_page: null } };
    expect(await read(many, (fullscript, call) => fullscript.practitioners.list(call))).toEqual([readPerson]);
    expect(
      await read({ practitioner: person }, (fullscript, call) => fullscript.practitioners.get(call, '0f')),
    ).toEqual(readPerson);
    expect(await read({ staff: [person] }, (fullscript, call) => fullscript.staff.list(call))).toEqual([readPerson]);
    expect(await read({ staff: person }, (fullscript, call) => fullscript.staff.get(call, '0f'))).toEqual(readPerson);
  });

  test('our id is written into the metadata slot', async () => {
    const room = await createRoom(() => ({ body: { staff: { ...person, metadata: { id: 'org:1' } } } }));
    expect(await room.fullscript.staff.setMetadata(room.call, '0f', 'org:1')).toMatchObject({ metadataId: 'org:1' });
    expect(room.server.seen[0]).toMatchObject({
      method: 'PATCH',
      path: '/api/clinic/staff/0f',
      json: { metadata: { id: 'org:1' } },
    });
  });
});

describe('plan', () => {
  const get = (body: unknown) => read(body, (fullscript, call) => fullscript.plans.get(call, 'b1'));
  const getLine = async (line: object) =>
    (await get({ treatment_plan: { ...plan, recommendations: [line] } })).recommendations[0];

  test('whole', async () => {
    expect(await get({ treatment_plan: plan })).toEqual(readPlan);
  });

  test.each([
    [
      'recommended_ keys and text for numbers',
      {
        variant_id: 'd4',
        refill: 'true',
        units_to_purchase: '2',
        take_with: 'food',
        dosage: {
          recommended_amount: '1-2',
          recommended_frequency: 'twice per day',
          recommended_duration: 60,
          format: 'capsule',
          additional_info: 'after breakfast',
          time_of_day: 'morning',
        },
      },
    ],
    [
      'camelCase',
      {
        variantId: 'd4',
        refill: 1,
        unitsToPurchase: 2,
        takeWith: 'food',
        dosage: {
          recommendedAmount: '1-2',
          recommendedFrequency: 'twice per day',
          recommendedDuration: '60',
          format: 'capsule',
          additionalInfo: 'after breakfast',
          timeOfDay: ['morning'],
        },
      },
    ],
    [
      'flat dosage_ keys',
      {
        variant: { id: 'd4' },
        refill: true,
        quantity_recommended: 2,
        take_with: 'food',
        dosage_amount: '1-2',
        dosage_frequency: 'twice per day',
        dosage_duration: '60',
        dosage_format: 'capsule',
        dosage_additional_info: 'after breakfast',
        dosage_time_of_day: ['morning'],
      },
    ],
  ])('a line with %s reads the same', async (_, line) => {
    expect(await getLine(line)).toEqual(readPlan.recommendations[0]);
  });

  test('words that nobody knows are kept, empty ones are nothing', async () => {
    expect(
      await getLine({ variant_id: 'd4', dosage: { frequency: 'every full moon', amount: '', duration: null } }),
    ).toEqual({
      id: 'd4',
      variantId: 'd4',
      refill: null,
      unitsToPurchase: null,
      takeWith: null,
      dosage: {
        amount: null,
        frequency: 'every full moon',
        duration: null,
        format: null,
        timeOfDay: [],
        additionalInfo: null,
      },
    });
    expect((await getLine({ variant_id: 'd4', dosage: {} }))?.dosage).toBeNull();
    expect((await getLine({ variant_id: 'd4', dosage: { amount: null, time_of_day: [] } }))?.dosage).toBeNull();
  });

  test('the same variant again gets an id of its own', async () => {
    const lines = [{ variant_id: 'x' }, { variant_id: 'y' }, { variant_id: 'x' }, { variant_id: 'x' }];
    const read = await get({ treatment_plan: { ...plan, recommendations: lines } });
    expect(read.recommendations.map((line) => line.id)).toEqual(['x', 'y', 'x~2', 'x~3']);
  });

  test('a draft, a cancelled plan without lines, dates as timestamps, states in other words', async () => {
    const draft = { ...plan, state: 'draft', available_at: null, invitation_url: null };
    expect(await get({ treatment_plan: draft })).toMatchObject({
      state: 'DRAFT',
      availableOn: null,
      invitationUrl: null,
    });
    const cancelled = {
      ...plan,
      state: 'Canceled',
      recommendations: [],
      available_at: '2026-03-02T14:00:00.000-05:00',
    };
    expect(await get({ treatment_plan: cancelled })).toMatchObject({
      state: 'CANCELLED',
      recommendations: [],
      availableOn: '2026-03-02',
    });
    const event = { ...plan, state: undefined, active: 'true', recommendations: null, lab_recommendations: undefined };
    expect(await get({ treatment_plan: event })).toMatchObject({
      state: 'ACTIVE',
      recommendations: [],
      labRecommendations: [],
    });
    expect(await get({ treatment_plan: { ...plan, updated_at: null } })).toMatchObject({
      updatedAt: readPlan.createdAt,
    });
    expect(await get({ treatment_plan: { ...plan, created_at: '2026-03-02T09:00:00-05:00' } })).toMatchObject({
      createdAt: '2026-03-02T14:00:00.000Z',
    });
  });

  test('a link that is none of a browser is not passed on', async () => {
    expect(await get({ treatment_plan: { ...plan, invitation_url: 'javascript:alert(1)' } })).toMatchObject({
      invitationUrl: null,
    });
  });

  test.each([
    ['state', { state: 'melted' }],
    ['patient', { patient: null }],
    ['created_at', { created_at: null, updated_at: null }],
    ['variant_id', { recommendations: [{ units_to_purchase: 1 }] }],
    ['id', { id: null }],
  ])('without a readable %s it is a breach of contract', async (where, change) => {
    const failure = await toFailureOf(get({ treatment_plan: { ...plan, ...change } }));
    expect(failure).toMatchObject({ kind: 'contract' });
    expect((failure as Error).message).toContain(where);
  });

  test('rows are thin, newest first, and only this patient’s', async () => {
    const row = (id: string, createdAt: string, patientId?: string) => ({
      id,
      state: 'active',
      ...(patientId === undefined ? {} : { patient: { id: patientId } }),
      practitioner: { id: '0f' },
      available_at: null,
      created_at: createdAt,
      updated_at: createdAt,
    });
    const room = await createRoom(() => ({
      body: {
        treatment_plans: [
          row('old', '2026-01-01T00:00:00.000Z', 'a0'),
          row('new', '2026-02-01T00:00:00.000Z'),
          row('foreign', '2026-03-01T00:00:00.000Z', 'somebody else'),
        ],
        meta: { next_page: null },
      },
    }));
    const rows = await room.fullscript.plans.listByPatient(room.call, 'a0');
    expect(rows.map((one) => [one.id, one.fullscriptPatientId])).toEqual([
      ['new', 'a0'],
      ['old', 'a0'],
    ]);
    expect(room.server.seen[0]?.path).toBe('/api/clinic/patients/a0/treatment_plans');
    expect(Object.fromEntries(room.server.seen[0]!.query)).toMatchObject({
      sort_by: 'created_at',
      order_by: 'DESC',
      'page[size]': '100',
    });
  });

  test('writing says the state, sends text for numbers, and leaves out what is not said', async () => {
    const room = await createRoom(() => ({ body: { treatment_plan: plan } }));
    const line = { variantId: 'd4', unitsToPurchase: 2, refill: true, dosage: { amount: '1', timeOfDay: ['morning'] } };
    await room.fullscript.plans.create(
      room.call,
      'a0',
      { practitionerId: '0f', state: 'draft', recommendations: [line] },
      'key-1',
    );
    await room.fullscript.plans.update(room.call, 'b1', { personalMessage: 'Hello', recommendations: [line] });
    await room.fullscript.plans.update(room.call, 'b1', { metadataId: 'm' });
    await room.fullscript.plans.cancel(room.call, 'b1');
    const sent = {
      variant_id: 'd4',
      units_to_purchase: '2',
      refill: 'true',
      dosage: { amount: '1', time_of_day: ['morning'] },
    };
    expect(room.server.seen.map((seen) => [seen.method, seen.path, seen.json])).toEqual([
      [
        'POST',
        '/api/clinic/patients/a0/treatment_plans',
        { practitioner_id: '0f', state: 'draft', recommendations: [sent] },
      ],
      ['PATCH', '/api/clinic/treatment_plans/b1', { personal_message: 'Hello', recommendations: [sent] }],
      ['PATCH', '/api/clinic/treatment_plans/b1', { metadata: { id: 'm' } }],
      ['PATCH', '/api/clinic/treatment_plans/b1/cancel', undefined],
    ]);
    expect(room.server.seen[0]?.headers['idempotency-key']).toBe('key-1');
  });
});

describe('dynamic links', () => {
  const redirectUrl = 'https://us-snd.fullscript.io/o/treatment_plans/opaque/edit';
  const draft = {
    redirect_url: redirectUrl,
    treatment_plan: { id: 'b1', state: 'draft', available_at: null },
    patient: { ...patient, text_message_notification: 0 },
  };

  test('draft: creates with what is known of the patient, and reads plan and patient', async () => {
    const room = await createRoom(() => ({ body: { dynamic_links: draft } }));
    const link = await room.fullscript.dynamicLinks.draft(room.call, {
      practitionerId: '0f',
      patient: {
        email: 'mira@mail.example',
        firstName: 'Mira',
        lastName: null,
        discountPercent: 5,
        sendWelcomeEmail: false,
      },
      entrypoint: 'labs',
    });
    expect(link).toEqual({ redirectUrl, plan: { id: 'b1', state: 'DRAFT' }, patient: readPatient });
    expect(room.server.seen[0]).toMatchObject({
      method: 'POST',
      path: '/api/clinic/dynamic_links/treatment_plans',
      json: {
        treatment_plan: { practitioner_id: '0f' },
        patient: { email: 'mira@mail.example', first_name: 'Mira', discount: '5', send_welcome_email: 'false' },
        entrypoint: 'labs',
      },
    });
    expect(room.server.seen[0]?.json).not.toHaveProperty('patient.last_name');
  });

  test('draft without a patient', async () => {
    const body = { dynamic_links: { ...draft, patient: null } };
    expect(
      await read(body, (fullscript, call) => fullscript.dynamicLinks.draft(call, { practitionerId: '0f' })),
    ).toMatchObject({
      patient: null,
    });
  });

  test.each([
    ['at the top', { redirect_url: redirectUrl }],
    ['under dynamic_links', { dynamic_links: { redirect_url: redirectUrl } }],
    ['in camelCase', { dynamicLinks: { redirectUrl } }],
  ])('gateway, edit and generic find the link %s', async (_, body) => {
    const room = await createRoom(() => ({ body }));
    const { dynamicLinks } = room.fullscript;
    expect(await dynamicLinks.gateway(room.call, { patient: { id: 'a0', externalId: 'org:1' } })).toEqual({
      redirectUrl,
    });
    expect(await dynamicLinks.edit(room.call, 'b1', 'catalog')).toEqual({ redirectUrl });
    expect(await dynamicLinks.generic(room.call)).toEqual({ redirectUrl });
    expect(room.server.seen.map((seen) => [seen.method, seen.path, seen.query.get('entrypoint'), seen.json])).toEqual([
      [
        'POST',
        '/api/clinic/dynamic_links/gateway/treatment_plans',
        null,
        { patient: { id: 'a0', external_id: 'org:1' } },
      ],
      ['GET', '/api/clinic/dynamic_links/treatment_plans/b1', 'catalog', undefined],
      ['GET', '/api/clinic/dynamic_links/treatment_plans', null, undefined],
    ]);
  });

  test.each(['javascript:alert(1)', 'http://us.fullscript.com/o', '/relative', '', null])(
    '%j is no link',
    async (url) => {
      const asked = read({ redirect_url: url }, (fullscript, call) => fullscript.dynamicLinks.generic(call));
      expect(await toFailureOf(asked)).toMatchObject({ kind: 'contract' });
    },
  );
});

describe('catalogue', () => {
  const variant = {
    id: 'd4',
    sku: 'S-1',
    primary: true,
    units: 60,
    unit_of_measure: 'capsules',
    availability: 'In Stock',
    status: 'available',
    upc: '1',
    msrp: '19.99',
    image_url_small: 'https://img.test/s.png',
    image_url_medium: 'https://img.test/m.png',
    product: { id: 'pr1', name: 'Magnesium', brand: { id: 'br1', name: 'Pure' } },
  };
  const readVariant = {
    id: 'd4',
    productId: 'pr1',
    name: 'Magnesium',
    brand: 'Pure',
    sku: 'S-1',
    units: 60,
    unitOfMeasure: 'capsules',
    availability: 'In Stock',
    msrp: '19.99',
    imageUrl: 'https://img.test/m.png',
  };

  test.each([
    ['wrapped', { variant }],
    ['bare', variant],
    ['with numbers and text swapped', { variant: { ...variant, units: '60', msrp: 19.99 } }],
    ['with the brand as text', { variant: { ...variant, product: { ...variant.product, brand: 'Pure' } } }],
  ])('a variant %s', async (_, body) => {
    expect(await read(body, (fullscript, call) => fullscript.catalog.getVariant(call, 'd4'))).toEqual(readVariant);
  });
});

describe('lab orders', () => {
  const order = {
    id: 'l1',
    state: 'results_ready',
    name: 'Thyroid',
    patient_id: 'a0',
    practitioner_id: '0f',
    treatment_plan_id: 'b1',
    tests: [
      { id: 't1', name: 'TSH' },
      { id: 't2', name: 'T4' },
    ],
    results: [{ id: 'r1', name: 'All', state: 'final', pdf_url: 'https://files.fullscript.io/r1.pdf?sig=1' }],
    created_at: '2026-03-01T00:00:00.000Z',
    updated_at: '2026-03-02T00:00:00.000Z',
  };
  const readOrder = {
    id: 'l1',
    rawStatus: 'results_ready',
    name: 'Thyroid',
    fullscriptPatientId: 'a0',
    fullscriptPractitionerId: '0f',
    treatmentPlanId: 'b1',
    tests: order.tests,
    results: [{ id: 'r1', name: 'All', rawStatus: 'final', fileUrl: 'https://files.fullscript.io/r1.pdf?sig=1' }],
    createdAt: '2026-03-01T00:00:00.000Z',
    updatedAt: '2026-03-02T00:00:00.000Z',
    isDetailed: true,
  };
  const get = (body: unknown) => read(body, (fullscript, call) => fullscript.labs.get(call, 'l1'));

  test.each([
    ['order', { order }],
    ['lab_order', { lab_order: order }],
    ['nothing', order],
  ])('under %s', async (_, body) => {
    expect(await get(body)).toEqual(readOrder);
  });

  test('status for state, nested ids, other keys for tests and results', async () => {
    const other = {
      id: 'l1',
      status: 'results_ready',
      name: 'Thyroid',
      patient: { id: 'a0' },
      practitioner: { id: '0f' },
      treatmentPlan: { id: 'b1' },
      labTests: order.tests,
      labResults: [
        { id: 'r1', title: 'All', status: 'final', file: { url: 'https://files.fullscript.io/r1.pdf?sig=1' } },
      ],
      created_at: '2026-03-01T00:00:00.000Z',
      updated_at: '2026-03-02T00:00:00.000Z',
    };
    expect(await get({ order: other })).toEqual(readOrder);
  });

  test.each([
    ['pdf_url', { pdf_url: '/f' }],
    ['url', { url: '/f' }],
    ['file_url', { file_url: '/f' }],
    ['download_url', { download_url: '/f' }],
    ['links', { links: { pdf: '/f' } }],
    ['attachment', { attachment: { url: '/f' } }],
  ])('the file stands under %s', async (_, keys) => {
    expect(await get({ order: { ...order, results: [{ id: 'r1', ...keys }] } })).toMatchObject({
      results: [{ fileUrl: '/f' }],
    });
  });

  test('a file for the whole order is the only result there is, or the file of the only one without', async () => {
    const latest = { artifact_id: 'art1', pdf_url: 'https://f.fullscript.io/1', status: 'final' };
    expect(await get({ order: { ...order, results: [], latest_aggregated_result: latest } })).toMatchObject({
      results: [{ id: 'art1', fileUrl: 'https://f.fullscript.io/1', rawStatus: 'final' }],
    });
    expect(await get({ order: { ...order, results: [{ id: 'r1' }], latest_aggregated_result: latest } })).toMatchObject(
      {
        results: [{ id: 'r1', fileUrl: 'https://f.fullscript.io/1' }],
      },
    );
    expect(await get({ order: { ...order, latest_aggregated_result: latest } })).toMatchObject({
      results: readOrder.results,
    });
  });

  test('nothing but an id is still an order', async () => {
    expect(await get({ order: { id: 5, tests: 'none', results: [null, 'x', {}] } })).toEqual({
      ...readOrder,
      id: '5',
      rawStatus: '',
      name: null,
      fullscriptPatientId: null,
      fullscriptPractitionerId: null,
      treatmentPlanId: null,
      tests: [],
      results: [{ id: '5~1', name: null, rawStatus: null, fileUrl: null }],
      createdAt: null,
      updatedAt: null,
    });
    expect(await toFailureOf(get({ order: { state: 'purchased' } }))).toMatchObject({ kind: 'contract' });
  });

  test('thin rows say so, and nobody else’s orders get into a patient’s list', async () => {
    const body = {
      orders: [{ id: 'l1', state: 'purchased', patient_id: 'a0' }, { id: 'l2', patient_id: 'somebody else' }, order],
      meta: { next_page: null },
    };
    const mine = await read(body, (fullscript, call) => fullscript.labs.listByPatient(call, 'a0'));
    expect(mine.map((one) => [one.id, one.isDetailed])).toEqual([['l1', false]]);
    const all = await read({ lab_orders: [...body.orders.slice(0, 2), { ...order, id: 'l3' }] }, (fullscript, call) =>
      fullscript.labs.listAll(call),
    );
    expect(all.map((one) => [one.id, one.isDetailed])).toEqual([
      ['l1', false],
      ['l2', false],
      ['l3', true],
    ]);
  });

  test('the clinic’s list goes on from a given page', async () => {
    const room = await createRoom((request) => {
      const page = Number(request.query.get('page[number]'));
      return { body: { orders: [{ id: `l${page}` }], meta: { next_page: page < 4 ? page + 1 : null } } };
    });
    const orders = await room.fullscript.labs.listAll(room.call, { page: 3 });
    expect(orders.map((one) => one.id)).toEqual(['l3', 'l4']);
  });

  test('in Canada there are none, without a call', async () => {
    const room = await createRoom(() => ({ body: { orders: [order] } }), { settings: { environment: 'ca-snd' } });
    expect(await room.fullscript.labs.listByPatient(room.call, 'a0')).toEqual([]);
    expect(await room.fullscript.labs.listAll(room.call)).toEqual([]);
    expect(room.server.seen).toEqual([]);
  });
});

describe('checkout and session grants', () => {
  test('the checkout’s address, wrapped or not', async () => {
    const url = 'https://us-snd.fullscript.io/o/patients/123/checkout';
    for (const body of [{ in_office_checkout: { url } }, { url }]) {
      expect(await read(body, (fullscript, call) => fullscript.checkout.inOffice(call, 'b1'))).toEqual({ url });
    }
  });

  test('a grant, wrapped or not, with its end or 120 s', async () => {
    const grant = {
      id: 'g',
      secret_token: 's3',
      claimed_at: null,
      expires_at: '2026-03-01T10:02:00.000Z',
      user: { type: 'Practitioner', id: '0f' },
    };
    for (const body of [grant, { session_grant: grant }]) {
      expect(await read(body, (fullscript, call) => fullscript.sessionGrants.create(call))).toEqual({
        secretToken: 's3',
        expiresAt: '2026-03-01T10:02:00.000Z',
      });
    }
    const room = await createRoom(() => ({ body: { secret_token: 's3' } }), {
      needs: { now: () => new Date('2026-03-01T10:00:00.000Z') },
    });
    expect(await room.fullscript.sessionGrants.create(room.call)).toMatchObject({
      expiresAt: '2026-03-01T10:02:00.000Z',
    });
  });
});

describe('events and deliveries', () => {
  test('a category from a day on, oldest first, with data left out', async () => {
    const room = await createRoom(
      () => ({
        body: {
          events: [{ id: 'e1', type: 'order.placed', created_at: '2026-03-01T10:00:00.000Z', clinic_id: 'c1' }],
          meta: { next_page: null },
        },
      }),
      { needs: { now: () => new Date('2026-03-02T23:00:00.000Z') } },
    );
    expect(await room.fullscript.events.list(room.call, { category: 'orders', createdFrom: '2026-02-28' })).toEqual([
      { id: 'e1', type: 'order.placed', clinicId: 'c1', createdAt: '2026-03-01T10:00:00.000Z', data: {} },
    ]);
    expect(room.server.seen[0]?.path).toBe('/api/events/orders');
    expect(Object.fromEntries(room.server.seen[0]!.query)).toMatchObject({
      created_at: '2026-02-28..2026-03-03',
      sort_by: 'created_at',
      order_by: 'ASC',
    });
  });

  test('one event with data, in every envelope', async () => {
    const event = { id: 'e1', type: 'patient.updated', clinic_id: 'c1', data: { patient: { id: 'a0' } } };
    for (const body of [{ event }, { event_payload: { event } }, event]) {
      expect(await read(body, (fullscript, call) => fullscript.events.get(call, 'e1'))).toMatchObject({
        id: 'e1',
        data: { id: 'a0' },
      });
    }
    expect(
      await toFailureOf(read({ event: {} }, (fullscript, call) => fullscript.events.get(call, 'e1'))),
    ).toMatchObject({
      kind: 'contract',
    });
  });

  test('the log of deliveries', async () => {
    const room = await createRoom(() => ({
      body: {
        webhook_deliveries: [
          {
            id: 'w1',
            attempt_number: '2',
            attempted_at: '2026-03-01T10:00:00.000Z',
            next_attempt_at: null,
            successfully_delivered: 'false',
            response_status: 503,
            event_payload: { event: { id: 'e1', type: 'order.placed', data: { id: 'o1' } } },
          },
          { id: 'w2' },
        ],
      },
    }));
    expect(await room.fullscript.events.listDeliveries(room.call, { successfullyDelivered: false })).toEqual([
      {
        id: 'w1',
        attemptNumber: 2,
        attemptedAt: '2026-03-01T10:00:00.000Z',
        nextAttemptAt: null,
        successfullyDelivered: false,
        responseStatus: 503,
        event: { id: 'e1', type: 'order.placed', clinicId: null, createdAt: null, data: { id: 'o1' } },
      },
      {
        id: 'w2',
        attemptNumber: null,
        attemptedAt: null,
        nextAttemptAt: null,
        successfullyDelivered: null,
        responseStatus: null,
        event: null,
      },
    ]);
    expect(room.server.seen[0]?.query.get('successfully_delivered')).toBe('false');
  });
});
