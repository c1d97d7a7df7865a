export { classificationCrops, type Crops } from './classify/crops.ts';
export { classify, type ClassifyParams } from './classify/classify.ts';
export { selectClasses } from './classify/labels.ts';
