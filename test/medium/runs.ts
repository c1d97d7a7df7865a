import type { RunEnvelope } from '@fovea/contracts';
import { createHash, randomBytes } from 'node:crypto';

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A UUID of version 7: its order is the order of time. */
export function uuid7(ms: number = Date.now()): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(ms, 0, 6);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

export interface RunChoice {
  readonly task?: RunEnvelope['run']['task'];
  readonly labels?: readonly (readonly [label: string, score: number])[];
  readonly result?: RunEnvelope['result'];
  readonly model?: string;
  readonly createdAt?: Date;
  readonly params?: Record<string, unknown>;
  readonly attachments?: RunEnvelope['attachments'];
  readonly input?: Uint8Array;
}

/** A run as the host would hand it over. */
export function runEnvelope(choice: RunChoice = {}): RunEnvelope {
  const createdAt = choice.createdAt ?? new Date();
  const id = uuid7(createdAt.getTime());
  const input = choice.input ?? Buffer.from('a picture');
  const labels = choice.labels ?? [['tabby', 0.9]];
  return {
    run: {
      id,
      task: choice.task ?? 'classification',
      models: [
        { role: 'primary', id: choice.model ?? 'efficientnet-lite0', revision: 1, sha256: 'a'.repeat(64) },
      ],
      params: choice.params ?? { topK: 5 },
      device: 'cpu',
      batchSize: 1,
      createdAt: createdAt.toISOString(),
      codeVersion: '0.1.0',
      timings: { decodeMs: 1.5, queueMs: 0, inferenceMs: 20.25, postprocessMs: 0.1, totalMs: 22 },
      stages: [{ role: 'primary', queueMs: 0, inferenceMs: 20.25, batchSize: 1, cached: false }],
    },
    inputs: {
      image: { sha256: sha256Of(input), mime: 'image/jpeg', bytes: input.length, width: 640, height: 480 },
    },
    result: choice.result ?? {
      kind: 'labels',
      labels: labels.map(([label, score], classId) => ({ label, classId, score })),
    },
    ...(choice.attachments ? { attachments: choice.attachments } : {}),
    links: { self: `/v1/runs/${id}` },
  };
}

/** A record of a run with its picture. */
export function runRecord(owner: string, choice: RunChoice = {}) {
  const bytes = choice.input ?? Buffer.from('a picture');
  const envelope = runEnvelope(choice);
  return {
    owner,
    envelope,
    inputs: [{ name: 'image', index: 0, sha256: sha256Of(bytes), bytes, mime: 'image/jpeg' }],
  };
}
