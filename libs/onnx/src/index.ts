export * from './model.ts';
export { readModel } from './read.ts';
export { writeModel } from './write.ts';
