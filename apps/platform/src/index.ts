export { APPLICATIONS } from './applications.ts';
