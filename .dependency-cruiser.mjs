/**
 * The arrows of the house: which room may import which. One row a room, each with the sentence that says why.
 * Everybody may import `base`; nobody may import `test`; a room may always import itself.
 */
const PURE = [
  'signature',
  'adapter',
  'variable',
  'program',
  'dataset',
  'retrieval',
  'metric',
  'optimizer',
  'compiler',
  'interop',
];

const ROOMS = [
  ['base', [], 'base is the ground: it imports nothing of ours'],
  ['ports', [], 'a port is an interface; it knows no room'],
  ['kernel', ['ports'], 'the kernel knows what a resource is, not which resources there are'],
  ['derive', ['kernel'], 'a surface is derived from declarations it receives; it never imports a resource'],
  ['signature', [], 'a signature is a pure value'],
  [
    'adapter',
    ['signature', 'lm/spec'],
    'an adapter turns signatures into messages and knows a model only by its specification',
  ],
  ['lm', ['ports'], 'the door to the models knows no signature, module or program'],
  ['outbound', [], 'the one way to addresses that users name; it knows nobody who calls'],
  ['variable', ['signature'], 'variables are pure'],
  [
    'module',
    ['signature', 'adapter', 'lm', 'outbound', 'variable', 'ports'],
    'a module runs alone; it knows no program',
  ],
  [
    'program',
    ['signature', 'adapter/adapter', 'lm/spec', 'module/spec', 'module/face', 'module/asked', 'variable'],
    'a program is a pure value',
  ],
  ['compiler', ['program', 'signature', 'variable'], 'the compiler reads the plan and nothing that runs it'],
  [
    'engine',
    ['program', 'module', 'ports', 'signature', 'lm/spec', 'variable'],
    'the engine runs plans, whoever asked',
  ],
  ['dataset', ['signature'], 'data knows only the fields it must fit'],
  ['retrieval', [], 'finding texts is pure: what is embedded comes as vectors'],
  ['metric', ['signature', 'module'], 'a metric judges outputs; a judge is a module'],
  [
    'evaluate',
    ['program', 'engine', 'dataset', 'metric', 'variable', 'signature', 'module/spec'],
    'evaluation runs programs on data',
  ],
  [
    'optimizer',
    ['variable', 'program', 'signature', 'lm/spec', 'adapter', 'dataset/example'],
    'an optimizer is pure: it asks and is told, and never runs anything',
  ],
  [
    'interop',
    ['program', 'signature', 'adapter', 'module/spec', 'module/asked', 'variable', 'lm/spec'],
    'programs of other frameworks in and out, as values: no I/O, and nothing is run',
  ],
  [
    'resources',
    ['kernel', 'ports', 'engine', 'module', 'lm', 'metric', 'evaluate', ...PURE],
    'a resource declares what may be done; it knows neither a home nor a surface',
  ],
  [
    'work',
    ['resources', 'kernel', 'evaluate', 'engine', 'module', 'lm', 'outbound', 'metric', 'ports', ...PURE],
    'work is what a message does in either home, so it knows no home',
  ],
  ['local', ['ports'], 'the local home implements ports and knows nothing above them'],
  ['aws', ['ports'], 'the aws home implements ports and knows nothing above them'],
  ['compat', ['kernel', 'resources'], 'the old API is routed to the new actions'],
  [
    'cli',
    ['derive/client', 'signature', 'adapter', 'program', 'variable', 'optimizer', 'compiler', 'interop'],
    'a command talks to the API like anybody else, or works on pure values',
  ],
];

const path = (room) => (room.includes('/') ? `^lib/${room}(\\.ts$|/)` : `^lib/${room}/`);

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'a cycle is one file that pretends to be several',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'nothing-imports-test',
      comment: 'what runs must not need its tests',
      severity: 'error',
      from: { pathNot: '^(test|bench)/' },
      to: { path: '^test/' },
    },
    {
      name: 'resolvable',
      comment: 'every import leads somewhere',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'lib-never-imports-functions',
      comment: 'only the composition roots know everything, and nothing knows them',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '^(functions|cdk|examples|bench)/' },
    },
    {
      name: 'cdk-knows-names-only',
      comment: 'the infrastructure knows names, schemas and the pure compiler; what it deploys it never runs',
      severity: 'error',
      from: { path: '^cdk/' },
      to: {
        path: '^(lib|functions)/',
        pathNot: [
          '^lib/(base|ports|compiler|program|signature)/',
          '^lib/aws/(settings\\.ts|dynamo/(schema|feed-filter)\\.ts)$',
        ],
      },
    },
    {
      name: 'nothing-imports-cdk',
      comment: 'what runs must not need what deploys it',
      severity: 'error',
      from: { path: '^(lib|functions)/' },
      to: { path: '^cdk/|node_modules/(aws-cdk-lib|constructs|cdk-nag)/' },
    },
    {
      name: 'aws-sdk-only-in-aws',
      comment: 'one room speaks to AWS',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/aws/' },
      to: { path: 'node_modules/@aws-sdk/' },
    },
    {
      name: 'hono-only-at-the-edge',
      comment: 'resources and rooms below know no web framework',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/derive/' },
      to: { path: 'node_modules/(hono|@hono)/' },
    },
    ...ROOMS.map(([room, may, why]) => ({
      name: `${room}-arrows`,
      comment: why,
      severity: 'error',
      from: { path: path(room) },
      to: { path: '^lib/', pathNot: [path('base'), path(room), ...may.map(path)] },
    })),
  ],
  options: {
    // Environments of Python peers bring scripts of their own.
    exclude: { path: '/\\.venv/' },
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.js'],
      conditionNames: ['node', 'import', 'default'],
      exportsFields: ['exports'],
    },
  },
};
