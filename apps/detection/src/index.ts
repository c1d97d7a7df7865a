export { detection } from './detection.ts';
