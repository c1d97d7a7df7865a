export * from './application.ts';
export * from './media.ts';
export * from './ports.ts';
export * from './stage.ts';
