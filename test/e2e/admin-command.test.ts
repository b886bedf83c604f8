import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runCommand as run } from '../support/admin-command.ts';
import { listLiveTokens } from '../support/connecting.ts';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';
import { parkEventOf } from '../support/parked-event.ts';
import { waitFor } from '../support/reading.ts';

describeEachDatabase('The operators’ command', (get) => {
  let deployment: Deployment;

  beforeAll(async () => {
    deployment = await startDeployment({ databaseUrl: get().url });
  }, 60_000);
  afterAll(() => deployment.stop());

  beforeEach(async () => {
    deployment.sandbox.sandbox.faults.clear();
    for (const table of ['account', 'revoked_token', 'revocation', 'audit_event', 'integration_switch'])
      await get().db.write((tx) => tx.run(`DELETE FROM ${table}`));
    deployment.sandbox.sandbox.state.tokens.clear();
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    await deployment.connect('u-carla', 'carla@cedarrow.example');
    await deployment.connect('u-tomas', 'tomas@harbour.example');
  });

  const secrets = (): string[] => [
    ...[...deployment.sandbox.sandbox.state.tokens.values()].flatMap((pair) => [pair.accessToken, pair.refreshToken]),
    deployment.env['FULLSCRIPT_CLIENT_SECRET'] ?? '',
    deployment.env['ENCRYPTION_KEYS']?.split(':')[1] ?? '',
  ];

  it('accounts: lists by organization, user, clinic and status, with pages, and shows no token', async () => {
    const all = await run(deployment, 'accounts --json');
    expect(all).toMatchObject({ code: 0, err: '' });
    expect(all.objects().map(({ userId }) => userId)).toEqual(expect.arrayContaining(['u-ada', 'u-carla', 'u-tomas']));
    const juniper = (await run(deployment, 'accounts --organization org-juniper --json')).objects();
    expect(juniper.map(({ userId }) => userId).sort()).toEqual(['u-ada', 'u-carla']);
    expect(juniper[0]).toMatchObject({ organizationId: 'org-juniper', status: 'CONNECTED', isDefault: true });
    const { clinicId } = juniper[0] ?? {};

    const read = async (filter: string) =>
      (await run(deployment, `accounts --organization org-juniper --json ${filter}`))
        .objects()
        .map((row) => row['userId']);
    expect(await read('--user u-ada')).toEqual(['u-ada']);
    expect(await read('--user u-tomas')).toEqual([]);
    expect(await read(`--clinic ${String(clinicId)}`)).toHaveLength(2);
    expect(await read('--clinic nowhere')).toEqual([]);
    expect(await read('--status DISABLED')).toEqual([]);
    await run(deployment, 'switch --organization org-juniper --user u-ada off');
    expect(await read('--status disabled')).toEqual(['u-ada']);
    expect(await read('--status disabled --user u-carla')).toEqual([]);

    const first = await run(deployment, 'accounts --organization org-juniper --first 1 --json');
    const cursor = /--after (\S+)/.exec(first.err)?.[1] ?? '';
    const second = await run(deployment, `accounts --organization org-juniper --first 1 --after ${cursor} --json`);
    expect([...first.objects(), ...second.objects()].map(({ userId }) => userId).sort()).toEqual(['u-ada', 'u-carla']);
    expect(second.err).toBe('');

    const table = await run(deployment, 'accounts');
    expect(table.out.split('\n')[0]).toMatch(/^organizationId +userId +clinicId/);
    expect(table.out).toMatch(/^org-juniper +u-ada .* DISABLED /m);
    for (const secret of secrets()) expect(all.out + table.out).not.toContain(secret);
  });

  it('revoke: closes the user’s authorizations and has Fullscript confirm, though no service runs', async () => {
    const wrong = await run(deployment, 'revoke --organization org-tamarack --user u-ada --json');
    expect(wrong).toMatchObject({ code: 1, out: '' });
    expect(wrong.err).toContain('There was no such connection');
    expect(wrong.err).toContain('No user u-ada of organization org-tamarack is known here');
    expect(listLiveTokens(deployment, 'ada@cedarrow.example')).toHaveLength(1);

    const done = await run(deployment, 'revoke --organization org-juniper --user u-ada --reason left --json');
    expect(done.code).toBe(0);
    expect(done.objects()).toMatchObject([
      { organizationId: 'org-juniper', requestedBy: 'operator:olga', total: 1, revoked: 1, pending: 0 },
    ]);
    expect(listLiveTokens(deployment, 'ada@cedarrow.example')).toEqual([]);
    expect(listLiveTokens(deployment)).toHaveLength(2);
    const audit = await run(deployment, 'audit --organization org-juniper --user operator:olga --json');
    expect(audit.objects()).toMatchObject([{ action: 'revoke', subject: 'u-ada', outcome: 'ok' }]);
  });

  it('revoke --clinic: leaves the other clinics', async () => {
    const none = await run(deployment, 'revoke --organization org-juniper --user u-ada --clinic nowhere --json');
    expect(none.objects()).toMatchObject([{ total: 0 }]);
    const [account] = (await run(deployment, 'accounts --organization org-juniper --user u-ada --json')).objects();
    const line = `revoke --organization org-juniper --user u-ada --clinic ${String(account?.['clinicId'])} --json`;
    expect((await run(deployment, line)).objects()).toMatchObject([{ total: 1, revoked: 1 }]);
  });

  it('revoke-all: does nothing until it is confirmed, by the right word', async () => {
    const live = listLiveTokens(deployment).length;
    const refused = await run(deployment, 'revoke-all --organization org-juniper');
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('--confirm org-juniper');
    for (const line of [
      'revoke-all --organization org-juniper --confirm all',
      'revoke-all --organization org-juniper --confirm org-tamarack',
      'revoke-all --all-organizations --confirm org-juniper',
      'revoke-all --organization org-juniper --all-organizations --confirm all',
      'revoke-all --confirm all',
    ])
      expect([line, (await run(deployment, line)).code]).toEqual([line, 2]);
    for (const typed of ['', 'yes', 'ORG-JUNIPER', 'org-tamarack', 'all']) {
      const asked = await run(deployment, 'revoke-all --organization org-juniper', { typed });
      expect(asked.code).toBe(1);
      expect(asked.err).toContain('2 connections');
      expect(asked.err).toContain('Nothing was revoked');
    }
    expect(listLiveTokens(deployment)).toHaveLength(live);
    expect(await get().db.read('SELECT id FROM revocation')).toEqual([]);
  });

  it('revoke-all: on a terminal asks for the organization’s id and shows a bar until all is confirmed', async () => {
    const done = await run(deployment, 'revoke-all --organization org-juniper', { typed: 'org-juniper' });
    expect(done.code).toBe(0);
    expect(done.err).toMatch(/\[-+\] Confirmed by Fullscript: 0 of 2/);
    expect(done.err).toMatch(/\[#+\] Confirmed by Fullscript: 2 of 2/);
    expect(done.out).toMatch(/^Revocation \S+: 2 closed here, 2 confirmed by Fullscript, 0 pending; finished at /);
    expect(listLiveTokens(deployment).map(({ accessToken }) => accessToken)).toEqual(
      listLiveTokens(deployment, 'tomas@harbour.example').map(({ accessToken }) => accessToken),
    );
  });

  it('revoke-all --all-organizations: ends everybody’s; neither revocation nor audit is any organization’s', async () => {
    const line = 'revoke-all --all-organizations --confirm all --reason leak --operator paula --json';
    const done = await run(deployment, line);
    expect(done.code).toBe(0);
    expect(done.objects()).toMatchObject([
      { organizationId: null, requestedBy: 'operator:paula', total: 3, revoked: 3 },
    ]);
    expect(done.err).not.toContain('[');
    expect(listLiveTokens(deployment)).toEqual([]);
    const id = String(done.objects()[0]?.['id']);
    const seen = await deployment.ask('u-admin', `{ fullscriptRevocation(id: "${id}") { id } }`);
    expect(seen.data.fullscriptRevocation).toBeNull();
    expect((await run(deployment, `revocation ${id} --json`)).objects()).toEqual(done.objects());
    expect((await run(deployment, 'audit --json')).objects()).toMatchObject([
      { userId: 'operator:paula', action: 'revoke_all', subject: 'all organizations', outcome: 'ok' },
    ]);
  });

  it('stops waiting when it is told to, says what is pending, and sends it again on demand', async () => {
    deployment.sandbox.sandbox.faults.add({ path: '/api/oauth/revoke', status: 500 });
    const stopping = new AbortController();
    const stopped = await run(deployment, 'revoke-all --organization org-juniper --confirm org-juniper --json', {
      signal: stopping.signal,
      onError: (text) => text.includes('Confirmed by Fullscript: 0 of 2') && stopping.abort(),
    });
    expect(stopped.code).toBe(1);
    expect(stopped.objects()).toMatchObject([{ total: 2, pending: 2, finishedAt: null }]);
    const id = String(stopped.objects()[0]?.['id']);
    expect(stopped.err).toContain(`revocation ${id} --organization org-juniper`);
    const pending = await run(deployment, `revocation ${id} --organization org-juniper --json`);
    expect(pending).toMatchObject({ code: 0 });
    expect(pending.objects()).toMatchObject([{ pending: 2 }]);
    expect((await run(deployment, `revocation ${id} --organization org-tamarack`)).code).toBe(1);
    expect((await run(deployment, `revocation ${id}`)).code).toBe(1);

    deployment.sandbox.sandbox.faults.clear();
    // Their next try lies in a far future, where only the command can fetch them from.
    await get().db.write((tx) =>
      tx.run("UPDATE revoked_token SET run_at = '2099-01-01T00:00:00.000Z' WHERE state = 'PENDING'"),
    );
    const elsewhere = await run(deployment, 'resend-revocations --organization org-tamarack --json');
    expect(elsewhere.objects()).toEqual([{ resent: 0, pending: 0 }]);
    const left = await run(deployment, 'resend-revocations --organization org-juniper --no-wait --json');
    expect(left).toMatchObject({ code: 0 });
    expect(left.objects()).toEqual([{ resent: 2, pending: 2 }]);
    const resent = await run(deployment, 'resend-revocations --all-organizations --json');
    expect(resent).toMatchObject({ code: 0 });
    expect(resent.objects()).toEqual([{ resent: 2, pending: 0 }]);
    expect((await run(deployment, `revocation ${id} --organization org-juniper --json`)).objects()).toMatchObject([
      { total: 2, revoked: 2, pending: 0 },
    ]);
    expect(listLiveTokens(deployment)).toHaveLength(1);
  });

  it('revoke-all --no-wait: leaves the confirming to a running service', async () => {
    const line = 'revoke-all --organization org-juniper --confirm org-juniper --no-wait --json';
    const closed = await run(deployment, line);
    expect(closed.code).toBe(0);
    expect(closed.objects()).toMatchObject([{ total: 2, pending: 2 }]);
    expect(listLiveTokens(deployment)).toHaveLength(3);
    const worker = await deployment.startAnother({ WORKER: 'on' });
    await waitFor('the worker to confirm', () => listLiveTokens(deployment).length === 1);
    await worker.parts.runner.stop();
  });

  it('revoke-all beside a running worker: every authorization is sent to Fullscript once', async () => {
    for (let index = 0; index < 20; index += 1) {
      const user = deployment.emr.addUser({ id: `u-shared-${String(index)}`, roles: ['staff'] });
      await deployment.connect(user.id, 'carla@cedarrow.example');
    }
    const worker = await deployment.startAnother({ WORKER: 'on' });
    deployment.sandbox.sandbox.calls.clear();
    const done = await run(deployment, 'revoke-all --all-organizations --confirm all --json');
    await worker.parts.runner.stop();
    expect(done.objects()).toMatchObject([{ total: 23, revoked: 23, pending: 0 }]);
    expect(deployment.sandbox.sandbox.calls.count('POST', '/api/oauth/revoke')).toBe(23);
    expect(listLiveTokens(deployment)).toEqual([]);
  });

  it('switch: turns a user or an organization off and on', async () => {
    const status = async (userId: string) =>
      (await deployment.ask(userId, '{ fullscriptViewer { connectionStatus } }')).data.fullscriptViewer
        .connectionStatus;
    const off = await run(deployment, 'switch --organization org-juniper --user u-ada off');
    expect(off).toMatchObject({ code: 0, out: 'Fullscript is now off for user u-ada of organization org-juniper\n' });
    expect([await status('u-ada'), await status('u-carla')]).toEqual(['DISABLED', 'CONNECTED']);
    await run(deployment, 'switch --organization org-juniper off');
    expect([await status('u-ada'), await status('u-carla')]).toEqual(['DISABLED', 'DISABLED']);
    expect(await status('u-tomas')).toBe('CONNECTED');
    const on = await run(deployment, 'switch --organization org-juniper on --json');
    expect(on.objects()).toEqual([{ organizationId: 'org-juniper', enabled: true, userId: null }]);
    expect([await status('u-ada'), await status('u-carla')]).toEqual(['DISABLED', 'CONNECTED']);
    const audit = await run(deployment, 'audit --organization org-juniper --user operator:olga --all --json');
    expect(audit.objects().map(({ action, subject }) => [action, subject])).toEqual([
      ['toggle', 'organization on'],
      ['toggle', 'organization off'],
      ['toggle', 'u-ada off'],
    ]);
  });

  it.each([
    'revoke --organization org-junipr --user u-ada',
    'revoke --organization org-juniper --user u-adda',
    'revoke-all --organization org-junipr --confirm org-junipr',
    'resend-revocations --organization org-junipr',
    'switch --organization org-junipr off',
    'switch --organization org-juniper --user u-adda off',
  ])('%s: ends with 1 and does nothing for whom nobody knows, instead of looking done', async (line) => {
    const read = async () =>
      await Promise.all(
        ['account', 'revocation', 'integration_switch', 'audit_event'].map((table) =>
          get().db.read(`SELECT * FROM ${table} ORDER BY 1`),
        ),
      );
    const before = await read();
    const mistyped = await run(deployment, `${line} --json`);
    expect(mistyped).toMatchObject({ code: 1, out: '' });
    expect(mistyped.err).toMatch(/^No (user u-adda of organization org-juniper|organization org-junipr) is known here/);
    expect(await read()).toEqual(before);
  });

  it('revoke: a user who was revoked before is known, and nothing is left to do', async () => {
    await run(deployment, 'revoke --organization org-juniper --user u-ada');
    const again = await run(deployment, 'revoke --organization org-juniper --user u-ada --json');
    expect(again.code).toBe(0);
    expect(again.objects()).toMatchObject([{ total: 0 }]);
    expect(again.err).toContain('There was no such connection');
  });

  it('switch --anyway: switches somebody off before they connect', async () => {
    const early = await run(deployment, 'switch --organization org-juniper --user u-early --anyway off --json');
    expect(early.code).toBe(0);
    expect(early.objects()).toEqual([{ organizationId: 'org-juniper', enabled: false, userId: 'u-early' }]);
    expect((await run(deployment, 'switch --organization org-juniper --user u-early on')).code).toBe(0);
  });

  it('events: tells what waits and what is parked, of one organization or all, and puts parked ones back', async () => {
    const { store } = deployment.app.parts;
    await get().db.write((tx) => tx.run('DELETE FROM webhook_event'));
    const [clinic] = await store.clinics.listByOrganization('org-juniper');
    const ours = [
      await parkEventOf(deployment, clinic?.id ?? '', { type: 'patient.updated' }),
      await parkEventOf(deployment, clinic?.id ?? ''),
    ];
    const nobodys = await parkEventOf(deployment, 'a-clinic-of-nobody');
    const [waiting] = await store.inbox.receive(
      [{ id: 'waiting', type: 'order.placed', clinicId: clinic?.id ?? '', createdAt: null, data: {} }],
      'webhook',
      '2026-01-02T03:04:05.000Z',
    );
    expect(waiting).toBeDefined();

    const all = await run(deployment, 'events --json');
    expect(all).toMatchObject({ code: 0, err: '' });
    const [summary, ...rows] = all.objects();
    expect(summary).toEqual({ pending: 1, oldestPendingAt: '2026-01-02T03:04:05.000Z', parked: 3 });
    expect(rows.map(({ id }) => id).sort()).toEqual([...ours, nobodys].sort());
    expect(rows.find(({ id }) => id === ours[0])).toMatchObject({
      type: 'patient.updated',
      clinicId: clinic?.id,
      attempts: 0,
      reason: 'rejected',
    });
    const juniper = await run(deployment, 'events --organization org-juniper');
    expect(juniper.out).toMatch(/^1 waiting, the oldest since 2026-01-02T03:04:05.000Z; 2 parked\nid +type/);
    expect(juniper.out).not.toContain(nobodys);
    const page = await run(deployment, 'events --first 2 --json');
    expect(page.objects()).toHaveLength(3);
    const cursor = /--after (\S+)/.exec(page.err)?.[1] ?? '';
    expect((await run(deployment, `events --after ${cursor} --json`)).objects()).toHaveLength(2);
    expect(await run(deployment, 'events --organization org-junipr')).toMatchObject({ code: 1, out: '' });
    expect((await run(deployment, 'events --organization org-tamarack --json')).objects()).toEqual([
      { pending: 0, oldestPendingAt: null, parked: 0 },
    ]);

    expect(await run(deployment, `events retry --organization org-tamarack --ids ${ours[0] ?? ''}`)).toMatchObject({
      code: 1,
      out: '0 put back; a running service applies them\n',
    });
    expect((await run(deployment, `events retry --ids ${ours[0] ?? ''} --json`)).objects()).toEqual([{ retried: 1 }]);
    expect((await run(deployment, 'events retry --organization org-juniper --json')).objects()).toEqual([
      { retried: 1 },
    ]);
    expect(await run(deployment, 'events retry')).toMatchObject({
      code: 0,
      out: '1 put back; a running service applies them\n',
    });
    expect(await store.inbox.depth()).toMatchObject({ pending: 4, parked: 0 });
    await get().db.write((tx) => tx.run('DELETE FROM webhook_event'));
  });

  it('audit: filters by user and patient, page by page', async () => {
    for (let index = 0; index < 3; index += 1)
      await run(deployment, 'switch --organization org-juniper --user u-nobody --anyway off');
    const all = (await run(deployment, 'audit --organization org-juniper --all --json')).objects();
    expect(all.map(({ action }) => action).sort()).toEqual(['connect', 'connect', 'toggle', 'toggle', 'toggle']);
    const first = await run(deployment, 'audit --organization org-juniper --first 2 --json');
    const cursor = /--after (\S+)/.exec(first.err)?.[1] ?? '';
    const rest = await run(deployment, `audit --organization org-juniper --after ${cursor} --json`);
    expect([...first.objects(), ...rest.objects()]).toEqual(all);
    expect((await run(deployment, 'audit --organization org-juniper --patient p-1001 --json')).out).toBe('');
    expect((await run(deployment, 'audit --organization org-juniper --user u-ada --json')).objects()).toHaveLength(1);
    expect((await run(deployment, 'audit --json')).out).toBe('');
    const foreign = await run(deployment, `accounts --organization org-juniper --after ${cursor}`);
    expect(foreign.code).toBe(2);
    expect(foreign.err).toContain('after is not a cursor of this list');
  });

  it('rotate-keys: tells by key what is left, and ends with 1 while something is', async () => {
    const [first = ''] = deployment.env['ENCRYPTION_KEYS']?.split(',') ?? [];
    const second = `k2:${Buffer.alloc(32, 7).toString('base64')}`;
    await get().db.write((tx) => tx.run("UPDATE account SET token_key_id = 'lost' WHERE user_id = 'u-tomas'"));
    const before = await get().db.read("SELECT access_token FROM account WHERE user_id = 'u-tomas'");
    const env = { ENCRYPTION_KEYS: `${second},${first}` };
    const done = await run(deployment, 'rotate-keys --json', { env });
    expect(done.code).toBe(1);
    expect(done.objects()).toEqual([{ keyId: 'k2', done: 2, left: [{ keyId: 'lost', rows: 1, configured: false }] }]);
    expect(await get().db.read("SELECT access_token FROM account WHERE user_id = 'u-tomas'")).toEqual(before);
    await get().db.write((tx) => tx.run("UPDATE account SET token_key_id = 'k1' WHERE token_key_id = 'lost'"));
    const again = await run(deployment, 'rotate-keys', { env });
    expect(again).toMatchObject({ code: 0, out: '1 rows were encrypted again with k2\n' });
    for (const secret of [...secrets(), second.split(':')[1] ?? '']) expect(done.out + again.err).not.toContain(secret);
    await run(deployment, 'rotate-keys', { env: { ENCRYPTION_KEYS: `${first},${second}` } });
  });

  it('says in one line that the database cannot be reached, without its password', async () => {
    const lost = await run(deployment, 'accounts', { env: { DATABASE_URL: 'mysql://user:hush-hush@127.0.0.1:1/x' } });
    expect(lost).toMatchObject({ code: 1, out: '' });
    expect(lost.err).toBe('The database cannot be reached (ECONNREFUSED). Is DATABASE_URL right?\n');
  });

  it('keeps to its lines of standard output, whatever is logged and however ids are spelt', async () => {
    const odd = 'u-\u001b[31mred\nnext';
    await get().db.write((tx) => tx.run("UPDATE account SET user_id = ? WHERE user_id = 'u-ada'", [odd]));
    const env = { LOG_LEVEL: 'trace' };
    const json = await run(deployment, 'accounts --organization org-juniper --json', { env });
    expect(json.objects().map(({ userId }) => userId)).toContain(odd);
    const table = await run(deployment, 'accounts --organization org-juniper', { env });
    expect(table.out).not.toContain('\u001b');
    expect(table.out.trimEnd().split('\n')).toHaveLength(3);
  });
});

describe('The operators’ command line', () => {
  const deployment = { env: {} };

  it.each([
    ['nothing', '', 'is not a command'],
    ['an unknown command', 'revoke-everything', 'revoke-everything is not a command'],
    ['an unknown option', 'revoke --organisation x', '--organisation is not an option of revoke'],
    ['an unknown short option', 'revoke -o x', '-o is not an option of revoke'],
    ['a missing option', 'revoke --organization x', '--user is required'],
    ['an option without its value', 'revoke --organization --user u', '--organization needs a value'],
    ['an option with an empty value', 'revoke --organization= --user u', '--organization must not be empty'],
    ['a switch with a value', 'revoke --organization x --user u --no-wait=yes', '--no-wait takes no value'],
    ['an option twice', 'revoke --organization x --organization y --user u', '--organization is given twice'],
    ['an extra word', 'rotate-keys now', 'now is not expected here'],
    ['a missing word', 'switch --organization x', 'on|off is missing'],
    ['a wrong word', 'switch --organization x maybe', 'maybe must be on or off'],
    ['a wrong number', 'audit --first 101', '--first must be a whole number from 1 to 100'],
    ['an unknown status', 'accounts --status GONE', '--status must be one of CONNECTED'],
    ['no organization to page in', 'accounts --first 3', '--first and --after need --organization'],
    ['an unknown word', 'events again', 'again is not expected here'],
    ['an extra word behind one that may be left out', 'events retry now', 'now is not expected here'],
    ['ids without retry', 'events --ids x', '--ids goes with retry'],
    ['pages of what is tried again', 'events retry --first 3', '--first, --after and --all do not go with retry'],
    ['no ids', 'events retry --ids ,', '--ids must be 1 to 1000 ids'],
    ['two ways of paging', 'audit --first 3 --all', '--first and --all do not go together'],
    ['no organization at all', 'resend-revocations', 'give either --organization or --all-organizations'],
  ])('refuses %s with 2, before the configuration is read', async (_, line, message) => {
    const refused = await run(deployment, line);
    expect(refused).toMatchObject({ code: 2, out: '' });
    expect(refused.err).toContain(message);
  });

  it('tells all commands, and each of them its options, with --help', async () => {
    const all = await run(deployment, '--help');
    expect(all.code).toBe(0);
    const names = [...all.out.matchAll(/^ {2}([a-z-]+) /gm)].map(([, name]) => name ?? '');
    expect(names).toEqual([
      'accounts',
      'revoke',
      'revoke-all',
      'revocation',
      'resend-revocations',
      'switch',
      'link-patients',
      'events',
      'rotate-keys',
      'audit',
    ]);
    for (const name of names) {
      const help = await run(deployment, `${name} --help`);
      expect(help).toMatchObject({ code: 0, err: '' });
      expect(help.out).toContain(`npm run admin -- ${name}`);
      expect(help.out).toContain('--json');
      expect(help.out).toContain('Exit codes: 0 done');
    }
  });
});
