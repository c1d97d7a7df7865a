export { faces } from './faces.ts';
export { hands } from './hands.ts';
export { pose } from './pose.ts';
