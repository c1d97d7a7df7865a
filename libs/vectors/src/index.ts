export { faissState } from './faiss/open.ts';
export { openPgVectors } from './pgvector/open.ts';
export { DEFAULT_LIMITS, type VectorLimits, type VectorsOptions } from './types.ts';
export { openVectors, type Vectors } from './vectors.ts';
