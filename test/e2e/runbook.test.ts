import { execFileSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import BetterSqlite3 from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { describeEachDatabase } from '../support/database.ts';
import { startDeployment } from '../support/deployment.ts';
import { askPatient, waitFor } from '../support/reading.ts';

const text = readFileSync('docs/operations.md', 'utf8');

/** The SQL statements of a part of the runbook, in their order. */
function readStatements(heading = ''): string[] {
  const from = text.indexOf(heading);
  if (from < 0) throw new Error(`there is no ${heading}`);
  return [...text.slice(from).matchAll(/```sql\n([\s\S]*?)```/g)].flatMap(([, block]) =>
    (block ?? '')
      .replaceAll(/^\s*--.*$/gm, '')
      .split(';')
      .map((statement) => statement.trim())
      .filter((statement) => statement !== ''),
  );
}

describeEachDatabase('The SQL of the runbook', (get) => {
  it('runs as it stands', async () => {
    const { db } = get();
    const statements = readStatements();
    expect(statements.length).toBeGreaterThan(6);
    for (const statement of statements) {
      if (statement.startsWith('SELECT')) expect(await db.read(statement)).toEqual([]);
      else expect(await db.write((tx) => tx.run(statement))).toBe(0);
    }
  });
});

describe('The runbook', () => {
  it('names commands, headings and metrics that exist', () => {
    const given = [...text.matchAll(/npm run (?:-s )?admin -- ([a-z-]+)/g)].map(([, name]) => name ?? '');
    expect(given.length).toBeGreaterThan(10);
    const help = execFileSync(process.execPath, ['--import', 'tsx', 'src/admin.ts', '--help'], { encoding: 'utf8' });
    const commands = new Set([...help.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name ?? ''));
    expect(given.filter((name) => !commands.has(name))).toEqual([]);
    const headings = new Set(
      [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
        (heading ?? '')
          .toLowerCase()
          .replaceAll(/[^a-z0-9 ]/g, '')
          .replaceAll(' ', '-'),
      ),
    );
    const links = [...text.matchAll(/\]\(#([a-z0-9-]+)\)/g)].map(([, anchor]) => anchor ?? '');
    expect(links.filter((anchor) => !headings.has(anchor))).toEqual([]);
    const metrics = new Set(
      [...text.slice(text.indexOf('## Metrics')).matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell]) =>
        [...(cell ?? '').matchAll(/[a-z]+(?:_[a-z]+)+/g)].map(([name]) => name),
      ),
    );
    const runbook = text.slice(text.indexOf('\n## Runbook'));
    const used = [
      ...runbook.matchAll(
        /`((?:fullscript|inbox|revocations|clinic|clinics|job|audit|metadata|lab_documents|chart_imports|http)_[a-z_]+)/g,
      ),
    ].map(([, name]) => name ?? '');
    const known = (name: string) => metrics.has(name) || metrics.has(name.replace(/_(count|sum|bucket)$/, ''));
    const tables = new Set(['chart_import', 'lab_document', 'clinic_fill', 'clinic_fill_patient']);
    expect(used.length).toBeGreaterThan(10);
    expect(used.filter((name) => !known(name) && !tables.has(name))).toEqual([]);
  }, 60_000);

  it('quotes lines of the log that are written', () => {
    const source = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && !/^(demo|sandbox)/.test(path))
      .map((path) => readFileSync(`src/${path}`, 'utf8'))
      .join('\n');
    const section = text.slice(text.indexOf('Lines to know:'), text.indexOf('\n## Traces'));
    const quoted = section
      .split('\n')
      .filter((row) => row.startsWith('| `'))
      .map((row) => /`([^`]+)`/.exec(row)?.[1] ?? '');
    expect(quoted.length).toBeGreaterThan(8);
    expect(quoted.filter((line) => !source.includes(line))).toEqual([]);
  });

  it('brings a deployment back from an old copy of its database', async () => {
    const deployment = await startDeployment({ env: { FRESH_FOR_SECONDS: '3600' } });
    const file = (deployment.env['DATABASE_URL'] ?? '').slice('sqlite:'.length);
    const backup = `${file}.backup`;
    const restored = `${file}.restored`;
    const read = (url?: string) =>
      askPatient(
        deployment,
        'u-ada',
        'p-1001',
        'treatmentPlans(freshness: STORED) { stale nodes { id state } }',
        url === undefined ? {} : { url },
      );
    try {
      const { clinicId } = await deployment.connect('u-ada', 'ada@cedarrow.example');
      await askPatient(deployment, 'u-ada', 'p-1001', 'treatmentPlans { nodes { id } }');
      const damaged = new BetterSqlite3(file, { readonly: true });
      await damaged.backup(backup);
      const then = new Date().toISOString();
      const planId = (await read()).patient.treatmentPlans.nodes[0].id as string;

      // Somebody connects, and a plan is written to in a way that no event tells of.
      await deployment.connect('u-ben', 'ben@cedarrow.example');
      const plan = deployment.sandbox.sandbox.state.plans.get(planId);
      if (!plan) throw new Error('the sandbox does not know the plan');
      plan.state = 'cancelled';
      plan.updatedAt = new Date().toISOString();

      copyFileSync(backup, restored);
      const opened = new BetterSqlite3(restored);
      for (const statement of readStatements('### Restoring the database').filter((each) => !each.startsWith('SELECT')))
        opened.exec(statement.replace(/'20\d\d-[^']+'/, `'${new Date().toISOString()}'`));
      opened.close();
      const another = await deployment.startAnother({ DATABASE_URL: `sqlite:${restored}`, WORKER: 'on' });
      expect((await read(another.url)).patient.treatmentPlans.stale).toBe(true);
      const state = async () =>
        ((await read(another.url)).patient.treatmentPlans.nodes as { id: string; state: string }[]).find(
          ({ id }) => id === planId,
        )?.state;
      await waitFor('the clinic to be read anew', async () => (await state()) === 'CANCELLED', 120_000);
      const ben = await deployment.ask('u-ben', '{ fullscriptViewer { connectionStatus } }', { url: another.url });
      expect(ben.data.fullscriptViewer.connectionStatus).toBe('NOT_CONNECTED');

      // What the runbook takes out of the damaged database.
      const [audit = ''] = readStatements('### Restoring the database');
      await deployment.ask(
        'u-ada',
        'mutation ($input: FullscriptRevokeInput!) { revoke(input: $input) { __typename } }',
        { variables: { input: { clinicId } } },
      );
      const rows = damaged.prepare(audit.replace(/'20\d\d-[^']+'/, `'${then}'`)).all();
      damaged.close();
      expect(rows).toEqual([expect.objectContaining({ user_id: 'u-ada', action: 'revoke', outcome: 'ok' })]);
    } finally {
      await deployment.stop();
      for (const path of [backup, restored]) rmSync(path, { force: true });
    }
  }, 240_000);
});
