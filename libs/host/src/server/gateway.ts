import { Inject } from '@nestjs/common';
import { WebSocketGateway, type OnGatewayConnection } from '@nestjs/websockets';
import { primaryInput } from '@fovea/application';
import {
  isProblem,
  VisionError,
  type ClientToServer,
  type Job,
  type Problem,
  type ServerToClient,
  type SocketAnswer,
  type SocketInputs,
  type SocketRun,
} from '@fovea/contracts';
import type { Socket } from 'socket.io';
import { v7 as uuid } from 'uuid';
import { z } from 'zod';
import { Engine } from '../engine/engine.ts';
import type { InputBytes } from '../engine/inputs.ts';
import { OWNER } from './exchange.ts';
import { Metrics } from './metrics.ts';
import { asVisionError } from './problem.ts';

const RunMessage = z.strictObject({
  task: z.string(),
  params: z.record(z.string(), z.unknown()).optional(),
  model: z.string().optional(),
  store: z.boolean().optional(),
  id: z.string().max(64).optional(),
});

/** The socket.io side: `run` with binary inputs, acknowledged with the envelope or a problem. */
@WebSocketGateway()
export class Gateway implements OnGatewayConnection {
  constructor(
    @Inject(Engine) private readonly engine: Engine,
    @Inject(Metrics) private readonly metrics: Metrics,
  ) {}

  handleConnection(socket: Socket<ClientToServer, ServerToClient>): void {
    const closed = new AbortController();
    socket.on('disconnect', () => closed.abort(new VisionError('CANCELLED', 'the socket was closed')));
    socket.on('run', (request, inputs, acknowledge) => {
      const answer = typeof acknowledge === 'function' ? acknowledge : () => undefined;
      void this.run(socket, { request, inputs, signal: closed.signal }).then(answer);
    });
    this.watchJobs(socket);
  }

  /** `job:watch` and `job:unwatch`; what is watched ends with the connection. */
  private watchJobs(socket: Socket<ClientToServer, ServerToClient>): void {
    const watched = new Map<string, () => void>();
    const unwatch = (id: string) => {
      watched.get(id)?.();
      watched.delete(id);
    };
    socket.on('disconnect', () => [...watched.keys()].forEach(unwatch));
    socket.on('job:unwatch', (request) => unwatch(String((request as { id?: unknown } | null)?.id)));
    socket.on('job:watch', (request, acknowledge) => {
      const answer = typeof acknowledge === 'function' ? acknowledge : () => undefined;
      void this.findJob(request).then((job) => {
        answer(job);
        if (isProblem(job) || socket.disconnected) return;
        const { id } = job;
        unwatch(id);
        const end = this.engine.needJobs().watch(OWNER, id, (event) => {
          if (event.type === 'progress') socket.emit('job:progress', event.data);
          else if (event.type === 'partial') socket.emit('job:partial', event.data);
          else watched.delete(id);
          if (event.type === 'done') socket.emit('job:done', event.data);
        });
        watched.set(id, end);
      });
    });
  }

  private async findJob(request: unknown): Promise<Job | Problem> {
    try {
      const message = z.strictObject({ id: z.string() }).safeParse(request);
      if (!message.success)
        throw new VisionError('INVALID_REQUEST', 'job:watch needs {id}', {
          hint: "Emit 'job:watch' with {id: '…'}, then a callback.",
        });
      return await this.engine.needJobs().get(OWNER, message.data.id);
    } catch (error) {
      return this.problem(error);
    }
  }

  private problem(error: unknown): Problem {
    const known = asVisionError(error);
    this.metrics.problem(known.code);
    return known.toProblem(uuid());
  }

  private async run(
    socket: Socket<ClientToServer, ServerToClient>,
    { request, inputs, signal }: { request: SocketRun; inputs: SocketInputs; signal: AbortSignal },
  ): Promise<SocketAnswer> {
    try {
      const message = RunMessage.safeParse(request);
      if (!message.success)
        throw new VisionError(
          'INVALID_REQUEST',
          `run: ${message.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; ')}`,
          {
            hint: "Emit 'run' with {task, params?, model?, store?, id?}, then the bytes, then a callback.",
          },
        );
      const { task, store, id, ...rest } = message.data;
      const { definition } = this.engine.registry.get(task);
      return await this.engine.execute({
        task,
        ...rest,
        inputs: inputsOf(inputs, primaryInput(definition), this.engine.settings.maxBytes),
        owner: OWNER,
        store: store ?? true,
        signal,
        onPartial: (result) =>
          socket.emit('run:partial', { task, ...(id === undefined ? {} : { id }), result }),
      });
    } catch (error) {
      return this.problem(error);
    }
  }
}

function inputsOf(
  inputs: SocketInputs,
  primary: string | undefined,
  maxBytes: number,
): Record<string, InputBytes[]> {
  const named = isBytes(inputs) ? (primary === undefined ? {} : { [primary]: inputs }) : (inputs ?? {});
  return Object.fromEntries(
    Object.entries(named).map(([name, value]: [string, unknown]) => {
      if (!isBytes(value)) throw new VisionError('INVALID_REQUEST', `input "${name}" must be binary`);
      const bytes = value instanceof ArrayBuffer ? new Uint8Array(value) : value;
      if (bytes.byteLength > maxBytes)
        throw new VisionError('PAYLOAD_TOO_LARGE', `${name} is larger than ${maxBytes} bytes`);
      return [name, [{ bytes }]];
    }),
  );
}

const isBytes = (value: unknown): value is Uint8Array | ArrayBuffer =>
  value instanceof Uint8Array || value instanceof ArrayBuffer;
