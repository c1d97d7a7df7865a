// The JSON cards beside the weights (models/weights/<family>/<id>.json): read, and held against the files they describe.
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { ManifestModel, ModelMetric, parseLabels, parseVocabulary, ScoreCalibration } from '@fovea/contracts';
import { readModel, type OnnxValue } from '@fovea/onnx';
import { isTensorType } from '@fovea/tensor';
import { z } from 'zod';

const Value = z.object({
  name: z.string(),
  dtype: z.string().refine(isTensorType, { message: 'must be an element type of Fovea’s tensors' }),
  shape: z.array(z.union([z.int(), z.string()])),
  layout: z.string().nullish(),
  colour: z.string().nullish(),
  resize: z.string().nullish(),
  meaning: z.string().nullish(),
  units: z.string().nullish(),
});
export type CardValue = z.infer<typeof Value>;

/** Stands for the data set of a figure that compares the file with the model it was converted from. */
export const CONVERSION = 'conversion check';

/** What a JSON card must say; fields beyond these are kept in the file and not shown. */
const CardFile = z.object({
  name: z.string(),
  file: z.string(),
  sha256: ManifestModel.shape.sha256,
  bytes: z.int().min(1),
  parameters: z.int().optional(),
  opset: z.int().optional(),
  revision: z.int().min(1),
  task: z.string(),
  licence: z.string(),
  licenceId: z.string(),
  commercialUse: z.boolean(),
  provenance: z.string(),
  limits: z.string().optional(),
  inputs: z.array(Value).min(1),
  outputs: z.array(Value).min(1),
  labels: z.string().nullish(),
  metrics: z.array(ModelMetric.extend({ dataset: ModelMetric.shape.dataset.default(CONVERSION) })),
  checks: z.record(z.string(), z.unknown()).optional(),
  /** Of models whose scores are cosines of a text and a picture, or answers by their confidence. */
  calibration: z
    .union([
      z.object({ cutoffs: ScoreCalibration.shape.cutoffs }),
      z
        .record(
          z.string().regex(/^\d+(\.\d+)?$/),
          z.object({ answered: z.number(), accuracyOfThose: z.number() }),
        )
        .transform((rows) => ({
          confidence: Object.entries(rows).map(([confidence, { answered, accuracyOfThose }]) => ({
            confidence: Number(confidence),
            answered,
            accuracy: accuracyOfThose,
          })),
        })),
    ])
    .optional(),
  /** Tensors inside the graph that are made outputs when it is loaded. */
  derivedOutputs: ManifestModel.shape.derivedOutputs,
  cpuMsPerImage: z.number().optional(),
  cpuMsHow: z.string().optional(),
});

export interface Card extends z.infer<typeof CardFile> {
  /** The folder under models/weights. */
  readonly family: string;
  /** Number of classes of the label file, where there is one. */
  readonly classes?: number;
  /** Number of tokens of the vocabulary, where the labels are one. */
  readonly tokens?: number;
  /** What was measured of scores between pictures: `<id>.calibration.json` beside the card. */
  readonly measuredCalibrations: readonly ScoreCalibration[];
}

/**
 * Reads the card of every model under a weights folder, sorted by family and name, and checks it against its files:
 * size, SHA-256, the graph's inputs and outputs, the label file.
 * @throws Error that names the card and lists everything that is wrong with it
 */
export function readCards(weights: string): Card[] {
  const models = globSync('**/*.onnx', { cwd: weights }).sort();
  return models.map((model) => {
    const path = join(weights, model.replace(/\.onnx$/, '.json'));
    const shown = relative(weights, path);
    if (!existsSync(path)) throw new Error(`${model} has no card ${shown}`);
    const parsed = CardFile.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    if (!parsed.success) throw new Error(`${shown}:\n${z.prettifyError(parsed.error)}`);
    const family = dirname(model).split(sep).join('/');
    const problems = [...wrongNames(parsed.data, model), ...wrongFile(parsed.data, join(weights, model))];
    if (problems.length > 0) throw new Error(`${shown}: ${problems.join('; ')}`);
    return {
      ...parsed.data,
      family,
      ...countLabels(parsed.data, dirname(path)),
      measuredCalibrations: readCalibrations(path.replace(/\.json$/, '.calibration.json')),
    };
  });
}

function* wrongNames({ name, file }: z.infer<typeof CardFile>, model: string): Iterable<string> {
  if (file !== basename(model)) yield `file is ${file}, not ${basename(model)}`;
  if (`${name}.onnx` !== file) yield `the name ${name} is not that of the file ${file}`;
}

function* wrongFile(card: z.infer<typeof CardFile>, path: string): Iterable<string> {
  const bytes = readFileSync(path);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (bytes.byteLength !== card.bytes) yield `bytes is ${card.bytes}, the file has ${bytes.byteLength}`;
  if (sha256 !== card.sha256) yield `sha256 is ${card.sha256}, the file has ${sha256}`;
  const { graph, opset } = readModel(bytes);
  if (card.opset !== undefined && card.opset !== opset) yield `opset is ${card.opset}, the file has ${opset}`;
  const given = graph.inputs.filter(({ name }) => !graph.initializers.has(name));
  yield* differences('input', card.inputs, given);
  yield* differences('output', card.outputs, graph.outputs);
}

/** Names, element types and fixed dimensions; an exporter names dynamic ones as it likes. */
function* differences(
  side: string,
  card: readonly CardValue[],
  graph: readonly OnnxValue[],
): Iterable<string> {
  const names = (values: readonly { name: string }[]) => values.map(({ name }) => name).join(', ');
  if (names(card) !== names(graph)) {
    yield `${side}s are ${names(card)}, the file has ${names(graph)}`;
    return;
  }
  for (const [i, { name, dtype, shape }] of card.entries()) {
    const real = graph[i];
    if (real?.dtype !== dtype) yield `${side} ${name} is ${dtype}, in the file ${real?.dtype ?? 'untyped'}`;
    const fits = shape.every((dim, axis) => {
      const there = real?.shape?.[axis];
      return typeof dim === 'string' || typeof there === 'string' || dim === there;
    });
    if (!fits || shape.length !== real?.shape?.length)
      yield `${side} ${name} is [${shape.join(', ')}], in the file [${real?.shape?.join(', ') ?? 'unknown'}]`;
  }
}

/** A label file lists classes, or the tokens of a text model. */
function countLabels(
  { labels }: z.infer<typeof CardFile>,
  folder: string,
): { classes?: number; tokens?: number } {
  if (!labels) return {};
  const json = JSON.parse(readFileSync(join(folder, labels), 'utf8')) as {
    labels?: unknown;
    answers?: unknown;
    tokens?: unknown;
    words?: unknown;
  };
  if (json.tokens ?? json.words) return { tokens: parseVocabulary(json).length };
  return json.labels === undefined && json.answers === undefined ? {} : { classes: parseLabels(json).length };
}

/** What `fovea evaluate retrieval --calibrate` wrote beside a card. */
function readCalibrations(path: string): ScoreCalibration[] {
  if (!existsSync(path)) return [];
  const parsed = ScoreCalibration.array().safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (!parsed.success) throw new Error(`${path}:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** The manifest's row of a card. */
export const manifestModel = (card: Card): ManifestModel =>
  ManifestModel.parse({
    id: card.name,
    revision: card.revision,
    task: card.task,
    file: `${card.family}/${card.file}`,
    source: { type: 'embedded' },
    sha256: card.sha256,
    bytes: card.bytes,
    parameters: card.parameters,
    licenceId: card.licenceId,
    commercialUse: card.commercialUse,
    provenance: card.provenance,
    limits: card.limits,
    inputs: card.inputs.map(({ name, dtype, shape, resize }) => ({
      name,
      dtype,
      shape,
      resize: resize ?? undefined,
    })),
    outputs: card.outputs.map(({ name, dtype, shape, meaning, units }) => ({
      name,
      dtype,
      shape,
      meaning: meaning ?? undefined,
      units: units ?? undefined,
    })),
    labels: card.classes === undefined ? undefined : `${card.family}/${card.labels}`,
    vocabulary: card.tokens === undefined ? undefined : `${card.family}/${card.labels}`,
    metrics: card.metrics,
    calibrations: calibrationsOf(card),
    confidence: confidenceOf(card),
    derivedOutputs: card.derivedOutputs,
    batchable: rowsAreAxis0(card),
  });

export const confidenceOf = ({ calibration }: Card) =>
  calibration && 'confidence' in calibration ? calibration.confidence : undefined;

/** The card's own is that of texts against pictures. */
export function calibrationsOf({
  calibration,
  metrics,
  measuredCalibrations,
}: Card): ScoreCalibration[] | undefined {
  const ofTexts: ScoreCalibration[] =
    calibration && 'cutoffs' in calibration
      ? [
          {
            space: 'cross-modal',
            query: 'text',
            dataset: metrics.find(({ dataset }) => dataset !== CONVERSION)?.dataset ?? 'see the card',
            cutoffs: calibration.cutoffs,
          },
        ]
      : [];
  const all = [...ofTexts, ...measuredCalibrations];
  return all.length > 0 ? all : undefined;
}

/** Requests may be joined when axis 0 of every input and output is the same dynamic dimension. */
function rowsAreAxis0({ inputs, outputs }: Card): boolean {
  const [first] = inputs[0]?.shape ?? [];
  return typeof first === 'string' && [...inputs, ...outputs].every(({ shape }) => shape[0] === first);
}
