export * from './rows.ts';
export * from './tensor.ts';
export * from './vectors.ts';
