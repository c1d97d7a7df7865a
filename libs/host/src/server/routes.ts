import type { FastifyInstance } from 'fastify';

/** Remembers every route that is registered, to tell a wrong method from a wrong path. */
export function rememberRoutes(instance: FastifyInstance): (method: string, path: string) => boolean {
  const routes: { methods: string[]; pattern: RegExp }[] = [];
  instance.addHook('onRoute', ({ method, url }) => {
    if (url.includes('*')) return;
    const source = url.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/:[A-Za-z0-9_]+/g, '[^/]+');
    routes.push({ methods: [method].flat(), pattern: new RegExp(`^${source}/?$`) });
  });
  return (method, path) => routes.some((route) => route.methods.includes(method) && route.pattern.test(path));
}
