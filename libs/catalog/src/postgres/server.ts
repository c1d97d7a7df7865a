import { VisionError } from '@fovea/contracts';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Log } from '../log.ts';
import { isAlive } from '../processes.ts';
import { findBinaries, type PostgresBinaries } from './binaries.ts';
import {
  clusterPassword,
  clusterPaths,
  DATABASE,
  ensureCluster,
  lastLines,
  spawnAs,
  SUPERUSER,
  type ClusterPaths,
} from './cluster.ts';
import { readPostmaster } from './postmaster.ts';
import { chooseSystemUser, type SystemUser } from './system-user.ts';

const POLL_MS = 15;
const WATCH_MS = 1_000;
const STOP_MS = 30_000;
const LOG_BYTES = 4 * 1024 * 1024;

// For a small machine that runs models beside it. fsync, full_page_writes and synchronous_commit stay on:
// an acknowledged run survives a power cut.
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '40',
  shared_buffers: '64MB',
  work_mem: '8MB',
  maintenance_work_mem: '64MB',
  min_wal_size: '64MB',
  max_wal_size: '512MB',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_parallel_workers_per_gather: '0',
  io_method: 'sync',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
} as const;

/** A real Postgres in the data folder: started, adopted from a killed platform, restarted when it dies. */
export class EmbeddedPostgres {
  readonly #paths: ClusterPaths;
  readonly #binaries: PostgresBinaries;
  readonly #user: SystemUser;
  readonly #log: Log;
  #child: ChildProcess | undefined;
  #pid = 0;
  #port = 0;
  readonly #stopping = new AbortController();
  #restart: Promise<void> | undefined;
  #watch: NodeJS.Timeout | undefined;
  #returned: () => void = () => {};

  private constructor(dataDir: string, log: Log) {
    this.#paths = clusterPaths(dataDir);
    this.#binaries = findBinaries();
    this.#user = chooseSystemUser({ cluster: this.#paths.cluster, programs: this.#binaries.root });
    this.#log = log;
  }

  /**
   * Starts the Postgres of a data folder; makes it on the first start.
   * The caller owns the folder's lock: two servers on one cluster cannot be, but two callers would fight over it.
   * @throws CATALOG_UNAVAILABLE, STORAGE_FULL
   */
  static async start(options: { dataDir: string; log: Log }): Promise<EmbeddedPostgres> {
    const server = new EmbeddedPostgres(options.dataDir, options.log);
    await ensureCluster(server.#paths, server.#binaries, server.#user);
    await server.#up();
    server.#watch = setInterval(() => server.#look(), WATCH_MS).unref();
    return server;
  }

  /** With the password in it. */
  get url(): string {
    return `postgresql://${SUPERUSER}:${clusterPassword(this.#paths)}@127.0.0.1:${this.#port}/${DATABASE}`;
  }

  /** Called each time after it died and came back; its port may be another. */
  onReturn(listener: () => void): void {
    this.#returned = listener;
  }

  /** Stops it cleanly: sessions are ended, everything is written, the next start needs no recovery. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    clearInterval(this.#watch);
    await this.#restart?.catch(() => {});
    if (!isAlive(this.#pid)) return;
    signal(this.#pid, 'SIGINT');
    if (await this.#gone(STOP_MS)) return;
    this.#log.warn('the embedded Postgres did not stop in time and is ended at once');
    signal(this.#pid, 'SIGQUIT');
    await this.#gone(STOP_MS);
  }

  #look(): void {
    if (this.#stopping.signal.aborted || this.#restart || isAlive(this.#pid)) return;
    this.#log.warn('the embedded Postgres is gone: starting it again');
    this.#restart = this.#bringBack().finally(() => (this.#restart = undefined));
  }

  async #bringBack(): Promise<void> {
    for (let waitMs = 250; !this.#stopping.signal.aborted; waitMs = Math.min(waitMs * 2, 10_000)) {
      try {
        await this.#up();
        this.#returned();
        return;
      } catch (error) {
        this.#log.error(`the embedded Postgres does not start: ${(error as Error).message}`);
        await delay(waitMs, undefined, { ref: false, signal: this.#stopping.signal }).catch(() => {});
      }
    }
  }

  async #up(): Promise<void> {
    const running = readPostmaster(this.#paths.cluster);
    if (running && (await this.#adopt(running.pid))) return;
    let failure: unknown;
    for (let attempt = 0; attempt < 5; attempt++) {
      // The same port again where that is possible: connections and URLs that others hold stay true.
      const port = attempt === 0 && this.#port ? this.#port : await freePort();
      try {
        await this.#spawn(port);
        return;
      } catch (error) {
        failure = error;
        // Port taken meanwhile, or children of a killed server still hold its memory.
        if (
          !/could not bind|pre-existing shared memory|is still in use|lock file/i.test(
            (error as Error).message,
          )
        )
          break;
        await delay(200 * (attempt + 1));
      }
    }
    throw failure;
  }

  /** True when the server that is there is taken over; false when it has ended. */
  async #adopt(pid: number): Promise<boolean> {
    for (;;) {
      const running = readPostmaster(this.#paths.cluster);
      if (running?.pid !== pid) return false;
      if (running.state === 'ready') {
        const answer = await this.#ask(running.port);
        if (answer === 'ours') {
          this.#pid = pid;
          this.#port = running.port;
          this.#child = undefined;
          this.#log.info(
            `adopted the Postgres that a killed platform left (pid ${pid}, port ${running.port})`,
          );
          return true;
        }
        if (isAlive(pid) && readPostmaster(this.#paths.cluster)?.state === 'ready')
          throw this.#strange(pid, answer);
      }
      await delay(POLL_MS * 4);
    }
  }

  async #ask(port: number): Promise<string> {
    const client = new pg.Client({
      host: '127.0.0.1',
      port,
      user: SUPERUSER,
      password: clusterPassword(this.#paths),
      database: DATABASE,
      connectionTimeoutMillis: 5_000,
    });
    client.on('error', () => {});
    try {
      await client.connect();
      return 'ours';
    } catch (error) {
      return (error as Error).message;
    } finally {
      await client.end().catch(() => {});
    }
  }

  #strange(pid: number, answer: string): VisionError {
    return new VisionError(
      'CATALOG_UNAVAILABLE',
      `A Postgres (pid ${pid}) runs on ${this.#paths.cluster} but does not let us in: ${answer}.`,
      { hint: `Stop it (\`kill -INT ${pid}\`) and start again.` },
    );
  }

  async #spawn(port: number): Promise<void> {
    const log = this.#openLog();
    const logStart = statSync(this.#paths.log).size;
    const settings = { ...SETTINGS, port: String(port) };
    const args = [
      '-D',
      this.#paths.cluster,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ];
    const child = spawnAs(this.#user, this.#binaries.postgres, args, { log });
    closeSync(log);
    child.unref();
    const ending: { reason?: string } = {};
    child.once('error', (error) => (ending.reason = error.message));
    child.once('exit', (code, name) => (ending.reason = `it ended with ${name ?? `code ${code}`}`));
    const start = performance.now();
    let saidAt = start;
    for (;;) {
      if (ending.reason !== undefined) {
        const said = lastLines(readFileSync(this.#paths.log).subarray(logStart).toString());
        throw startFailure(ending.reason, said, this.#paths.log);
      }
      const running = readPostmaster(this.#paths.cluster);
      if (running && running.pid === child.pid && running.state === 'ready') break;
      if (performance.now() - saidAt > 5_000) {
        saidAt = performance.now();
        this.#log.info('Postgres is recovering from a crash; waiting for it');
      }
      await delay(POLL_MS);
    }
    this.#child = child;
    this.#pid = child.pid ?? 0;
    this.#port = port;
    const tookMs = Math.round(performance.now() - start);
    this.#log.info(
      `Postgres ${this.#binaries.major} is ready (pid ${this.#pid}, port ${port}, ${tookMs} ms)`,
    );
    child.once('exit', () => this.#look());
  }

  /** Its own file, not a pipe: when we are killed, it lives on and must be able to write. */
  #openLog(): number {
    const size = statSync(this.#paths.log, { throwIfNoEntry: false })?.size ?? 0;
    return openSync(this.#paths.log, size > LOG_BYTES ? 'w' : 'a', 0o600);
  }

  async #gone(withinMs: number): Promise<boolean> {
    const until = performance.now() + withinMs;
    while (performance.now() < until) {
      const ended = this.#child && (this.#child.exitCode !== null || this.#child.signalCode !== null);
      if (ended || !isAlive(this.#pid)) return true;
      await delay(POLL_MS);
    }
    return false;
  }
}

function startFailure(end: string, said: string, logFile: string): VisionError {
  if (/no space left/i.test(said)) return new VisionError('STORAGE_FULL', `Postgres did not start: ${said}`);
  return new VisionError('CATALOG_UNAVAILABLE', `The embedded Postgres did not start: ${end}. ${said}`, {
    hint: `Read ${logFile}, or set DATABASE_URL to a Postgres of your own.`,
  });
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Gone already.
  }
}

/** A port that nobody listens on right now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new TypeError('no port');
  return address.port;
}
