export * from './errors.ts';
export * from './labels.ts';
export * from './models.ts';
export * from './results.ts';
export * from './runs.ts';
export * from './sockets.ts';
export * from './system.ts';
export * from './tasks.ts';
