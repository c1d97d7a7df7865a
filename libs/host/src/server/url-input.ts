import { VisionError } from '@fovea/contracts';
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { Agent, request } from 'undici';
import type { InputBytes } from '../engine/inputs.ts';
import { timeLimit } from '../engine/time-limit.ts';
import { UrlGuard } from './url-guard.ts';

const MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export interface UrlInputOptions {
  readonly allow: readonly string[];
  readonly maxBytes: number;
  /** For the whole transfer; default 15,000. */
  readonly timeoutMs?: number;
}

/** Fetches URL inputs: public addresses only, every redirect checked again, bounded in time and size. */
export class UrlInputs {
  private readonly guard: UrlGuard;
  private readonly agent: Agent;
  private readonly options: UrlInputOptions;

  constructor(options: UrlInputOptions) {
    this.options = options;
    this.guard = new UrlGuard(options.allow);
    this.agent = new Agent({ connect: { lookup: this.guard.lookup, timeout: 5_000 }, pipelining: 0 });
  }

  /** @throws URL_REFUSED, PAYLOAD_TOO_LARGE, CANCELLED */
  async fetch(address: string, signal: AbortSignal): Promise<InputBytes> {
    const limit = timeLimit(this.options.timeoutMs ?? 15_000, signal);
    try {
      return await this.follow(address, limit.signal);
    } catch (error) {
      throw explain(error, address, { caller: signal, limit: limit.signal });
    } finally {
      limit.end();
    }
  }

  close(): Promise<void> {
    return this.agent.close();
  }

  private async follow(address: string, signal: AbortSignal): Promise<InputBytes> {
    let url = parse(address);
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      this.guard.check(url);
      const { statusCode, headers, body } = await request(url, {
        dispatcher: this.agent,
        signal,
        headers: { accept: 'image/*,*/*;q=0.5', 'user-agent': 'Fovea' },
      });
      if (REDIRECTS.has(statusCode) && typeof headers.location === 'string') {
        await body.dump();
        url = parse(new URL(headers.location, url).href);
        continue;
      }
      if (statusCode !== 200) {
        await body.dump();
        throw new VisionError('URL_REFUSED', `${url.host} answers ${statusCode}`, {
          hint: 'Check that the address opens without a login.',
        });
      }
      return read(body, {
        maxBytes: this.options.maxBytes,
        length: Number(headers['content-length'] ?? 0),
        url,
      });
    }
    throw new VisionError('URL_REFUSED', `${address} redirects more than ${MAX_REDIRECTS} times`);
  }
}

function parse(address: string): URL {
  const url = URL.parse(address);
  if (!url) throw new VisionError('URL_REFUSED', `"${address.slice(0, 200)}" is not a URL`);
  return url;
}

async function read(
  body: AsyncIterable<Uint8Array> & { destroy(): void },
  { maxBytes, length, url }: { maxBytes: number; length: number; url: URL },
): Promise<InputBytes> {
  const tooLarge = () =>
    new VisionError('PAYLOAD_TOO_LARGE', `${url.host} sends more than ${maxBytes} bytes`);
  const chunks: Uint8Array[] = [];
  const hash = createHash('sha256');
  let total = 0;
  try {
    if (length > maxBytes) throw tooLarge();
    for await (const chunk of body) {
      total += chunk.byteLength;
      if (total > maxBytes) throw tooLarge();
      hash.update(chunk);
      chunks.push(chunk);
    }
  } finally {
    body.destroy();
  }
  return {
    bytes: Buffer.concat(chunks, total),
    sha256: hash.digest('hex'),
    name: basename(url.pathname) || url.host,
  };
}

function explain(
  error: unknown,
  address: string,
  signals: { caller: AbortSignal; limit: AbortSignal },
): VisionError {
  const timedOut = signals.limit.aborted && !signals.caller.aborted;
  if (error instanceof VisionError && !timedOut) return error;
  if (signals.caller.aborted)
    return new VisionError('CANCELLED', 'the request was cancelled', { cause: error });
  const cause = error instanceof Error && error.cause instanceof VisionError ? error.cause : undefined;
  if (cause) return cause;
  const reason = timedOut ? 'took too long' : error instanceof Error ? error.message : String(error);
  return new VisionError('URL_REFUSED', `${address.slice(0, 200)} could not be fetched: ${reason}`, {
    cause: error,
  });
}
