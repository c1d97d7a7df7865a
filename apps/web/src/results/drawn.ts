import type { RunEnvelope } from '@fovea/contracts';
import { classMapColours, paint, readableScale, toScene, toSvg, type View } from '@fovea/overlay';
import { paintClassMap } from './class-map.ts';
import { filterResult, viewOf } from './explore.ts';
import type { Size } from './picture.tsx';
import type { Explorer } from './use-explorer.ts';

// Files of a result as it is seen: with the classes that are shown, above the score of the slider.

/** A larger picture is shrunk; a canvas beyond this is refused by some browsers. */
const LONGEST_PX = 4096;

const viewFor = (explorer: Explorer, size: Size): View => {
  const scale = readableScale(size, LONGEST_PX);
  return { ...size, ...viewOf(explorer), ...(scale > 1 ? { scale } : {}) };
};

/** The class map in colours, where the result has one. */
function mapLayer(explorer: Explorer, view: View): OffscreenCanvas | undefined {
  const { result, map, opacity } = explorer;
  if (result.kind !== 'masks' || !map) return undefined;
  const layer = new OffscreenCanvas(map.width, map.height);
  layer.getContext('2d')?.putImageData(paintClassMap(map, classMapColours(result, view, opacity)), 0, 0);
  return layer;
}

/** The overlay alone, as shapes. */
export async function svgFile(explorer: Explorer, size: Size): Promise<Blob> {
  const view = viewFor(explorer, size);
  const layer = await mapLayer(explorer, view)?.convertToBlob({ type: 'image/png' });
  const underlay = layer && (await dataUrl(layer));
  const svg = toSvg(toScene(explorer.result, view), { ...view, ...(underlay ? { underlay } : {}) });
  return new Blob([svg], { type: 'image/svg+xml' });
}

/** The picture with the overlay in it. @throws DOMException where this browser cannot read the picture */
export async function pngFile(explorer: Explorer, size: Size, picture: Blob): Promise<Blob> {
  const view = viewFor(explorer, size);
  const bitmap = await createImageBitmap(picture);
  const scale = Math.min(view.scale ?? 1, LONGEST_PX / Math.max(size.width, size.height));
  const canvas = new OffscreenCanvas(
    Math.max(1, Math.round(size.width * scale)),
    Math.max(1, Math.round(size.height * scale)),
  );
  const context = canvas.getContext('2d');
  if (!context) throw new TypeError('this browser gives no 2d canvas');
  context.scale(canvas.width / size.width, canvas.height / size.height);
  context.drawImage(bitmap, 0, 0, size.width, size.height);
  bitmap.close();
  const layer = mapLayer(explorer, view);
  if (layer) context.drawImage(layer, 0, 0, size.width, size.height);
  paint(context, toScene(explorer.result, view));
  return canvas.convertToBlob({ type: 'image/png' });
}

/** What is shown as a COCO document; the converter is loaded when it is first asked for. */
export async function cocoFile(explorer: Explorer, envelope: RunEnvelope): Promise<Blob> {
  const { toCoco } = await import('@fovea/exports');
  const document = toCoco([{ ...envelope, result: filterResult(envelope.result, explorer) }]);
  return new Blob([JSON.stringify(document, null, 2)], { type: 'application/json' });
}

function dataUrl(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(reader.error ?? new Error('the picture could not be read'));
    reader.readAsDataURL(blob);
  });
}
