/** Where the catalog says what it does; pino fits through a one-line adapter. */
export interface Log {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

export const silentLog: Log = { info: () => {}, warn: () => {}, error: () => {} };
