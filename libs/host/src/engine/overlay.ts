import { VisionError, type RunEnvelope } from '@fovea/contracts';
import { renderOverlay } from '@fovea/imaging';
import { toScene, toSvg } from '@fovea/overlay';

export type OverlayFormat = 'png' | 'svg';

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
  const svg = toSvg(toScene(envelope.result, size), size);
  if (format === 'svg') return new TextEncoder().encode(svg);
  if (!picture) throw new TypeError('picture must be given for a PNG overlay');
  return (await renderOverlay({ picture, svg, format: 'png' })).bytes;
}
