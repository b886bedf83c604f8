import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toCodes, toIt, type Scene } from '../support/asks.ts';
import { collectRecords } from '../support/clinical-records.ts';
import { listLiveTokens } from '../support/connecting.ts';
import { startDeployment, type Answer } from '../support/deployment.ts';
import { countCalls } from '../support/reading.ts';
import { roles, roleTable, type Cell, type Role, type Variables } from '../support/role-table.ts';
import { listEntityTypes, listFields } from '../support/schema.ts';
import { readAuditOf, readTables } from '../support/tables.ts';

/** Everybody with one role, nobody with any, and people who are several things. */
const held: Role[][] = [
  [],
  ...roles.map((role) => [role]),
  ['admin', 'practitioner'],
  ['admin', 'staff'],
  ['admin', 'developer', 'service'],
  ['developer', 'service'],
  ['staff', 'service'],
  [...roles],
];

const askers = held.map((each) => [each.length === 0 ? 'nobody' : each.join(' + '), each] as const);

function isAllowed({ allowed, everybody }: Cell, asker: readonly Role[]): boolean {
  return everybody === true || asker.some((role) => allowed.includes(role));
}

/** The code of the refusal; null for an answer of nothing without an error. */
function toRefusalCode({ refused }: Cell, asker: readonly Role[]): string | null {
  if (refused === 'nothing') return null;
  const own = asker.map((role) => refused?.[role]).find((code) => code !== undefined);
  return own ?? 'FORBIDDEN';
}

/** Whether there is no value in the answer at all, but for objects and lists around nulls. */
function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  return typeof value === 'object' && Object.values(value).every(isEmpty);
}

describe('Who may do what', () => {
  let scene: Scene;
  let asked = 0;

  const toToken = async ({ asker }: Pick<Cell, 'asker'>, ...as: readonly Role[]): Promise<string> => {
    const { sub, org = 'org-juniper' } = asker ?? { sub: 'u-ada' };
    const practitioner = sub === 'u-ada' ? { practitioner_id: 'pr-ada' } : {};
    return `token:${await scene.deployment.emr.signToken({ sub, org, roles: as, ...practitioner })}`;
  };

  async function askAs(
    cell: Cell,
    asker: readonly Role[],
    variables: Variables | undefined,
  ): Promise<Answer & { requestId: string }> {
    asked += 1;
    const requestId = `roles-${String(asked)}`;
    const headers = { 'x-request-id': requestId };
    const options = variables ? { headers, variables } : { headers };
    return { ...(await cell.ask(await toToken(cell, ...asker), scene, options)), requestId };
  }

  beforeAll(async () => {
    const deployment = await startDeployment();
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    await deployment.connect('u-ben', 'ben@cedarrow.example');
    scene = { deployment, records: await collectRecords(deployment, 'u-ada') };
  }, 60_000);
  afterAll(() => scene.deployment.stop());

  it('is told here for every root field, every field on an entity of the EMR, and every entity of ours', () => {
    const ofEmr = ['Patient', 'Practitioner', 'Chart'];
    const all = [
      ...['Query', 'Mutation', ...ofEmr].flatMap(listFields),
      ...listEntityTypes().filter((name) => !ofEmr.includes(name)),
    ];
    const told = new Set([...roleTable.map(({ field }) => field.split(' ')[0]), ...ofEmr.map((name) => `${name}.id`)]);
    expect(all.filter((field) => !told.has(field))).toEqual([]);
    expect(all.length).toBeGreaterThan(30);
  });

  describe.each(roleTable)('$field', (cell) => {
    const allowed = askers.filter(([, asker]) => isAllowed(cell, asker));
    const refused = askers.filter(([, asker]) => !isAllowed(cell, asker));

    it.runIf(allowed.length > 0).each(allowed)('works for %s', async (_, asker) => {
      const answer = await askAs(cell, asker, await cell.prepare?.(scene));
      expect(answer).toMatchObject({ status: 200, errors: [] });
      expect(toIt(answer)).toMatchObject(cell.gives as object);
    });

    it.runIf(refused.length > 0).each(refused)(
      'is refused to %s, on record and without a trace elsewhere',
      async (_, asker) => {
        const variables = await cell.prepare?.(scene);
        const before = await readTables(scene.deployment, ['audit_event']);
        const callsBefore = countCalls(scene.deployment);
        const answer = await askAs(cell, asker, variables);
        const code = toRefusalCode(cell, asker);
        expect(answer.status).toBe(200);
        expect(isEmpty(answer.data), JSON.stringify(answer.data)).toBe(true);
        expect(toCodes(answer)).toEqual(code === null ? [] : [code]);
        expect(countCalls(scene.deployment)).toBe(callsBefore);
        expect(await readTables(scene.deployment, ['audit_event'])).toEqual(before);
        if (code === null) return;
        const rows = await readAuditOf(scene.deployment, answer.requestId);
        expect(rows).toHaveLength(1);
        expect(rows[0]).toMatchObject({
          organization_id: cell.asker?.org ?? 'org-juniper',
          user_id: cell.asker?.sub ?? 'u-ada',
          outcome: code === 'FORBIDDEN' ? 'denied' : 'failed',
        });
      },
    );
  });

  it('gives nothing by a role that it does not know, or that is written otherwise', async () => {
    for (const role of ['Admin', 'practitioner ', 'owner', 'practitioner,admin']) {
      const token = await scene.deployment.emr.signToken({ sub: 'u-ada', org: 'org-juniper', roles: [role] });
      const answer = await scene.deployment.ask(`token:${token}`, '{ fullscriptViewer { connectionStatus } }');
      expect(toCodes(answer)).toEqual(['FORBIDDEN']);
    }
  });

  it('a requester sees how their own revocation goes, whatever roles they have by then', async () => {
    const asked = await scene.deployment.ask(
      await toToken({}, 'practitioner'),
      'mutation { revoke(input: { clinicId: "none" }) { revocation { id } } }',
    );
    const { id } = asked.data.revoke.revocation as { id: string };
    for (const [, asker] of askers) {
      const answer = await scene.deployment.ask(
        await toToken({}, ...asker),
        'query ($id: ID!) { fullscriptRevocation(id: $id) { total } }',
        { variables: { id } },
      );
      expect(answer).toMatchObject({ errors: [], data: { fullscriptRevocation: { total: 0 } } });
    }
  });
});

describe('Mutation.revokeAll over all organizations', () => {
  it('is refused to everybody but developers, for whom it ends every authorization', async () => {
    const deployment = await startDeployment();
    try {
      await deployment.connect('u-ada', 'ada@cedarrow.example');
      await deployment.connect('u-tomas', 'tomas@harbour.example');
      const everywhere = async (as: readonly Role[]): Promise<Answer> =>
        await deployment.ask(
          `token:${await deployment.emr.signToken({ sub: 'u-dev', org: 'org-juniper', roles: as })}`,
          'mutation { it: revokeAll(input: { confirm: true, allOrganizations: true }) { revocation { total } } }',
        );
      for (const as of held.filter((each) => !each.includes('developer'))) {
        const refused = await everywhere(as);
        expect(toCodes(refused), as.join()).toEqual(['FORBIDDEN']);
        expect(refused.data).toBeNull();
      }
      expect(listLiveTokens(deployment)).toHaveLength(2);
      expect(toIt(await everywhere(['developer']))).toEqual({ revocation: { total: 2 } });
      expect(
        toCodes(
          await deployment.askEntities('u-tomas', [{ __typename: 'FullscriptPatientAccount', id: 'x' }], '__typename'),
        ),
      ).toEqual(['FULLSCRIPT_CONNECTION_REQUIRED']);
    } finally {
      await deployment.stop();
    }
  }, 60_000);
});
