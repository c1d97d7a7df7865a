import { fetchBlob } from '../api/blob-image.tsx';

/** Requests in flight: the browser's own limit to a server is six, and the page wants some too. */
const AT_A_TIME = 4;
/** Pictures kept: 128 x 128 x 4 bytes each, 80 MB together. */
const KEPT = 1200;
const SIDE_PX = 128;

/** Small pictures of the map, fetched when they are wanted, the longest unused forgotten. */
export class Thumbs {
  readonly #pictures = new Map<string, ImageBitmap | null>();
  readonly #controller = new AbortController();
  readonly #load: (blob: string, signal: AbortSignal) => Promise<ImageBitmap>;
  readonly #onLoaded: () => void;
  #wanted: readonly string[] = [];
  #inFlight = new Set<string>();

  /** @param onLoaded something new can be drawn */
  constructor(load: (blob: string, signal: AbortSignal) => Promise<ImageBitmap>, onLoaded: () => void) {
    this.#load = load;
    this.#onLoaded = onLoaded;
  }

  /** The picture where it is there. */
  get(blob: string): ImageBitmap | undefined {
    const picture = this.#pictures.get(blob);
    if (!picture) return undefined;
    // Used last: the map keeps the order of insertion.
    this.#pictures.delete(blob);
    this.#pictures.set(blob, picture);
    return picture;
  }

  /** What is on the screen now, the most wanted first; what was wanted before and is not begun is forgotten. */
  want(blobs: readonly string[]): void {
    this.#wanted = blobs.filter((blob) => !this.#pictures.has(blob) && !this.#inFlight.has(blob));
    this.#work();
  }

  close(): void {
    this.#controller.abort();
    this.#wanted = [];
    for (const picture of this.#pictures.values()) picture?.close();
    this.#pictures.clear();
  }

  #work(): void {
    while (this.#inFlight.size < AT_A_TIME) {
      const [blob, ...others] = this.#wanted;
      if (blob === undefined) return;
      this.#wanted = others;
      this.#inFlight.add(blob);
      void this.#fetch(blob);
    }
  }

  async #fetch(blob: string): Promise<void> {
    const { signal } = this.#controller;
    // null: it cannot be had, and is not asked for again.
    const picture = await this.#load(blob, signal).catch(() => null);
    this.#inFlight.delete(blob);
    if (signal.aborted) return picture?.close();
    this.#pictures.set(blob, picture);
    for (const [oldest, unused] of this.#pictures) {
      if (this.#pictures.size <= KEPT) break;
      unused?.close();
      this.#pictures.delete(oldest);
    }
    this.#onLoaded();
    this.#work();
  }
}

/** A picture of the server as a square for a canvas, cut like `object-fit: cover`. */
export async function loadThumb(
  url: string,
  { apiKey, signal }: { apiKey: string | undefined; signal: AbortSignal },
): Promise<ImageBitmap> {
  const whole = await createImageBitmap(await fetchBlob(url, apiKey, signal));
  const side = Math.min(whole.width, whole.height);
  try {
    return await createImageBitmap(
      whole,
      Math.floor((whole.width - side) / 2),
      Math.floor((whole.height - side) / 2),
      side,
      side,
      { resizeWidth: SIDE_PX, resizeHeight: SIDE_PX, resizeQuality: 'medium' },
    );
  } finally {
    whole.close();
  }
}
