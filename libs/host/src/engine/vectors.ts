import type { IndexRef, VectorPort, VectorSearch } from '@fovea/application';
import { VisionError } from '@fovea/contracts';

/** A vector port that holds files and memory. */
export interface OpenVectors extends VectorPort {
  close(): Promise<void>;
}

export interface VectorsOptions {
  readonly open: () => Promise<OpenVectors>;
  /** Told of every search that was answered. */
  readonly onSearch?: (search: { backend: string; ms: number }) => void;
}

/** Search by vectors, opened when it is first used: a server without collections starts as if there were none. */
export class Vectors implements VectorPort {
  private readonly options: VectorsOptions;
  private opening: Promise<OpenVectors> | undefined;
  private port: OpenVectors | undefined;
  private closed = false;

  constructor(options: VectorsOptions) {
    this.options = options;
  }

  get backend(): VectorPort['backend'] {
    return this.port?.backend ?? { id: 'exact', reason: 'nothing was searched yet' };
  }

  async search(ref: IndexRef, query: Float32Array, options: VectorSearch): ReturnType<VectorPort['search']> {
    const port = await this.opened();
    const start = performance.now();
    const answer = await port.search(ref, query, options);
    this.options.onSearch?.({ backend: port.backend.id, ms: performance.now() - start });
    return answer;
  }

  async neighbours(...args: Parameters<VectorPort['neighbours']>): ReturnType<VectorPort['neighbours']> {
    return (await this.opened()).neighbours(...args);
  }

  async project(...args: Parameters<VectorPort['project']>): ReturnType<VectorPort['project']> {
    return (await this.opened()).project(...args);
  }

  info(ref: IndexRef): ReturnType<VectorPort['info']> {
    return this.port?.info(ref) ?? null;
  }

  async rebuild(...args: Parameters<VectorPort['rebuild']>): ReturnType<VectorPort['rebuild']> {
    return (await this.opened()).rebuild(...args);
  }

  async verify(...args: Parameters<VectorPort['verify']>): ReturnType<VectorPort['verify']> {
    return (await this.opened()).verify(...args);
  }

  async drop(collectionId: string): Promise<void> {
    await (await this.opened()).drop(collectionId);
  }

  /** Opens it now. @throws what opening it throws */
  async opened(): Promise<OpenVectors> {
    if (this.closed) throw new VisionError('CATALOG_UNAVAILABLE', 'the server is being closed');
    this.opening ??= this.options.open().catch((error: unknown) => {
      this.opening = undefined; // the next use tries again
      throw error;
    });
    return (this.port = await this.opening);
  }

  async close(): Promise<void> {
    this.closed = true;
    const port = await this.opening?.catch(() => undefined);
    await port?.close();
  }
}
