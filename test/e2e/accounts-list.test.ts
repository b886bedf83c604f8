import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment, type Deployment } from '../support/deployment.ts';

const list = `query ($first: Int, $after: String, $statuses: [FullscriptConnectionStatus!]) {
  fullscriptAccounts(first: $first, after: $after, statuses: $statuses) {
    totalCount
    edges { cursor node { id } }
    nodes { id userId status connectedAt clinic { name } practitioner { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

interface Page {
  totalCount: number;
  edges: { cursor: string; node: { id: string } }[];
  nodes: { id: string; userId: string; status: string; connectedAt: string; practitioner: { id: string } | null }[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
}

describeEachDatabase('Query.fullscriptAccounts', (get) => {
  let deployment: Deployment;

  beforeAll(async () => {
    deployment = await startDeployment({ databaseUrl: get().url });
    for (const index of Array(12).keys()) {
      const { id } = deployment.emr.addUser({ id: `u-many-${String(index)}`, roles: ['staff'] });
      await deployment.connect(id, 'carla@cedarrow.example');
    }
    await deployment.connect('u-ada', 'ada@cedarrow.example');
    await deployment.connect('u-tomas', 'tomas@harbour.example');
    for (const userId of ['u-many-1', 'u-many-4', 'u-many-7', 'u-ada']) {
      await deployment.ask(
        'u-admin',
        'mutation ($id: ID) { setFullscriptEnabled(input: { userId: $id, enabled: false }) { enabled } }',
        {
          variables: { id: userId },
        },
      );
    }
    await deployment.ask('u-many-2', 'mutation { revoke { revocation { total } } }');
  }, 60_000);
  afterAll(() => deployment.stop());

  async function read(variables: Record<string, unknown>): Promise<Page> {
    const answer = await deployment.ask('u-admin', list, { variables });
    expect(answer.errors).toEqual([]);
    return answer.data.fullscriptAccounts as Page;
  }

  it("lists the organization's connections, most recent first, without revoked ones", async () => {
    const { nodes, totalCount, pageInfo } = await read({});
    expect(totalCount).toBe(12);
    const users = nodes.map(({ userId }) => userId);
    expect(new Set(users).size).toBe(12);
    expect(users).not.toContain('u-many-2');
    expect(users).not.toContain('u-tomas');
    const times = nodes.map(({ connectedAt }) => connectedAt);
    expect(times).toEqual([...times].sort().reverse());
    expect(nodes.find(({ userId }) => userId === 'u-ada')?.practitioner).toEqual({ id: 'pr-ada' });
    expect(nodes.find(({ userId }) => userId === 'u-many-0')?.practitioner).toBeNull();
    expect(pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: false });
  });

  it.each([
    ['everything', undefined, 12],
    ['CONNECTED', ['CONNECTED'], 8],
    ['DISABLED', ['DISABLED'], 4],
    ['either', ['DISABLED', 'CONNECTED'], 12],
    ['RECONNECT_REQUIRED', ['RECONNECT_REQUIRED'], 0],
    ['what no account can be', ['MATCH_REQUIRED', 'UNKNOWN', 'NOT_CONNECTED'], 0],
    ['nothing', [], 0],
  ])('pages through %s without missing or repeating one', async (_, statuses, count) => {
    const whole = await read({ first: 100, statuses });
    expect(whole.totalCount).toBe(count);
    expect(whole.nodes).toHaveLength(count);
    if (statuses) for (const { status } of whole.nodes) expect(statuses).toContain(status);
    for (const first of [1, 3, 4, 12]) {
      const seen: string[] = [];
      let after: string | null = null;
      do {
        const page = await read({ first, after, statuses });
        expect(page.totalCount).toBe(count);
        expect(page.nodes.length).toBeLessThanOrEqual(first);
        expect(page.pageInfo).toMatchObject({
          hasPreviousPage: after !== null,
          startCursor: page.edges[0]?.cursor ?? null,
          endCursor: page.edges.at(-1)?.cursor ?? null,
        });
        seen.push(...page.nodes.map(({ id }) => id));
        after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
      } while (after !== null);
      expect(seen).toEqual(whole.nodes.map(({ id }) => id));
    }
  });

  it('goes on at the right place when an account before the cursor is gone', async () => {
    const whole = await read({ first: 100 });
    const page = await read({ first: 3 });
    const { userId } = page.nodes[2] ?? { userId: '' };
    await deployment.ask('u-admin', 'mutation ($id: ID) { revoke(input: { userId: $id }) { revocation { total } } }', {
      variables: { id: userId },
    });
    const next = await read({ first: 3, after: page.pageInfo.endCursor });
    expect(next.nodes.map(({ id }) => id)).toEqual(whole.nodes.slice(3, 6).map(({ id }) => id));
  });
});
