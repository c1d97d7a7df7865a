import { addModel } from '@fovea/testing';
import { expect, it } from 'vitest';
import { addOutputs } from './outputs.ts';
import { readModel } from './read.ts';
import { writeModel } from './write.ts';

const model = readModel(addModel());
const shape = ['n', 4];

it('adds a tensor of the graph as an output behind the others, which survives the file', () => {
  const added = addOutputs(model, [{ name: 'sum', tensor: 'y', dtype: 'float32', shape }]);
  expect(added.graph.outputs.map(({ name }) => name)).toEqual(['y', 'sum']);
  const read = readModel(writeModel(added));
  expect(read.graph.outputs[1]).toEqual({ name: 'sum', dtype: 'float32', shape });
  expect(read.graph.nodes.at(-1)).toMatchObject({ op: 'Identity', inputs: ['y'], outputs: ['sum'] });
  expect(model.graph.outputs).toHaveLength(1);
});

it('refuses a tensor that the graph does not compute, and a name that is taken', () => {
  expect(() => addOutputs(model, [{ name: 'sum', tensor: 'nothing' }])).toThrow(/no tensor "nothing"/);
  expect(() => addOutputs(model, [{ name: 'x', tensor: 'y' }])).toThrow(/"x" already/);
  expect(() =>
    addOutputs(model, [
      { name: 'sum', tensor: 'y' },
      { name: 'sum', tensor: 'y' },
    ]),
  ).toThrow(/"sum" already/);
});
