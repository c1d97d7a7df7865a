import { isTerminal, type Settings } from '@fovea/config';
import { pino, type Logger } from 'pino';
import { PinoPretty } from 'pino-pretty';

/** JSON lines in a pipe, one readable line each on a terminal; keys and cookies are never written. */
export function createLog(settings: Pick<Settings, 'logLevel'>): Logger {
  const options = {
    level: settings.logLevel,
    redact: ['req.headers.authorization', 'headers.authorization', 'apiKey', 'databaseUrl'],
  };
  if (!isTerminal()) return pino(options);
  return pino(
    options,
    PinoPretty({ ignore: 'pid,hostname', translateTime: 'HH:MM:ss', singleLine: true, sync: true }),
  );
}
