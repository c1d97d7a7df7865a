export { collections } from './collections/collections.ts';
export { embedding } from './embedding.ts';
