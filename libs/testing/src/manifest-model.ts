import { createHash } from 'node:crypto';
import { ManifestModel } from '@fovea/contracts';
import { graphFacts, readModel } from '@fovea/onnx';

/**
 * The manifest's row for the bytes of a tiny model, with the inputs, outputs and hash that it really has. A model that
 * cannot be read has neither inputs nor outputs.
 * @param change fields to set otherwise, such as a wrong hash or `batchable: false`
 */
export function tinyManifestModel(
  id: string,
  bytes: Uint8Array,
  change: Partial<ManifestModel> = {},
): ManifestModel {
  return ManifestModel.parse({
    id,
    revision: 1,
    task: 'test',
    file: `${id}.onnx`,
    source: { type: 'embedded' },
    sha256: createHash('sha256').update(bytes).digest('hex'),
    bytes: bytes.byteLength,
    licenceId: 'Apache-2.0',
    commercialUse: true,
    provenance: 'built by a test',
    ...signature(bytes),
    metrics: [],
    ...change,
  });
}

function signature(bytes: Uint8Array): Pick<ManifestModel, 'inputs' | 'outputs'> {
  try {
    const { inputs, outputs } = graphFacts(readModel(bytes));
    const spec = (values: typeof inputs) =>
      values.map(({ name, dtype = '', shape = [] }) => ({ name, dtype, shape: [...shape] }));
    return { inputs: spec(inputs), outputs: spec(outputs) };
  } catch {
    return { inputs: [], outputs: [] };
  }
}
