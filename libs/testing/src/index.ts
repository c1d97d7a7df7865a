export * from './tiny-model.ts';
export * from './tiny-models.ts';
