import type { AddressInfo } from 'node:net';

import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import Fastify from 'fastify';

import { createEmrCallLog, createEmrFaults, readOperation, type EmrCalls, type EmrFaults } from './faults.ts';
import type {
  EmrChart,
  EmrDocument,
  EmrOrganization,
  EmrPatient,
  EmrPractitioner,
  EmrSeed,
  EmrUser,
} from './records.ts';
import { emrResolvers, type EmrContext } from './resolvers.ts';
import { emrTypeDefs } from './schema.ts';
import { createDemoSeed } from './seed.ts';
import { createEmrStore, type EmrStore } from './store.ts';
import { createTokenIssuer, type TokenAlgorithm, type TokenClaims, type TokenOptions } from './token-issuer.ts';

/** How to start an EMR. Everything has a default that suits a test. */
export interface DemoEmrOptions {
  /** 0, the default, takes any free port. */
  port?: number;
  /** Default 127.0.0.1. */
  host?: string;
  /** The clock behind tokens, signatures and new charts. Default the machine's. */
  now?: () => Date;
  /** What the EMR knows at first. Default the demo's two organizations; `createPeopleSeed()` for its users without any patient. */
  seed?: EmrSeed;
  /** The tokens' `iss`. Default `https://emr.juniper.example`. */
  issuer?: string;
  /** The tokens' `aud`. Default `juniper-supergraph`. */
  audience?: string;
  /** How tokens are signed. Default ES256. */
  algorithm?: TokenAlgorithm;
}

/** What a token may have different from the user's own record. */
export interface TokenOverrides extends TokenOptions {
  org?: string;
  roles?: readonly string[];
  practitionerId?: string | null;
}

/** An EMR that listens. */
export interface RunningEmr {
  /** The origin, without a slash at the end. */
  url: string;
  /** Where GraphQL is answered: `url` and `/graphql`. */
  graphqlUrl: string;
  issuer: string;
  audience: string;
  /** Where the public keys are. */
  jwksUrl: string;
  /** Everybody who may sign in, the service included. */
  readonly users: readonly EmrUser[];
  /** The records themselves, for a test to look at. */
  store: EmrStore;
  faults: EmrFaults;
  calls: EmrCalls;
  /** A token for a known user. Throws for an unknown one. */
  tokenFor(userId: string, overrides?: TokenOverrides): Promise<string>;
  /** The token of the service of an organization, which stands for no person. */
  serviceToken(organizationId?: string): Promise<string>;
  /** A token with exactly these claims, for what a user record cannot express. */
  signToken(claims: TokenClaims, options?: TokenOptions): Promise<string>;
  /** Signs with a new key from now on; the old key stays published unless `forgetOld` is set. */
  rotateKeys(options?: { forgetOld?: boolean }): Promise<void>;
  /** Adds a record; here and in the methods below, what is left out becomes something harmless and unique. */
  addOrganization(record?: Partial<EmrOrganization>): EmrOrganization;
  addUser(record?: Partial<EmrUser>): EmrUser;
  addPractitioner(record?: Partial<EmrPractitioner>): EmrPractitioner;
  addPatient(record?: Partial<EmrPatient>): EmrPatient;
  /** Changes a patient's record as the front desk would. Throws for an unknown one. */
  updatePatient(id: string, change: Partial<Omit<EmrPatient, 'id'>>): EmrPatient;
  addChart(record: Partial<EmrChart> & { patientId: string }): EmrChart;
  /** Signs a chart directly, as if its author had. Throws for an unknown one. */
  signChart(id: string): EmrChart;
  /** The documents filed with a patient, oldest first. */
  documentsOf(patientId: string): EmrDocument[];
  stop(): Promise<void>;
}

const defaultOrganizationId = 'org-juniper';

/** Starts the demo EMR: GraphQL at `/graphql`, public keys at `/.well-known/jwks.json`. Rejects when the port is taken. */
export async function startDemoEmr(options: DemoEmrOptions = {}): Promise<RunningEmr> {
  const now = options.now ?? (() => new Date());
  const store = createEmrStore(options.seed ?? createDemoSeed(now));
  const faults = createEmrFaults();
  const calls = createEmrCallLog();
  const issuer = await createTokenIssuer({
    issuer: options.issuer ?? 'https://emr.juniper.example',
    audience: options.audience ?? 'juniper-supergraph',
    algorithm: options.algorithm ?? 'ES256',
    now,
  });

  const apollo = new ApolloServer<EmrContext>({
    schema: buildSubgraphSchema([{ typeDefs: emrTypeDefs, resolvers: emrResolvers }]),
    introspection: true,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    plugins: [
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
    ],
  });
  await apollo.start();

  const lostAnswers = new WeakSet<object>();
  const server = Fastify({ forceCloseConnections: true });
  server.get('/.well-known/jwks.json', (_request, reply) => {
    calls.addKeyFetch();
    return faults.keysDown ? reply.code(503).send({ error: 'unavailable' }) : reply.send(issuer.keySet());
  });
  server.post(
    '/graphql',
    {
      preHandler: async (request, reply) => {
        const asked = readOperation(request.body);
        const caller = await issuer.findCaller(request.headers.authorization);
        const requestId = request.headers['x-request-id'];
        calls.add({
          ...asked,
          userId: caller?.userId ?? null,
          requestId: typeof requestId === 'string' ? requestId : null,
        });
        const hangUp = (): void => {
          reply.hijack();
          request.raw.socket.destroy();
        };
        if (faults.down) {
          hangUp();
          return;
        }
        const concerns = faults.only === null || faults.only === asked.operation || asked.fields.includes(faults.only);
        if (!concerns) return;
        if (faults.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, faults.delayMs));
        if (faults.failNext > 0) {
          faults.failNext -= 1;
          await reply.code(500).send({ errors: [{ message: 'The EMR has a fault.' }] });
          return;
        }
        if (faults.loseNext > 0) {
          faults.loseNext -= 1;
          lostAnswers.add(request);
        }
      },
      onSend: async (request, _reply, payload) => {
        if (lostAnswers.has(request)) request.raw.socket.destroy();
        return payload;
      },
    },
    fastifyApolloHandler(apollo, {
      context: async (request) => ({ caller: await issuer.findCaller(request.headers.authorization), store, now }),
    }),
  );
  await server.listen({ port: options.port ?? 0, host: options.host ?? '127.0.0.1' });
  const address = server.server.address() as AddressInfo;
  const url = `http://${options.host ?? '127.0.0.1'}:${address.port}`;

  const add = <T extends { id: string }>(records: Map<string, T>, record: T): T => {
    records.set(record.id, record);
    return record;
  };
  const getPatient = (id: string): EmrPatient => {
    const patient = store.patients.get(id);
    if (!patient) throw new Error(`The EMR has no patient ${id}.`);
    return patient;
  };

  return {
    url,
    graphqlUrl: `${url}/graphql`,
    issuer: issuer.issuer,
    audience: issuer.audience,
    jwksUrl: `${url}/.well-known/jwks.json`,
    get users() {
      return [...store.users.values()];
    },
    store,
    faults,
    calls,
    signToken: (claims, tokenOptions) => issuer.sign(claims, tokenOptions),
    rotateKeys: (rotation) => issuer.rotate(rotation),
    tokenFor: (userId, overrides = {}) => {
      const user = store.users.get(userId);
      if (!user) throw new Error(`The EMR has no user ${userId}.`);
      const { org, roles, practitionerId, ...tokenOptions } = overrides;
      const practitioner = practitionerId === undefined ? user.practitionerId : practitionerId;
      return issuer.sign(
        {
          sub: user.id,
          org: org ?? user.organizationId,
          roles: roles ?? user.roles,
          practitioner_id: practitioner ?? undefined,
        },
        tokenOptions,
      );
    },
    serviceToken: (organizationId = defaultOrganizationId) =>
      issuer.sign({ sub: 'svc-fullscript', org: organizationId, roles: ['service'] }),
    addOrganization: (record = {}) => {
      const id = record.id ?? store.nextId('org');
      return add(store.organizations, { name: `Practice ${id}`, ...record, id });
    },
    addUser: (record = {}) => {
      const id = record.id ?? store.nextId('u');
      return add(store.users, {
        name: `User ${id}`,
        email: `${id}@juniper.example`,
        roles: [],
        organizationId: defaultOrganizationId,
        practitionerId: null,
        patientIds: null,
        ...record,
        id,
      });
    },
    addPractitioner: (record = {}) => {
      const id = record.id ?? store.nextId('pr');
      return add(store.practitioners, {
        organizationId: defaultOrganizationId,
        firstName: 'Robin',
        lastName: `Practitioner ${id}`,
        email: `${id}@juniper.example`,
        ...record,
        id,
      });
    },
    addPatient: (record = {}) => {
      const id = record.id ?? store.nextId('p');
      return add(store.patients, {
        organizationId: defaultOrganizationId,
        email: `${id}@patients.example`,
        firstName: 'Robin',
        lastName: `Patient ${id}`,
        dateOfBirth: '1980-01-31',
        gender: null,
        mobileNumber: null,
        ...record,
        id,
      });
    },
    updatePatient: (id, change) => add(store.patients, { ...getPatient(id), ...change, id }),
    addChart: (record) => {
      const id = record.id ?? store.nextId('c');
      return add(store.charts, {
        organizationId: getPatient(record.patientId).organizationId,
        kind: 'FOLLOW_UP',
        createdAt: now().toISOString(),
        signedAt: null,
        practitionerId: 'pr-ada',
        items: [],
        ...record,
        id,
      });
    },
    signChart: (id) => {
      const chart = store.charts.get(id);
      if (!chart) throw new Error(`The EMR has no chart ${id}.`);
      return add(store.charts, { ...chart, signedAt: now().toISOString() });
    },
    documentsOf: (patientId) => [...store.documents.values()].filter((document) => document.patientId === patientId),
    stop: async () => {
      await server.close();
      await apollo.stop();
    },
  };
}
