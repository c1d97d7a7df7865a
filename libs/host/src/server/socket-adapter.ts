import type { INestApplicationContext } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { VisionError } from '@fovea/contracts';
import type { Server, ServerOptions } from 'socket.io';
import type { Gate } from './gate.ts';

/** Bytes beside the inputs in one socket message: names, parameters, framing. */
const MESSAGE_OVERHEAD = 1024 * 1024;

/** socket.io on the websocket transport only, behind the same gate as HTTP. */
export class SocketAdapter extends IoAdapter {
  private readonly gate: Gate;
  private readonly maxBytes: number;

  constructor(app: INestApplicationContext, options: { gate: Gate; maxBytes: number }) {
    super(app);
    this.gate = options.gate;
    this.maxBytes = options.maxBytes;
  }

  override createIOServer(port: number, options?: ServerOptions): Server {
    const server = super.createIOServer(port, {
      ...options,
      transports: ['websocket'],
      serveClient: false,
      maxHttpBufferSize: this.maxBytes + MESSAGE_OVERHEAD,
      allowRequest: (
        request: { headers: Record<string, string> },
        decide: (error: string | null, ok: boolean) => void,
      ) => {
        try {
          this.gate.checkOrigin(request.headers);
          decide(null, true);
        } catch (error) {
          decide(error instanceof VisionError ? error.message : 'refused', false);
        }
      },
    } as unknown as ServerOptions) as Server;
    server.use((socket, next) => {
      try {
        const { token } = socket.handshake.auth as { token?: unknown };
        this.gate.checkKey(socket.handshake.headers, typeof token === 'string' ? token : undefined);
        next();
      } catch (error) {
        const known = error as VisionError;
        next(Object.assign(new Error(known.message), { data: known.toProblem(socket.id) }));
      }
    });
    return server;
  }
}
