export { contrast, labelColour, luminance, textColourOn, type Coloured } from './colours.ts';
export { itemsOf, type ResultItem } from './items.ts';
export { itemAt } from './item-at.ts';
export * from './paint.ts';
export * from './scene.ts';
export * from './shapes.ts';
export * from './svg.ts';
export { LIMBS, type Limbs } from './skeletons.ts';
export { isShown, type Theme, type View } from './view.ts';
