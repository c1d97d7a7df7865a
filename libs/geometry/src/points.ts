// Coordinates are continuous: (0, 0) is the top left corner of the first pixel, (0.5, 0.5) its centre.

declare const space: unique symbol;

/** A point in pixels of the picture as a person sees it. */
export interface ImagePoint {
  readonly x: number;
  readonly y: number;
  readonly [space]: 'image';
}
/** A point in pixels of a model's input. The brand keeps it from being taken for an {@link ImagePoint}. */
export interface ModelPoint {
  readonly x: number;
  readonly y: number;
  readonly [space]: 'model';
}

export const imagePoint = (x: number, y: number): ImagePoint => ({ x, y }) as ImagePoint;
export const modelPoint = (x: number, y: number): ModelPoint => ({ x, y }) as ModelPoint;
