import { VisionError, type RunEnvelope } from '@fovea/contracts';
import { colourClassMap, renderOverlay } from '@fovea/imaging';
import { classMapColours, readableScale, toScene, toSvg, type View } from '@fovea/overlay';

export type OverlayFormat = 'png' | 'svg';

/** The longest side of a PNG, and of the class map in an SVG. */
const LONGEST_PX = 4096;

/** What is drawn upon and with, beside the result. */
export interface OverlayPictures {
  /** The run's input: needed for a PNG. */
  readonly picture?: Uint8Array;
  /** The class map of a `masks` result; without it only its legend is drawn. */
  readonly map?: Uint8Array;
}

/**
 * The result of a run drawn on its picture: an SVG of the drawing alone, or a PNG of both.
 * @throws NOT_FOUND where the run has no picture
 */
export async function drawOverlay(
  envelope: RunEnvelope,
  format: OverlayFormat,
  { picture, map }: OverlayPictures = {},
): Promise<Uint8Array> {
  const input = Object.values(envelope.inputs)[0];
  if (!input?.width || !input.height)
    throw new VisionError('NOT_FOUND', `run ${envelope.run.id} has no picture to draw on`);
  const size = { width: input.width, height: input.height };
  const enlarge = readableScale(size, LONGEST_PX);
  // Where it is enlarged, text and lines are as large as on a screen.
  const view = enlarge > 1 ? { ...size, scale: enlarge } : size;
  const underlay = map && (await coloured(envelope, map, view));
  const svg = toSvg(toScene(envelope.result, view), { ...view, ...(underlay ? { underlay } : {}) });
  if (format === 'svg') return new TextEncoder().encode(svg);
  if (!picture) throw new TypeError('picture must be given for a PNG overlay');
  return (await renderOverlay({ picture, svg, format: 'png', maxSide: LONGEST_PX, enlarge })).bytes;
}

/** The class map in the colours of its legend, as a data: address. */
async function coloured({ result }: RunEnvelope, map: Uint8Array, view: View): Promise<string | undefined> {
  if (result.kind !== 'masks') return undefined;
  const { bytes } = await colourClassMap(map, {
    colours: classMapColours(result, view),
    maxSide: LONGEST_PX,
  });
  return `data:image/png;base64,${Buffer.from(bytes).toString('base64')}`;
}
