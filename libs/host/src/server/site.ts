import { VisionError } from '@fovea/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Paths that belong to the API: an unknown one is a problem, not the page. */
const API = /^\/(v1|metrics|openapi\.json|docs|socket\.io)(\/|$)/;
const METHODS = ['GET', 'POST', 'DELETE', 'PUT', 'PATCH'];

/** The web UI's files, the API documentation page, and what is said where nothing is. */
export class Site {
  /** The built web UI, where there is one. */
  readonly folder: string | undefined;
  private readonly hasRoute: (method: string, path: string) => boolean;

  constructor(folder: string, hasRoute: (method: string, path: string) => boolean) {
    this.folder = existsSync(join(folder, 'index.html')) ? folder : undefined;
    this.hasRoute = hasRoute;
  }

  /** An unknown address: the page's own routes get the page; a wrong method is told apart from a wrong path. */
  explainMissing(request: FastifyRequest, error: VisionError): VisionError | 'page' {
    const path = request.url.split('?')[0] ?? '/';
    if (error.code !== 'NOT_FOUND' || request.routeOptions.url !== undefined) return error;
    if (
      !API.test(path) &&
      request.method === 'GET' &&
      this.folder &&
      /text\/html/.test(request.headers.accept ?? '')
    )
      return 'page';
    const allowed = METHODS.filter((method) => this.hasRoute(method, path));
    if (allowed.length > 0)
      return new VisionError(
        'METHOD_NOT_ALLOWED',
        `${request.method} ${path} is not possible; use ${allowed.join(' or ')}`,
      );
    return new VisionError('NOT_FOUND', `there is nothing at ${path.slice(0, 200)}`, {
      hint: 'GET /docs shows every address.',
    });
  }

  sendPage(reply: FastifyReply): FastifyReply {
    return secure(reply).status(200).header('cache-control', 'no-cache').sendFile('index.html', this.folder);
  }
}

const CONTENT_SECURITY =
  "default-src 'self'; img-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; connect-src 'self' blob: ws: wss:; " +
  "object-src 'none'; base-uri 'self'; frame-ancestors 'none'";

/** The headers of everything that a browser shows as a page. */
export const secure = (reply: FastifyReply): FastifyReply =>
  reply
    .header('content-security-policy', CONTENT_SECURITY)
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'no-referrer');

/** The folder of Swagger UI's files. */
export function swaggerFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
}

export const DOCS_PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Fovea API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css"></head>
<body><div id="swagger-ui"></div><script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body>
</html>`;
export const DOCS_SCRIPT = `window.ui = SwaggerUIBundle({ url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true });`;
