import type { ResultOf } from '@fovea/contracts';
import type { Rgba } from '@fovea/overlay';
import { useQuery } from '@tanstack/react-query';
import { fetchBlob } from '../api/blob-image.tsx';
import { useSession } from '../api/session.tsx';

/** The class of every pixel, row by row; at most {@link LONGEST_PX} on the longer side. */
export interface ClassMap {
  readonly ids: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** As many pixels as a screen shows; more would only make hovering slow. */
const LONGEST_PX = 1600;

/** Reads a PNG of class ids. No colour management, no blending: a grey value is an id. */
export async function readClassMap(png: Blob): Promise<ClassMap> {
  const bitmap = await createImageBitmap(png, {
    colorSpaceConversion: 'none',
    premultiplyAlpha: 'none',
    imageOrientation: 'none',
  });
  const ratio = Math.min(1, LONGEST_PX / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(bitmap.width * ratio));
  const height = Math.max(1, Math.round(bitmap.height * ratio));
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new TypeError('this browser gives no 2d canvas');
  context.imageSmoothingEnabled = false;
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  return {
    ids: Uint8Array.from({ length: width * height }, (_, at) => data[at * 4] as number),
    width,
    height,
  };
}

/** The class map of a `masks` result; `failed` where the server did not keep it. */
export function useClassMap(result: ResultOf<'masks'> | undefined): {
  map: ClassMap | undefined;
  failed: boolean;
} {
  const { fovea, apiKey } = useSession();
  const blob = result?.map.blob;
  const { data, isError } = useQuery({
    queryKey: ['class-map', blob],
    queryFn: async () => readClassMap(await fetchBlob(fovea.blobs.url(blob as string), apiKey)),
    enabled: blob !== undefined,
    staleTime: Infinity,
    retry: false,
  });
  return { map: data, failed: isError };
}

/** A class map in colours. */
export function paintClassMap(
  { ids, width, height }: ClassMap,
  colours: ReadonlyMap<number, Rgba>,
): ImageData {
  const image = new ImageData(width, height);
  const table = new Uint32Array(256);
  const bytes = new Uint8Array(table.buffer);
  for (const [id, colour] of colours) bytes.set(colour, id * 4);
  const pixels = new Uint32Array(image.data.buffer);
  for (let at = 0; at < ids.length; at++) pixels[at] = table[ids[at] as number] as number;
  return image;
}

/** The class id under a point of the picture, which has `size`. */
export function classAt(
  { ids, width, height }: ClassMap,
  point: { x: number; y: number },
  size: { width: number; height: number },
): number | undefined {
  const x = Math.floor((point.x / size.width) * width);
  const y = Math.floor((point.y / size.height) * height);
  return x < 0 || y < 0 || x >= width || y >= height ? undefined : ids[y * width + x];
}
