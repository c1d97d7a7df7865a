import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

// In the source tree (tests, `--conditions=source`) children run the TypeScript files, in a build the compiled ones.
const EXTENSION = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

/** What native libraries read; nothing else of the server's environment reaches a child. */
const PASSED =
  /^(PATH|LD_LIBRARY_PATH|DYLD_LIBRARY_PATH|HOME|TMPDIR|TEMP|TMP|LANG|LC_ALL|SystemRoot|OMP_.*|OPENBLAS_.*|MKL_.*)$/;

/** A query is over before threads have woken; a build uses every core, but waiting threads must not spin. */
const THREADS = {
  'host/host-main': { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
  'builder-main': { OMP_WAIT_POLICY: 'passive', OPENBLAS_NUM_THREADS: '1' },
} as const;

export interface ChildOptions {
  /** Name of the entry module below this folder, without its extension. */
  readonly entry: 'host/host-main' | 'builder-main';
  readonly argument: object;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Starts one of this library's child processes with the running Node. */
export function startChild({ entry, argument, environment }: ChildOptions): ChildProcess {
  const file = fileURLToPath(new URL(`./${entry}${EXTENSION}`, import.meta.url));
  const execArgv =
    EXTENSION === '.ts' ? ['--conditions=source', '--disable-warning=ExperimentalWarning'] : [];
  const passed = Object.entries(environment).filter(([name]) => PASSED.test(name));
  return fork(file, [JSON.stringify(argument)], {
    execArgv,
    env: { ...THREADS[entry], ...Object.fromEntries(passed) },
    // Typed arrays cross as bytes.
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    windowsHide: true,
  });
}

const MAX_LINE = 2000;

/** Calls back with every line of a stream, without colours, cut at 2000 characters. */
export function eachLine(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  let rest = '';
  const tell = (line: string): void => {
    const plain = stripVTControlCharacters(line).trim();
    if (plain) onLine(plain.slice(0, MAX_LINE));
  };
  stream?.setEncoding('utf8');
  stream?.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = (lines.pop() ?? '').slice(0, MAX_LINE);
    lines.forEach(tell);
  });
  stream?.on('end', () => tell(rest));
}
