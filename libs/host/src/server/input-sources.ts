import type { InputSource } from '@fovea/contracts';
import type { Engine } from '../engine/engine.ts';
import type { InputBytes } from '../engine/inputs.ts';
import { OWNER } from './exchange.ts';
import type { UrlInputs } from './url-input.ts';

/** Fetches what a request names by URL or by the SHA-256 of a blob. */
export const inputSources =
  ({ engine, urls, signal }: { engine: Engine; urls: UrlInputs; signal: AbortSignal }) =>
  async (source: Exclude<InputSource, { base64: string }>): Promise<InputBytes> =>
    'url' in source
      ? urls.fetch(source.url, signal)
      : { bytes: await engine.readBlob(OWNER, source.blob), sha256: source.blob };
