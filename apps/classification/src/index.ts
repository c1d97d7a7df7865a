export { classification } from './classification.ts';
