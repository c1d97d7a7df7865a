import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Knows which connections of a server have no request under way. Node's closeIdleConnections leaves those alone that
 * never sent one (browsers open such ahead of time), and they would hold the end of the server up for a minute.
 * @returns what closes them
 */
export function trackConnections(server: Server): () => void {
  const requests = new Map<Socket, number>();
  server.on('connection', (socket: Socket) => {
    requests.set(socket, 0);
    socket.once('close', () => requests.delete(socket));
  });
  server.on('request', ({ socket }, response) => {
    const count = (change: number) => {
      const now = requests.get(socket);
      if (now !== undefined) requests.set(socket, now + change);
    };
    count(1);
    response.once('close', () => count(-1));
  });
  // What became a websocket is closed by socket.io.
  server.on('upgrade', (_request, socket: Socket) => requests.delete(socket));
  return () => {
    for (const [socket, count] of requests) if (count === 0) socket.destroy();
  };
}
