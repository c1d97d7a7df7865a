import { isLoopback, type Settings } from '@fovea/config';
import { VisionError } from '@fovea/contracts';
import { timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { sha256Of } from '../engine/inputs.ts';

/** What a request must carry to be answered. */
export interface Gate {
  /** Host and Origin. @throws FORBIDDEN */
  checkOrigin(headers: IncomingHttpHeaders): void;
  /** The API key, where there is one. @throws UNAUTHENTICATED */
  checkKey(headers: IncomingHttpHeaders, token?: string): void;
}

/**
 * An open server on loopback must not be driven by a web page of somebody else: the Host must be a name of this
 * machine (DNS rebinding), and a browser's Origin must be the Host it speaks to (cross-site requests).
 * With an API key any Host is answered: the page of somebody else does not have the key.
 */
export function createGate(settings: Pick<Settings, 'host' | 'apiKey' | 'allowedHosts'>): Gate {
  const names = new Set([...settings.allowedHosts, settings.host].map((name) => name.toLowerCase()));
  const known = (host: string) => isLoopback(host) || names.has(host);
  const expected =
    settings.apiKey === undefined ? undefined : Buffer.from(sha256Of(Buffer.from(settings.apiKey)), 'hex');

  return {
    checkOrigin(headers) {
      const host = hostName(headers.host);
      if (host === undefined || (expected === undefined && !known(host)))
        throw new VisionError(
          'FORBIDDEN',
          `this server does not answer to the name "${headers.host ?? ''}"`,
          {
            hint: 'Use http://localhost with the port it prints at start, or add the name to FOVEA_ALLOWED_HOSTS.',
          },
        );
      const { origin } = headers;
      if (
        origin !== undefined &&
        !sameHost(origin, headers.host as string) &&
        !names.has(hostOf(origin) ?? '')
      )
        throw new VisionError('FORBIDDEN', `pages of ${origin.slice(0, 200)} may not use this server`);
      if (
        origin === undefined &&
        headers['sec-fetch-site'] === 'cross-site' &&
        headers['sec-fetch-mode'] !== 'navigate'
      )
        throw new VisionError('FORBIDDEN', 'pages of other sites may not use this server');
    },
    checkKey(headers, token) {
      if (expected === undefined) return;
      const given = token ?? /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1];
      if (given === undefined) throw new VisionError('UNAUTHENTICATED', 'this server needs an API key');
      if (!timingSafeEqual(Buffer.from(sha256Of(Buffer.from(given)), 'hex'), expected))
        throw new VisionError('UNAUTHENTICATED', 'the API key is not the one of this server');
    },
  };
}

const hostName = (host: string | undefined): string | undefined =>
  host === undefined ? undefined : hostOf(`http://${host}`);
const hostOf = (url: string): string | undefined => URL.parse(url)?.hostname.toLowerCase();
const sameHost = (origin: string, host: string): boolean => URL.parse(origin)?.host === host.toLowerCase();
