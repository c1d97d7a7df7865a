import 'reflect-metadata';
import fastifyStatic from '@fastify/static';
import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { loadSettings, type Settings } from '@fovea/config';
import { lockDataFolder } from '@fovea/catalog';
import type { FastifyInstance } from 'fastify';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { v7 as uuid } from 'uuid';
import { Engine } from '../engine/engine.ts';
import type { Log } from '../engine/log.ts';
import type { Application } from '../engine/registry.ts';
import { Resources } from '../engine/resources.ts';
import { Evaluations } from '../evaluations/evaluations.ts';
import { repositoryRoot } from '../version.ts';
import { BlobsController } from './blobs.controller.ts';
import { EvaluationsController } from './evaluations.controller.ts';
import { trackConnections } from './connections.ts';
import { createGate, type Gate } from './gate.ts';
import { startHousekeeping } from './housekeeping.ts';
import { Gateway } from './gateway.ts';
import { JobsController } from './jobs.controller.ts';
import { createLog } from './log.ts';
import { Metrics } from './metrics.ts';
import { ModelsController } from './models.controller.ts';
import { answerProblem, LOG, ProblemFilter } from './problem-filter.ts';
import { asVisionError } from './problem.ts';
import { absentController, resourceController } from './resource.controller.ts';
import { inputSources } from './input-sources.ts';
import { rememberRoutes } from './routes.ts';
import { RunsController } from './runs.controller.ts';
import { DOCS_PAGE, DOCS_SCRIPT, secure, Site, swaggerFolder } from './site.ts';
import { SocketAdapter } from './socket-adapter.ts';
import { SystemController } from './system.controller.ts';
import { TasksController } from './tasks.controller.ts';
import { UrlInputs } from './url-input.ts';

@Module({})
class HostModule {}

export interface ServeOptions {
  /** Default: from the environment. */
  readonly settings?: Settings;
  readonly log?: Log;
}

/** A running server. */
export interface Server {
  readonly url: string;
  readonly engine: Engine;
  /** Stops taking requests, finishes those that run, stops inference and the database. */
  close(): Promise<void>;
}

/**
 * Starts a server of these applications: catalog, inference, REST, socket.io, the web UI where it is built.
 * @throws INVALID_PARAMETER for wrong settings, CONFLICT when another process owns the data folder
 * @example const server = await serve([{ app: 'classification', definitions: [classification] }]);
 */
export async function serve(
  applications: readonly Application[],
  options: ServeOptions = {},
): Promise<Server> {
  const settings = options.settings ?? loadSettings();
  const log = options.log ?? createLog(settings);
  const lock = lockDataFolder(settings.dataDir);
  const undo: (() => void | Promise<void>)[] = [() => lock.release()];
  try {
    const metrics = new Metrics();
    const engine = await Engine.create({
      settings,
      applications,
      record: true,
      log,
      onRun: (run) => metrics.run(run),
      onSearch: (search) => metrics.search(search),
    });
    undo.push(() => engine.close());
    const evaluations = new Evaluations(engine);
    engine.jobs?.register('evaluation', evaluations.work);
    metrics.observe(engine);
    const urls = new UrlInputs({ allow: settings.urlAllow, maxBytes: settings.maxBytes });
    undo.push(() => urls.close());
    const resources = new Resources({ engine, fetchUrl: (url, signal) => urls.fetch(url, signal), log });
    resources.registerJobs();
    const app = await createApp({ engine, resources, evaluations, metrics, urls, log });
    const closeIdle = trackConnections(app.getHttpServer());
    undo.push(() => closeApp(app, closeIdle));
    const url = await listen(app, settings);
    lock.setUrl(url);
    undo.push(startHousekeeping(engine, log));
    // Stopped first: a stream of a job's events would hold the end of the connections up.
    undo.push(() => engine.jobs?.stop());
    await engine.jobs?.start();
    undo.push(resources.start());
    log.info(
      { url, device: engine.inference.device().id, tasks: engine.tasks().map(({ task }) => task) },
      'ready',
    );
    return { url, engine, close: () => closeAll(engine, undo) };
  } catch (error) {
    await unwind(undo);
    throw error;
  }
}

async function closeAll(engine: Engine, undo: (() => void | Promise<void>)[]): Promise<void> {
  engine.closing = true;
  await unwind(undo);
}

/** How often connections are looked at that became idle after closing began. */
const SWEEP_MS = 50;

/** Takes no more connections, finishes the requests under way, and closes every connection that has none. */
async function closeApp(app: NestFastifyApplication, closeIdle: () => void): Promise<void> {
  const sweep = setInterval(closeIdle, SWEEP_MS);
  try {
    await app.close();
  } finally {
    clearInterval(sweep);
  }
}

/** Last opened, first closed; one that fails does not keep the others open. */
async function unwind(undo: (() => void | Promise<void>)[]): Promise<void> {
  for (let step = undo.pop(); step; step = undo.pop())
    try {
      await step();
    } catch {
      // the others still need closing
    }
}

interface Parts {
  readonly engine: Engine;
  readonly resources: Resources;
  readonly evaluations: Evaluations;
  readonly metrics: Metrics;
  readonly urls: UrlInputs;
  readonly log: Log;
}

async function createApp(parts: Parts): Promise<NestFastifyApplication> {
  const { engine, metrics, log } = parts;
  const { settings } = engine;
  const adapter = new FastifyAdapter({
    logger: false,
    forceCloseConnections: 'idle',
    requestTimeout: 120_000,
    genReqId: (request: { headers: Record<string, unknown> }) => {
      const sent = request.headers['x-request-id'];
      return typeof sent === 'string' && /^[\w.:-]{1,128}$/.test(sent) ? sent : uuid();
    },
  });
  const instance = adapter.getInstance() as unknown as FastifyInstance;
  const hasRoute = rememberRoutes(instance);
  const gate = createGate(settings);
  const site = new Site(join(repositoryRoot(), 'apps', 'web', 'dist'), hasRoute);
  addHooks(instance, { gate, metrics, log });
  // Every route reads its body itself, with limits while reading.
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser('*', (_request, _payload, done) => done(null));
  await addPages(instance, site);
  const app = await NestFactory.create<NestFastifyApplication>(hostModule(parts, site), adapter, {
    logger: false,
    bodyParser: false,
    abortOnError: false,
  });
  app.useWebSocketAdapter(new SocketAdapter(app, { gate, maxBytes: settings.maxBytes }));
  await app.init();
  return app;
}

function hostModule(parts: Parts, site: Site): DynamicModule {
  const { engine, resources, evaluations, metrics, urls, log } = parts;
  return {
    module: HostModule,
    controllers: [
      TasksController,
      RunsController,
      JobsController,
      EvaluationsController,
      BlobsController,
      ModelsController,
      SystemController,
      ...resources.list().map((resource) =>
        resourceController(resource, {
          resources,
          settings: engine.settings,
          resolve: (source, signal) => inputSources({ engine, urls, signal })(source),
        }),
      ),
      ...engine.registry.absent.map(absentController),
    ],
    providers: [
      { provide: Engine, useValue: engine },
      { provide: Resources, useValue: resources },
      { provide: Evaluations, useValue: evaluations },
      { provide: Metrics, useValue: metrics },
      { provide: UrlInputs, useValue: urls },
      { provide: Site, useValue: site },
      { provide: LOG, useValue: log },
      { provide: APP_FILTER, useClass: ProblemFilter },
      Gateway,
    ],
  };
}

function addHooks(
  instance: FastifyInstance,
  { gate, metrics, log }: { gate: Gate; metrics: Metrics; log: Log },
): void {
  instance.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id);
    try {
      gate.checkOrigin(request.headers);
      if (/^\/(v1|metrics)\b/.test(request.url) && !request.url.startsWith('/v1/health/'))
        gate.checkKey(request.headers);
    } catch (error) {
      const known = asVisionError(error);
      metrics.problem(known.code);
      return answerProblem(reply, known, request.id);
    }
  });
  instance.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    metrics.request(request.method, route, reply.statusCode);
    const ms = Math.round(reply.elapsedTime * 10) / 10;
    const level = route.startsWith('/v1') && !route.startsWith('/v1/health') ? 'info' : 'debug';
    log[level](
      { method: request.method, path: request.url, status: reply.statusCode, ms, requestId: request.id },
      'request',
    );
    done();
  });
}

async function addPages(instance: FastifyInstance, site: Site): Promise<void> {
  await instance.register(fastifyStatic, { root: swaggerFolder(), serve: false }); // for reply.sendFile
  if (site.folder)
    await instance.register(fastifyStatic, {
      root: site.folder,
      decorateReply: false,
      wildcard: false,
      cacheControl: false,
      setHeaders(reply, file) {
        const hashed = /[\\/]assets[\\/]/.test(file);
        void secure(reply).header(
          'cache-control',
          hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
        );
      },
    });
  instance.get('/docs', (_request, reply) => secure(reply).type('text/html; charset=utf-8').send(DOCS_PAGE));
  instance.get('/docs/start.js', (_request, reply) => reply.type('text/javascript').send(DOCS_SCRIPT));
  for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js'])
    instance.get(`/docs/${file}`, (_request, reply) => reply.sendFile(file, swaggerFolder()));
}

/** @throws CONFLICT when the port is taken */
async function listen(app: NestFastifyApplication, { host, port }: Settings): Promise<string> {
  await app.listen(port, host);
  const address = app.getHttpServer().address() as AddressInfo;
  const name =
    host === '127.0.0.1' || host === '::1' || host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${name}:${address.port}`;
}
