export * from './application.ts';
export * from './collections.ts';
export * from './media.ts';
export * from './ports.ts';
export * from './resource.ts';
export * from './stage.ts';
export * from './vectors.ts';
