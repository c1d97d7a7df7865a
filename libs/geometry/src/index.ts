export * from './boxes.ts';
export * from './contours.ts';
export * from './frames.ts';
export * from './masks.ts';
export * from './nms.ts';
export * from './paste.ts';
export * from './points.ts';
export * from './polygons.ts';
