/** How a result is to be shown. */
export interface View {
  /** Of the picture, in pixels. */
  readonly width: number;
  readonly height: number;
  /**
   * Screen pixels per pixel of the picture, where it is known: lines and text then have the same size on screen
   * whatever the picture's. Default: sizes follow from the picture's own.
   */
  readonly scale?: number;
  /** Items below this score are not drawn. Default 0. */
  readonly minScore?: number;
  readonly hiddenLabels?: ReadonlySet<string>;
  /** Index of the item to bring out; the others fade. */
  readonly highlighted?: number;
  /** Of panels. Default `dark`. */
  readonly theme?: Theme;
}
export type Theme = 'dark' | 'light';

/** Lengths in pixels of the picture. */
export interface Metrics {
  readonly fontSize: number;
  readonly lineWidth: number;
  /** The distance kept from the picture's edges. */
  readonly margin: number;
}

/** Text and line on screen where the scale is known. */
const SCREEN_FONT_PX = 13;
const SCREEN_LINE_PX = 2;
/** Below it text cannot be read when the picture is shown pixel by pixel. */
const MIN_FONT_PX = 10;

/**
 * Font size and line width that suit the picture: they grow with the root of its area (a 640 x 480 picture has a
 * font of 16 px), are never unreadably small, and always leave room for a line of some letters.
 */
export function metrics({ width, height, scale }: View): Metrics {
  const size = Math.sqrt(width * height);
  const wanted = scale ? SCREEN_FONT_PX / scale : Math.max(MIN_FONT_PX, size * 0.028);
  const fontSize = Math.min(wanted, height / 2.5, width / 8);
  const line = scale ? SCREEN_LINE_PX / scale : Math.max(1, size * 0.0035);
  const lineWidth = Math.min(line, width / 8, height / 8);
  return { fontSize, lineWidth, margin: Math.min(fontSize * 0.6, width * 0.03, height * 0.06) };
}

/** A picture with a shorter side than this is enlarged to it, so that what is drawn can be read. */
const READABLE_PX = 320;

/**
 * How many times a small picture should be enlarged where its result is drawn into it: 1 for all others.
 * @param longestPx the longer side is not enlarged beyond it; default 4096
 */
export function readableScale(
  { width, height }: { readonly width: number; readonly height: number },
  longestPx = 4096,
): number {
  const wanted = READABLE_PX / Math.min(width, height);
  return Math.max(1, Math.min(wanted, longestPx / Math.max(width, height)));
}

/** True when an item of that label and score is to be drawn. */
export const isShown = (view: View, label: string, score: number): boolean =>
  score >= (view.minScore ?? 0) && !view.hiddenLabels?.has(label);

/** How strongly an item is drawn: the others fade when one is highlighted. */
export const emphasis = (view: View, item: number): number =>
  view.highlighted === undefined || view.highlighted === item ? 1 : 0.3;

/** @throws RangeError when the view has no area or a scale that is not positive */
export function checkView({ width, height, scale }: View): void {
  if (!(width > 0 && height > 0 && Number.isFinite(width) && Number.isFinite(height)))
    throw new RangeError(`a view needs the picture's width and height, got ${width} x ${height}`);
  if (scale !== undefined && !(scale > 0 && Number.isFinite(scale)))
    throw new RangeError(`scale must be positive, got ${scale}`);
}
