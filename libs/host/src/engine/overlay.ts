import { VisionError, type RunEnvelope } from '@fovea/contracts';
import { renderOverlay } from '@fovea/imaging';
import { toScene, toSvg } from '@fovea/overlay';

export type OverlayFormat = 'png' | 'svg';

/** A picture with a shorter side than this is enlarged to it, so that what is drawn can be read. */
const READABLE_PX = 320;
const LONGEST_PX = 4096;

/**
 * The result of a run drawn on its picture: an SVG of the drawing alone, or a PNG of both.
 * @throws NOT_FOUND where the run has no picture
 */
export async function drawOverlay(
  envelope: RunEnvelope,
  format: OverlayFormat,
  picture?: Uint8Array,
): Promise<Uint8Array> {
  const input = Object.values(envelope.inputs)[0];
  if (!input?.width || !input.height)
    throw new VisionError('NOT_FOUND', `run ${envelope.run.id} has no picture to draw on`);
  const size = { width: input.width, height: input.height };
  const enlarge = enlargement(size);
  // Where it is enlarged, text and lines are as large as on a screen.
  const view = enlarge > 1 ? { ...size, scale: enlarge } : size;
  const svg = toSvg(toScene(envelope.result, view), view);
  if (format === 'svg') return new TextEncoder().encode(svg);
  if (!picture) throw new TypeError('picture must be given for a PNG overlay');
  return (await renderOverlay({ picture, svg, format: 'png', maxSide: LONGEST_PX, enlarge })).bytes;
}

/** How many times a small picture is enlarged: 1 for all others. */
function enlargement({ width, height }: { width: number; height: number }): number {
  const wanted = READABLE_PX / Math.min(width, height);
  return Math.max(1, Math.min(wanted, LONGEST_PX / Math.max(width, height)));
}
