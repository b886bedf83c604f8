/** The arrows between the rooms: what each may import. Anything not listed here is refused. */
const rooms = {
  '(main|worker|migrate|process)\\.ts$': ['app', 'config', 'logger', 'process'],
  'admin\\.ts$': ['admin/', 'app', 'config', 'logger', 'process'],
  'emr-check\\.ts$': ['emr-check/', 'config', 'logger', 'process'],
  'emr-check/': ['emr', 'auth', 'domain', 'config'],
  'admin/': ['app', 'graphql/loaders', 'operations', 'auth', 'domain', 'config', 'logger'],
  'http/': [
    'auth',
    'operations',
    'domain',
    'graphql/(server|request-rules|subscription-documents|subscriptions|context)\\.ts$',
  ],
  'jobs/': ['operations', 'mirror', 'domain'],
  'graphql/resolvers/': ['graphql/generated', 'graphql/context', 'graphql/parents', 'domain'],
  'graphql/loaders/': ['graphql/parents', 'mirror', 'store', 'auth', 'domain'],
  'graphql/(context|parents)\\.ts$': [
    'graphql/loaders',
    'graphql/generated',
    'operations',
    'mirror',
    'store',
    'auth',
    'domain',
  ],
  'graphql/generated/': ['graphql/context', 'graphql/parents'],
  'graphql/(server|request-rules|subscription-documents|subscriptions|execution|limits|id-limits|format-error|scalars|landing-page)\\.ts$':
    [
      'graphql/(server|request-rules|subscription-documents|subscriptions|execution|limits|id-limits|format-error|scalars|landing-page|context)\\.ts$',
      'graphql/generated',
      'domain',
    ],
  'operations/': ['mirror', 'store', 'fullscript', 'emr', 'auth', 'domain'],
  'mirror/': ['store', 'fullscript', 'domain'],
  'fullscript/': ['domain'],
  'emr/': ['domain'],
  'store/': ['domain', '../migrations'],
  'auth/': ['domain'],
  'domain/': [],
  'sandbox/': [],
  'demo/': ['sandbox', 'config', 'app'],
  'config\\.ts$': ['config/', 'domain'],
  'config/': [],
  'logger\\.ts$': [],
  'tracing\\.ts$': ['domain'],
};

const own = (room) => (room.endsWith('/') ? [room] : []);
const toPattern = (room) =>
  room === '../migrations' ? '^migrations/' : `^src/${/[/$]$/.test(room) ? room : `${room}(/|\\.ts$)`}`;

const arrows = Object.entries(rooms).map(([room, targets]) => ({
  name: `arrows of ${room.replaceAll(/[\\$]/g, '')}`,
  severity: 'error',
  from: { path: `^src/${room}`, pathNot: '^src/demo/page/' },
  to: { path: '^(src|migrations|test)/', pathNot: [...own(room), ...targets].map(toPattern) },
}));

const packages = (name, packageNames, allowed) => ({
  name,
  severity: 'error',
  from: { path: '^(src|migrations|test)/', pathNot: allowed },
  to: { path: `node_modules/(${packageNames})(/|$)` },
});

module.exports = {
  forbidden: [
    ...arrows,
    {
      name: 'app does not know what is for development',
      severity: 'error',
      from: { path: '^src/app(/|\\.ts$)' },
      to: { path: '^src/(sandbox|demo)/' },
    },
    {
      name: 'no cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'nothing imports test', severity: 'error', from: { pathNot: '^test/' }, to: { path: '^test/' } },
    { name: 'migrations stand alone', severity: 'error', from: { path: '^migrations/' }, to: { path: '^(src|test)/' } },
    packages('sql only in store and migrations', 'typeorm|mysql2|better-sqlite3', [
      '^src/store/',
      '^migrations/',
      '^test/',
    ]),
    packages('apollo only in graphql', '@apollo/[^/]+', ['^src/graphql/', '^src/demo/', '^test/']),
    packages('opentelemetry only in tracing', '@opentelemetry/[^/]+', ['^src/tracing\\.ts$']),
    packages('graphql-request only in emr', 'graphql-request', ['^src/emr/', '^test/']),
    {
      name: 'everything can be resolved',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|src/demo/page)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
