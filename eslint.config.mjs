import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import reactHooks from 'eslint-plugin-react-hooks';
import { createProjectGraphAsync } from 'nx/src/devkit-exports.js';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { boundaryBlocks, SOLE_IMPORTERS, SPECS } from './scripts/boundaries.mjs';

process.env.NX_DAEMON = 'false';
process.env.NX_NO_CLOUD = 'true';
// Without a project graph the boundary rule switches itself off with a mere remark; so make one.
await createProjectGraphAsync({ exitOnError: true });

const E2E = ['test/e2e/**/*.ts'];
/** Not part of the product: these may read the environment, print, and reach for any package. */
const TOOLING = [
  'scripts/**',
  'test/**',
  'apps/cli/bin/**',
  '*.config.{ts,mjs}',
  '**/vite.config.ts',
  'prisma.config.ts',
];
/** What plain scripts find in Node; TypeScript checks its own. */
const NODE_GLOBALS = `process console Buffer URL URLSearchParams AbortController AbortSignal performance fetch FormData
  Blob File Response Request TextEncoder TextDecoder structuredClone queueMicrotask setImmediate setTimeout clearTimeout
  setInterval clearInterval`;
const names = (text) => Object.fromEntries(text.split(/\s+/).map((name) => [name, 'readonly']));

/** A regular expression for these packages and their subpaths. */
const importOf = (packages) => {
  const choices = packages.map((name) => name.replace(/\//g, '\\/').replace(/\*/g, '.*')).join('|');
  return `/^(${choices})(\\/.*)?$/`;
};

const TYPED = {
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
  '@typescript-eslint/await-thenable': 'error',
};

/** `no-restricted-imports` sees import declarations only; these see `import()` and `require()`. */
const lateImports = ({ only, packages }) => ({
  selector: `:matches(ImportExpression[source.value=${importOf(packages)}], CallExpression[callee.name='require'][arguments.0.value=${importOf(packages)}])`,
  message: `Only ${only} imports ${packages.join(', ')}.`,
});

const SYNTAX = {
  shape: [
    { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
    { selector: 'TSEnumDeclaration', message: 'String unions instead of enums.' },
  ],
  specs: [
    {
      selector:
        'MemberExpression[object.name=/^(it|test|describe|suite)$/][property.name=/^(only|skip|todo|fails)$/]',
      message: 'No test is left out for good: skipIf(condition) with the reason in its name, or delete it.',
    },
    {
      selector:
        ":matches(NewExpression[callee.name='Promise'] CallExpression[callee.name='setTimeout'], CallExpression[callee.property.name='waitForTimeout'])",
      message: 'No sleeps in specs: wait for the event, or vi.waitFor / expect.poll for the state.',
    },
    {
      // Clearing up may look first what there is to clear up, and wait for it with vi.waitFor.
      selector:
        ":matches(IfStatement, ConditionalExpression, LogicalExpression, SwitchStatement, CatchClause) CallExpression[callee.name='expect']:not(CallExpression[callee.name=/^after(Each|All)$/] *)",
      message: 'No conditional assertions: an expect that may not run proves nothing.',
    },
  ],
};

const SLEEP_IMPORTS = ['timers/promises', 'node:timers/promises'].map((name) => ({
  name,
  message: 'No sleeps in specs: wait for the event, or vi.waitFor / expect.poll for the state.',
}));

/** The restricted-import rules of a folder: everybody's packages but its own. */
function soleImporterRules({ folder, spec = false }) {
  const others = SOLE_IMPORTERS.filter(({ only }) => only !== folder);
  return {
    'no-restricted-imports': [
      'error',
      {
        paths: [
          { name: 'node:process', importNames: ['env'], message: 'Only libs/config reads the environment.' },
          ...(spec ? SLEEP_IMPORTS : []),
        ],
        patterns: others.map(({ only, packages }) => ({
          regex: importOf(packages).slice(1, -1),
          message: `Only ${only} imports ${packages.join(', ')}.`,
        })),
      },
    ],
    'no-restricted-syntax': [
      'error',
      ...SYNTAX.shape,
      ...(spec ? SYNTAX.specs : []),
      ...others.map(lateImports),
    ],
  };
}

const folders = SOLE_IMPORTERS.map(({ only }) => only);

export default defineConfig(
  {
    ignores: [
      '**/dist/',
      '**/node_modules/',
      '.nx/',
      '.fovea/',
      'libs/catalog/src/generated/',
      '**/coverage/',
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    plugins: { '@nx': nx },
    languageOptions: { globals: names(NODE_GLOBALS) },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'object-shorthand': 'error',
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only libs/config reads the environment.' },
      ],
      'no-console': 'error',
      'max-lines': ['warn', { max: 300, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'all', ignoreRestSiblings: true },
      ],
    },
  },

  {
    files: ['libs/**/*.ts', 'apps/**/*.ts', 'test/**/*.ts', 'scripts/**/*.ts'],
    ignores: ['apps/web/**'],
    languageOptions: {
      parserOptions: { project: ['tsconfig.lint.json'], tsconfigRootDir: import.meta.dirname },
    },
    rules: TYPED,
  },

  // Only-importer rules: everybody, then the folder that owns each package, then specs.
  { files: ['**/*.{ts,tsx,mjs}'], rules: soleImporterRules({}) },
  ...folders.map((folder) => ({ files: [`${folder}/**`], rules: soleImporterRules({ folder }) })),
  { files: SPECS, rules: soleImporterRules({ spec: true }) },
  ...folders.map((folder) => ({
    files: SPECS.map((spec) => [`${folder}/**`, spec]),
    rules: soleImporterRules({ folder, spec: true }),
  })),

  ...boundaryBlocks(),

  { files: ['libs/config/**', ...TOOLING, ...SPECS], rules: { 'no-restricted-properties': 'off' } },
  { files: ['apps/cli/**', ...TOOLING], rules: { 'no-console': 'off' } },
  { files: SPECS, rules: { 'max-lines': ['warn', 600] } },
  { files: TOOLING, rules: { 'no-restricted-imports': 'off', 'no-restricted-syntax': 'off' } },
  {
    files: [...E2E, 'test/**/*.spec.ts'],
    rules: {
      'no-restricted-imports': ['error', { paths: SLEEP_IMPORTS }],
      'no-restricted-syntax': ['error', ...SYNTAX.specs],
    },
  },
  {
    files: ['apps/web/public/**/*.js'],
    languageOptions: {
      sourceType: 'script',
      globals: names('window document localStorage'),
    },
  },
  { ...reactHooks.configs.flat.recommended, files: ['apps/web/**/*.{ts,tsx}'] },
  prettier,
);
