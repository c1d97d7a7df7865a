import type { ModelInfo, RunEnvelope } from '@fovea/contracts';
import type { Fovea } from '@fovea/sdk';
import type { Backend, BackendOptions } from './backend.ts';
import type { Terminal } from './terminal.ts';

export interface DoctorReport {
  readonly settings: readonly { env: string; value: string; source: string; about: string }[];
  readonly checks: readonly { name: string; ok: boolean; detail: string; fix?: string | undefined }[];
}
export interface Verified {
  readonly id: string;
  readonly ok: boolean;
  readonly reason?: string | undefined;
}

/** What the user says of a model of their own. */
export interface NewModel {
  readonly id?: string;
  readonly task: string;
  readonly licenceId?: string;
  readonly commercialUse?: boolean;
  readonly provenance?: string;
  /** An absolute path. */
  readonly labels?: string;
}

/** A server to talk to; one that was started for this command ends with it. */
export interface Opened {
  readonly fovea: Fovea;
  close(): Promise<void>;
}

/** What the commands ask of the installation they belong to; specs give their own. */
export interface Installation {
  readonly version: string;
  /** The server that was named, else the one that owns the data folder, else this process. */
  connect(options: BackendOptions): Promise<Backend>;
  /** The server that was named, else the one that owns the data folder, else one for the time of this command. */
  open(options: Pick<BackendOptions, 'server' | 'apiKey'>): Promise<Opened>;
  doctor(): Promise<DoctorReport>;
  /** A result drawn on its picture as PNG, or the drawing alone as SVG; of `masks` with the class map. */
  draw(
    envelope: RunEnvelope,
    format: 'png' | 'svg',
    pictures: { readonly picture: Uint8Array; readonly map?: Uint8Array },
  ): Promise<Uint8Array>;
  /** Checks the weights on this machine against the manifest; no ids = all. */
  verify(ids: readonly string[]): Promise<readonly Verified[]>;
  /** Copies the user's ONNX file into the data folder. @param file an absolute path */
  addModel(file: string, model: NewModel): Promise<ModelInfo>;
  /** Runs the platform until it is told to stop. */
  start(): Promise<void>;
}

/** What every command is given. */
export interface Cli {
  readonly terminal: Terminal;
  /** The folder that relative paths of the command line mean. */
  readonly cwd: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly installation: Installation;
}

/** Connects, works, and closes again whatever happens. */
export async function withBackend<T>(
  cli: Cli,
  options: BackendOptions,
  work: (backend: Backend) => Promise<T>,
): Promise<T> {
  const backend = await cli.installation.connect(options);
  try {
    return await work(backend);
  } finally {
    await backend.close();
  }
}

/** As {@link withBackend}, for what only a server has. */
export async function withServer<T>(
  cli: Cli,
  options: Pick<BackendOptions, 'server' | 'apiKey'>,
  work: (fovea: Fovea) => Promise<T>,
): Promise<T> {
  const { fovea, close } = await cli.installation.open(options);
  try {
    return await work(fovea);
  } finally {
    await close();
  }
}
