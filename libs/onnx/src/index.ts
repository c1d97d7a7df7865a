export { graphFacts, type GraphFacts } from './facts.ts';
export { foldConstants } from './fold.ts';
export * from './model.ts';
export { addOutputs, type AddedOutput } from './outputs.ts';
export { readModel } from './read.ts';
export { writeModel } from './write.ts';
