// npm run setup:faiss: compiles faiss-node's own source against the system's FAISS (Debian, Ubuntu: libfaiss-dev), for
// approximate search in large collections. Without it Fovea searches exactly, which is slower from some 100,000 vectors on.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const vectors = createRequire(new URL('../libs/vectors/package.json', import.meta.url));
const compiler = process.env.CXX ?? 'g++';
const APT = 'sudo apt-get install -y g++ libfaiss-dev libopenblas-dev';
/** Faiss 1.7.3 (Debian 12) and older have the type inside their class, where faiss-node does not look. */
const SHIM = `#include <faiss/Index.h>
#if FAISS_VERSION_MAJOR == 1 && (FAISS_VERSION_MINOR < 7 || (FAISS_VERSION_MINOR == 7 && FAISS_VERSION_PATCH < 4))
namespace faiss { using idx_t = Index::idx_t; }
#endif
`;
const FLAGS = ['-std=c++17', '-O3', '-ffp-contract=fast', '-fopenmp', '-fPIC', '-shared'];
/** Our distances stand before those of the static library: the first definition counts. */
const LINK = ['-Wl,-z,muldefs', '-lfaiss', '-lopenblas'];
const DEFINES = [
  '-DNAPI_VERSION=8',
  '-DNODE_GYP_MODULE_NAME=faiss_node',
  // what FAISS throws becomes a JavaScript error instead of the end of the process
  '-DNODE_ADDON_API_CPP_EXCEPTIONS_ALL',
];
/** Trains, adds, searches: what a broken build cannot do. Ends with 0 where the binary named in argv works. */
const TRIAL = `
  const { Index } = require(process.argv[1]);
  const index = Index.fromFactory(4, 'HNSW8', 0);
  index.add([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]);
  const { labels } = index.search([0, 0.9, 0.1, 0], 1);
  process.exit(labels[0] === 1 ? 0 : 1);
`;

const run = (command, args, options = {}) => spawnSync(command, args, { encoding: 'utf8', ...options });
const lastLines = (text, count = 5) => text.trim().split('\n').slice(-count).join('\n');

/** Null where the binary works, otherwise why it does not. In a child process: a bad one may take its process down. */
function trouble(binary) {
  const { status, signal, stderr } = run(process.execPath, ['-e', TRIAL, binary]);
  if (status === 0) return null;
  const line = /^(?:\w*Error|Caused by): .*$/m.exec(stderr)?.[0];
  return line ?? (signal ? `its process was ended by ${signal}` : `its trial failed: ${lastLines(stderr)}`);
}

function packageFolder(name) {
  try {
    return dirname(vectors.resolve(`${name}/package.json`));
  } catch {
    return null;
  }
}

/** The version that the compiler finds, such as 1.7.3; null where it finds none. */
function faissVersion() {
  const source =
    '#include <faiss/Index.h>\nfovea FAISS_VERSION_MAJOR FAISS_VERSION_MINOR FAISS_VERSION_PATCH\n';
  const { status, stdout } = run(compiler, ['-E', '-P', '-x', 'c++', '-'], { input: source });
  const found = status === 0 && /^fovea (\d+) (\d+) (\d+)$/m.exec(stdout);
  return found ? found.slice(1).join('.') : null;
}

const DISTANCES = fileURLToPath(new URL('../libs/vectors/src/faiss/distances.cc', import.meta.url));
const read = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '');

/**
 * Makes the binary where there is none that works, or where what it was made of has changed.
 * @returns {{ ok: boolean, built: boolean, message: string }}
 */
export function setupFaiss() {
  const failed = (message) => ({ ok: false, built: false, message });
  const folders = ['faiss-node', 'node-api-headers', 'node-addon-api'].map(packageFolder);
  if (folders.includes(null))
    return failed('The package faiss-node is not installed: run `npm ci` without --omit=optional.');
  const [faissNode, nodeHeaders, addonHeaders] = folders;
  const source = join(faissNode, 'src', 'faiss.cc');
  const target = join(faissNode, 'build', 'Release', 'faiss-node.node');
  /** What the binary was made of, read by libs/vectors too. */
  const recordPath = join(dirname(target), 'fovea.json');
  const record = existsSync(recordPath) ? JSON.parse(readFileSync(recordPath, 'utf8')) : null;

  const key = createHash('sha256')
    .update([process.platform, process.arch, SHIM, ...FLAGS, ...DEFINES, ...LINK].join('\n'))
    .update(read(source))
    .update(read(DISTANCES))
    .update(read(join(addonHeaders, 'package.json')))
    .update(read(join(nodeHeaders, 'package.json')))
    .digest('hex');
  // A binary without our record came with the package, from npm: then it is as good.
  if (existsSync(target) && (!record || record.key === key) && !trouble(target))
    return { ok: true, built: false, message: `FAISS ${record?.faiss ?? ''} is there: ${target}` };

  if (process.platform !== 'linux')
    return failed(
      'FAISS is compiled on Linux only; on this system Fovea searches exactly (or use it in the container).',
    );
  if (run(compiler, ['--version']).status !== 0)
    return failed(`There is no C++ compiler (${compiler}): ${APT}`);
  const version = faissVersion();
  if (!version) return failed(`The headers of FAISS are missing (faiss/Index.h): ${APT}`);

  const folder = join(dirname(target), `.making-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  try {
    const shim = join(folder, 'shim.h');
    const made = join(folder, 'faiss-node.node');
    writeFileSync(shim, SHIM);
    const { status, stderr } = run(compiler, [
      ...FLAGS,
      ...DEFINES,
      ...['-include', shim],
      ...[join(nodeHeaders, 'include'), addonHeaders].map((path) => `-I${path}`),
      ...[source, DISTANCES, '-o', made],
      ...LINK,
    ]);
    if (status !== 0) {
      const missing = /cannot find -l(\w+)/.exec(stderr)?.[1];
      return failed(
        missing
          ? `The library ${missing} is missing: ${APT}`
          : `faiss-node could not be compiled against FAISS ${version}:\n${lastLines(stderr, 15)}`,
      );
    }
    const why = trouble(made);
    if (why) return failed(`faiss-node was compiled against FAISS ${version} but does not work: ${why}`);
    rmSync(recordPath, { force: true });
    renameSync(made, target);
    writeFileSync(join(folder, 'record'), `${JSON.stringify({ key, faiss: version })}\n`);
    renameSync(join(folder, 'record'), recordPath);
    return { ok: true, built: true, message: `FAISS ${version} is compiled and works: ${target}` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { ok, message } = setupFaiss();
  (ok ? console.log : console.error)(message.replace(fileURLToPath(new URL('..', import.meta.url)), ''));
  process.exit(ok ? 0 : 1);
}
