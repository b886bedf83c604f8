import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import BetterSqlite3 from 'better-sqlite3';
import mysql from 'mysql2/promise';
import { toLabOrderName, toLabResultTitle, toLabStage, type LabOrderStatus } from '../../src/domain/lab-order.ts';
import {
  toDosageText,
  type LabRecommendation,
  type LabTest,
  type Recommendation,
} from '../../src/domain/treatment-plan.ts';
import type { Representation } from './query.ts';

/** A statement as the subgraph sent it, with its values. */
export interface RecordedStatement {
  sql: string;
  params: readonly (string | number | boolean | null)[];
}

export interface Recording {
  reads: readonly RecordedStatement[];
  /** The audit rows of one request. */
  write: RecordedStatement;
}

type Row = Record<string, string | number | null>;

/** Runs recorded statements with the bare driver. */
export interface BareDatabase {
  read(statement: RecordedStatement): Promise<Row[]>;
  write(statement: RecordedStatement): unknown;
  close(): Promise<void>;
}

export async function openBareDatabase(url: string): Promise<BareDatabase> {
  if (url.startsWith('sqlite:')) {
    const db = new BetterSqlite3(url.slice('sqlite:'.length));
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = NORMAL');
    const prepared = new Map<string, BetterSqlite3.Statement>();
    const prepare = (sql: string): BetterSqlite3.Statement => {
      const known = prepared.get(sql) ?? db.prepare(sql);
      prepared.set(sql, known);
      return known;
    };
    return {
      read: async ({ sql, params }) => prepare(sql).all(...params) as Row[],
      write: ({ sql, params }) => prepare(sql).run(...params),
      close: async () => void db.close(),
    };
  }
  const pool = mysql.createPool({ uri: url, connectionLimit: 10, timezone: 'Z', charset: 'utf8mb4' });
  return {
    read: async ({ sql, params }) => (await pool.query(sql, [...params]))[0] as Row[],
    write: async ({ sql, params }) => await pool.query(sql, [...params]),
    close: () => pool.end(),
  };
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const json = (value: unknown): unknown => (typeof value === 'string' ? JSON.parse(value) : value);

function toGroups(rows: readonly Row[], column: string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = text(row[column]);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}

/** Puts the answer together from the rows, as somebody would who wrote this one query by hand. */
export function assemble(
  representations: readonly Representation[],
  rows: ReadonlyMap<string, readonly Row[]>,
  products: ReadonlyMap<string, object>,
): object {
  const links = new Map((rows.get('patient_link') ?? []).map((row) => [text(row['patient_id']), row]));
  const searched = new Map((rows.get('match_memory') ?? []).map((row) => [text(row['patient_id']), row]));
  const accounts = new Map((rows.get('fullscript_patient') ?? []).map((row) => [text(row['id']), row]));
  const syncs = new Map(
    (rows.get('copy_sync') ?? []).map((row) => [`${text(row['kind'])}:${text(row['subject'])}`, row]),
  );
  const plans = toGroups(rows.get('treatment_plan') ?? [], 'page_subject');
  const orders = toGroups(rows.get('lab_order') ?? [], 'page_subject');
  const results = toGroups(rows.get('lab_result') ?? [], 'lab_order_id');
  const freshSince = new Date(Date.now() - 900_000).toISOString();
  const empty = { totalCount: 0, stale: false, syncedAt: null, nodes: [] };
  const toCopy = (kind: string, subject: string): { syncedAt: string; stale: boolean } => {
    const sync = syncs.get(`${kind}:${subject}`);
    const own = text(sync?.['synced_at']);
    const swept = text(sync?.['swept_at']);
    const syncedAt = swept > own ? swept : own;
    return { syncedAt, stale: syncedAt < freshSince };
  };
  return {
    _entities: representations.map(({ id }) => {
      const link = links.get(id);
      if (!link) {
        const doubtful = searched.get(id)?.['outcome'] === 'MATCH_REQUIRED';
        const { syncedAt: _, ...emptyOrders } = empty;
        return {
          id,
          connectionStatus: doubtful ? 'MATCH_REQUIRED' : 'NOT_CONNECTED',
          fullscriptAccount: null,
          treatmentPlans: empty,
          labOrders: emptyOrders,
        };
      }
      const subject = text(link['fullscript_patient_id']);
      const account = accounts.get(subject) ?? {};
      const planRows = plans.get(subject) ?? [];
      const orderRows = orders.get(subject) ?? [];
      const planCopy = toCopy('plans', subject);
      const orderCopy = toCopy('labs', subject);
      return {
        id,
        connectionStatus: 'CONNECTED',
        fullscriptAccount: {
          id: account['id'],
          firstName: account['first_name'],
          lastName: account['last_name'],
          email: account['email'],
          archived: Boolean(account['archived']),
          discountPercent: account['discount_percent'],
          linkedAt: link['linked_at'],
        },
        treatmentPlans: {
          totalCount: planRows[0]?.['page_total'] ?? 0,
          stale: planCopy.stale,
          syncedAt: planCopy.syncedAt,
          nodes: planRows.map((plan) => ({
            id: plan['id'],
            state: plan['state'],
            createdAt: plan['createdAt'],
            updatedAt: plan['updatedAt'],
            recommendations: (json(plan['recommendations']) as Recommendation[]).map((line) => ({
              id: line.id,
              unitsToPurchase: line.unitsToPurchase,
              refill: line.refill,
              dosage: line.dosage && {
                amount: line.dosage.amount,
                frequency: line.dosage.frequency,
                duration: line.dosage.duration,
                format: line.dosage.format,
                timeOfDay: line.dosage.timeOfDay,
                text: toDosageText(line.dosage, line.takeWith),
              },
              product: products.get(line.variantId) ?? null,
            })),
            labRecommendations: (json(plan['labRecommendations']) as LabRecommendation[]).map((lab) => ({
              id: lab.id,
              name: lab.name,
            })),
          })),
        },
        labOrders: {
          totalCount: orderRows[0]?.['page_total'] ?? 0,
          stale: orderCopy.stale,
          nodes: orderRows.map((order) => {
            const tests = json(order['tests']) as LabTest[];
            const orderName = toLabOrderName({ id: text(order['id']), name: order['name'] as string | null, tests });
            return {
              id: order['id'],
              name: orderName,
              status: order['status'],
              rawStatus: order['raw_status'],
              stage: toLabStage(order['status'] as LabOrderStatus),
              updatedAt: order['updated_at'] || order['created_at'] || order['synced_at'],
              tests: tests.map((test) => ({ id: test.id, name: test.name })),
              results: (results.get(text(order['id'])) ?? []).map((result) => ({
                id: result['id'],
                name: result['name'] ?? (tests.length === 1 ? tests[0]?.name : orderName),
                title: toLabResultTitle(result['available_at'] as string | null),
                availableAt: result['available_at'],
                amended: Boolean(result['amended']),
              })),
            };
          }),
        },
      };
    }),
  };
}

/** The table that a recorded statement reads. */
export function toTable(sql: string): string {
  return /FROM (\w+)/.exec(sql)?.[1] ?? '';
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** (A): a bare server that runs the same SQL by hand, audit rows included, and stringifies the same answer. */
export async function startByHand(
  database: BareDatabase,
  recording: Recording,
  products: ReadonlyMap<string, object>,
): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      void (async () => {
        const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as {
          variables: { representations: Representation[] };
        };
        const rows = new Map<string, Row[]>();
        const answers = await Promise.all(recording.reads.map((statement) => database.read(statement)));
        recording.reads.forEach((statement, index) => {
          const table = toTable(statement.sql);
          rows.set(table, [...(rows.get(table) ?? []), ...(answers[index] ?? [])]);
        });
        const answer = JSON.stringify({ data: assemble(body.variables.representations, rows, products) });
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) });
        response.end(answer);
        await database.write(recording.write);
      })();
    });
  });
  return { url: await listen(server), server };
}

/** (B): a bare server that parses the request and stringifies the same answer from memory. */
export async function startFromMemory(answer: object): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      JSON.parse(Buffer.concat(chunks).toString('utf8'));
      const body = JSON.stringify(answer);
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
      response.end(body);
    });
  });
  return { url: await listen(server), server };
}
