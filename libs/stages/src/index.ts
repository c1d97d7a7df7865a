export { classificationCrops, type Crops } from './classify/crops.ts';
export { classify, type ClassifyParams } from './classify/classify.ts';
export { detect, type DetectParams, type Detection } from './detect/detect.ts';
export { selectClasses } from './select-classes.ts';
