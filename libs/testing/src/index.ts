export * from './definition-conformance.ts';
export * from './fixtures.ts';
export * from './image-distance.ts';
export * from './manifest-model.ts';
export * from './tiny-model.ts';
export * from './tiny-models.ts';
export * from './tiny-store.ts';
