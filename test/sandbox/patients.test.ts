import { describe, expect, it } from 'vitest';
import { seedPatients, seedUsers } from '../../src/sandbox/seed/people.ts';
import { createClient, startTestSandbox, type Answer, type Client } from './sandbox-client.ts';

const getSeed = (firstName: string): (typeof seedPatients)[number] => {
  const found = seedPatients.find((patient) => patient.firstName === firstName);
  if (found === undefined) throw new Error(`No seed patient ${firstName}`);
  return found;
};
const readNames = (answer: Answer): string[] =>
  (answer.body['patients'] as unknown as { first_name: string }[]).map((row) => row.first_name);

async function startAsAda(): Promise<{ client: Client; running: Awaited<ReturnType<typeof startTestSandbox>> }> {
  const running = await startTestSandbox();
  return { running, client: await createClient(running, seedUsers.ada) };
}

describe('GET /api/clinic/patients', () => {
  it('pages 20 by default and 100 at most, with thin rows', async () => {
    const { client } = await startAsAda();
    const first = await client('GET', '/clinic/patients');
    expect(first.body['patients']).toHaveLength(20);
    expect(first.body['meta']).toEqual({
      current_page: 1,
      next_page: 2,
      prev_page: null,
      total_pages: 3,
      total_count: 44,
    });
    expect(Object.keys(first.body['patients']?.[0] ?? {})).toEqual([
      'id',
      'first_name',
      'last_name',
      'email',
      'archived',
    ]);
    const all = await client('GET', '/clinic/patients?page[size]=500');
    expect(all.body['patients']).toHaveLength(44);
    const past = await client('GET', '/clinic/patients?page[number]=9');
    expect(past.body['patients']).toEqual([]);
    expect(past.body['meta']?.['next_page']).toBeNull();
  });

  it('lists dependents and guardians apart, and only the own clinic’s people', async () => {
    const { client, running } = await startAsAda();
    const dependents = await client('GET', '/clinic/patients?patient_type=dependent');
    expect(readNames(dependents).sort()).toEqual(['Oscar', 'Temi', 'Tolu', 'Wren']);
    expect(readNames(await client('GET', '/clinic/patients?patient_type=guardian'))).toEqual(['Helen', 'Samuel']);
    const harbour = await createClient(running, seedUsers.jonas);
    expect((await harbour('GET', '/clinic/patients')).body['meta']?.['total_count']).toBe(10);
    expect((await harbour('GET', `/clinic/patients/${getSeed('Mira').id}`)).status).toBe(404);
  });

  it('sorts by a field in either direction', async () => {
    const { client } = await startAsAda();
    const names = readNames(await client('GET', '/clinic/patients?sort_by=first_name&order_by=DESC&page[size]=100'));
    expect(names).toEqual([...names].sort().reverse());
  });
});

describe('GET /api/clinic/search/patients', () => {
  it('finds by name and, fuzzily, by e-mail', async () => {
    const { client } = await startAsAda();
    expect(readNames(await client('GET', '/clinic/search/patients?query=okoye'))).toEqual(['Mira']);
    const byEmail = await client('GET', '/clinic/search/patients?query=karl.brandt@mail.example&patient_type=all');
    expect(readNames(byEmail)).toEqual(['Karl', 'Karla']);
  });

  it('leaves guardians and dependents out unless asked for all', async () => {
    const { client } = await startAsAda();
    expect(readNames(await client('GET', '/clinic/search/patients?query=marsh'))).toEqual([]);
    expect(readNames(await client('GET', '/clinic/search/patients?query=marsh&patient_type=all'))).toEqual([
      'Helen',
      'Oscar',
      'Wren',
    ]);
  });
});

describe('one patient', () => {
  it('has total discount, family and metadata', async () => {
    const { client } = await startAsAda();
    const mira = await client('GET', `/clinic/patients/${getSeed('Mira').id}`);
    expect(mira.body['patient']).toMatchObject({
      date_of_birth: '1988-04-17',
      gender: 'female',
      discount: 5,
      total_discount: 15,
      archived: false,
      is_dependent: false,
      guardian_patient_id: null,
      metadata: { id: null },
    });
    const oscar = await client('GET', `/clinic/patients/${getSeed('Oscar').id}`);
    expect(oscar.body['patient']).toMatchObject({
      email: null,
      is_dependent: true,
      guardian_patient_id: getSeed('Helen').id,
    });
    expect(readNames(await client('GET', `/clinic/patients/${getSeed('Helen').id}/dependents`))).toEqual([
      'Oscar',
      'Wren',
    ]);
    const addresses = await client('GET', `/clinic/patients/${getSeed('Mira').id}/addresses`);
    expect(addresses.body['addresses']?.[0]).toMatchObject({ country: 'US', city: expect.any(String) });
  });

  it('is created from loose types, mails a welcome unless told not to, and records no event', async () => {
    const { client, running } = await startAsAda();
    const created = await client('POST', '/clinic/patients', {
      first_name: 'New',
      last_name: 'Person',
      email: 'New.Person@mail.example',
      date_of_birth: '2000-02-29',
      discount: '7',
      send_welcome_email: 'false',
      metadata: { id: 'org:1' },
    });
    expect(created.status).toBe(201);
    expect(created.body['patient']).toMatchObject({ discount: 7, total_discount: 17, metadata: { id: 'org:1' } });
    expect(running.sandbox.state.mails).toEqual([]);
    await client('POST', '/clinic/patients', { first_name: 'A', last_name: 'B', email: 'a.b@mail.example' });
    expect(running.sandbox.state.mails.map((mail) => [mail.to, mail.kind])).toEqual([['a.b@mail.example', 'welcome']]);
    expect(running.sandbox.state.events).toEqual([]);
    const looked = await client('GET', '/clinic/metadata?id=org:1&type=patient');
    expect(looked.body['metadata']).toMatchObject([{ id: 'org:1', type: 'patient', data: { first_name: 'New' } }]);
  });

  it('is refused with a list of sentences inside a text, also when the e-mail is taken in another clinic', async () => {
    const { client, running } = await startAsAda();
    const blank = await client('POST', '/clinic/patients', { first_name: 'X', email: 'nonsense' });
    expect(blank.status).toBe(422);
    expect(JSON.parse(String(blank.body['error']))).toEqual(["Last name can't be blank", 'Email is invalid']);
    const taken = { first_name: 'X', last_name: 'Y', email: 'VICTOR.hale@mail.example' };
    const answer = await client('POST', '/clinic/patients', taken);
    expect(answer.body['error']).toBe('["Email has already been taken"]');
    running.sandbox.settings.errorShape = 'array';
    expect((await client('POST', '/clinic/patients', taken)).body['error']).toEqual(['Email has already been taken']);
  });

  it('is changed by PATCH and PUT, field by field', async () => {
    const { client, running } = await startAsAda();
    const path = `/clinic/patients/${getSeed('Mira').id}`;
    expect((await client('PATCH', path, { metadata: { id: 'org:9' } })).body['patient']).toMatchObject({
      first_name: 'Mira',
      metadata: { id: 'org:9' },
    });
    expect((await client('PUT', path, { mobile_number: '+14165559999' })).body['patient']).toMatchObject({
      mobile_number: '+14165559999',
      metadata: { id: 'org:9' },
    });
    expect((await client('PATCH', path, { email: 'jonah.feld@mail.example' })).status).toBe(422);
    expect(running.sandbox.state.events).toEqual([]);
  });
});

describe('members', () => {
  it('lists practitioners and staff of the clinic and invites new ones', async () => {
    const { client, running } = await startAsAda();
    const practitioners = await client('GET', '/clinic/practitioners');
    expect(practitioners.body['meta']?.['total_count']).toBe(3);
    expect((await client('GET', '/clinic/staff')).body['staff']).toMatchObject([{ first_name: 'Carla' }]);
    const types = await client('GET', '/catalog/practitioner_types');
    const invite = {
      first_name: 'Nora',
      last_name: 'Lind',
      email: 'nora@cedarrow.example',
      practitioner_type_id: types.body['practitioner_types']?.[0]?.['id'],
    };
    const invited = await client('POST', '/clinic/practitioners', invite);
    expect([invited.status, invited.body['practitioner']?.['invite_accepted']]).toEqual([201, false]);
    expect((await client('POST', '/clinic/practitioners', invite)).status).toBe(422);
    expect(running.sandbox.actions.findLogin('nora@cedarrow.example', '')).toBeNull();
  });
});
