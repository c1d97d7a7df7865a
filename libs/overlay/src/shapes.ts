import type { Box } from '@fovea/contracts';

// What an overlay is made of. Coordinates and sizes are pixels of the picture; colours are #rrggbb.

interface ShapeBase {
  /** Index of the result's item that this belongs to; what a page highlights on hover. */
  readonly item?: number;
  readonly label?: string;
}

export interface Stroke {
  readonly color: string;
  readonly width: number;
  /** Colour of a wider line below, so that the line shows on any picture. */
  readonly halo?: string;
  /** Lengths of dash and gap. */
  readonly dash?: readonly [number, number];
}

interface Painted extends ShapeBase {
  readonly fill?: string;
  readonly stroke?: Stroke;
  /** Of fill and stroke, 0..1. Default 1. */
  readonly opacity?: number;
}

export interface RectShape extends Painted, Box {
  readonly type: 'rect';
  readonly radius?: number;
}
/** Closed lines, flat x, y, x, y, …, filled with the even-odd rule: outlines and holes of a mask, or a polygon. */
export interface PolygonShape extends Painted {
  readonly type: 'polygon';
  readonly rings: readonly (readonly number[])[];
  /** Of the fill alone, on top of `opacity`. Default 1. */
  readonly fillOpacity?: number;
}
export interface LineShape extends ShapeBase {
  readonly type: 'line';
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  readonly stroke: Stroke;
  readonly opacity?: number;
}
export interface CircleShape extends Painted {
  readonly type: 'circle';
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}
/** The background of a text. */
export interface Plate extends Box {
  readonly color: string;
  readonly radius: number;
  readonly opacity?: number;
}
export interface TextShape extends ShapeBase {
  readonly type: 'text';
  readonly text: string;
  /** Where `anchor` of the base line is. */
  readonly x: number;
  readonly y: number;
  /** Estimated, not less than what common sans-serif fonts need. */
  readonly width: number;
  readonly fontSize: number;
  readonly color: string;
  /** The part of the text that lies at x; right-to-left scripts too are placed by their left end. Default `left`. */
  readonly anchor?: 'left' | 'middle' | 'right';
  readonly opacity?: number;
  readonly plate?: Plate;
}

export type Shape = RectShape | PolygonShape | LineShape | CircleShape | TextShape;
