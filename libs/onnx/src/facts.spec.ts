import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { graphFacts } from './facts.ts';
import { readModel } from './read.ts';

const weights = new URL('../../../models/weights/classification/', import.meta.url);
interface Card {
  readonly opset: number;
  readonly parameters: number;
  readonly declared: Record<
    'inputs' | 'outputs',
    { name: string; type: string; shape: (string | number)[] }[]
  >;
}
const TYPES: Record<string, string> = { 'tensor(uint8)': 'uint8', 'tensor(float)': 'float32' };

describe.each(['efficientnet-lite0', 'efficientnet-lite2'])('facts of %s', (id) => {
  const card = JSON.parse(readFileSync(new URL(`${id}.json`, weights), 'utf8')) as Card;
  const facts = graphFacts(readModel(readFileSync(new URL(`${id}.onnx`, weights))));
  const declared = (side: 'inputs' | 'outputs') =>
    card.declared[side].map(({ name, type, shape }) => ({ name, dtype: TYPES[type], shape }));

  it('are those of its card: inputs, outputs, operator set, parameters', () => {
    expect(facts.inputs).toEqual(declared('inputs'));
    expect(facts.outputs).toEqual(declared('outputs'));
    expect(facts.opset).toBe(card.opset);
    expect(facts.parameters).toBe(card.parameters);
  });

  it('count the operators that are left after folding', () => {
    expect(facts.ops).toMatchObject({ Gemm: 1, ReduceMean: 1 });
    expect(facts.ops['Conv']).toBeGreaterThan(40);
    expect(facts.ops).not.toHaveProperty('Constant');
    expect(facts.ops['Cast']).toBe(1);
    expect(facts.producer).toBe('pytorch 2.15.0');
    expect(facts.domains).toEqual([]);
  });
});
