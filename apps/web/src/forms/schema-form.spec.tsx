// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { useState } from 'react';
import { afterEach, describe, expect, it } from 'vitest';
import { changedValues, readFields, type Values } from './schema.ts';
import { SchemaFields } from './schema-form.tsx';

// As zod 4 writes it (z.toJSONSchema, io: 'input').
const schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  properties: {
    topK: { default: 5, description: 'how many labels', type: 'integer', minimum: 1, maximum: 50 },
    many: { type: 'integer', minimum: 0, maximum: 9007199254740991 },
    minScore: { default: 0, type: 'number', minimum: 0, maximum: 1 },
    labels: { type: 'array', items: { type: 'string' } },
    classes: { type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'integer' }] } },
    crops: {
      default: 1,
      anyOf: [
        { type: 'number', const: 1 },
        { type: 'number', const: 10 },
      ],
    },
    mode: { default: 'fast', type: 'string', enum: ['accurate', 'fast'] },
    polygons: { default: false, type: 'boolean' },
    question: { type: 'string', maxLength: 200 },
    tiles: {
      type: 'object',
      properties: { columns: { default: 2, type: 'integer' }, overlap: { type: 'number' } },
    },
    points: { type: 'array', items: { type: 'object' } },
    cutout: { anyOf: [{ type: 'integer' }, { type: 'string', minLength: 1 }] },
  },
  required: ['question'],
};
const fields = readFields(schema);

afterEach(cleanup);

function setUp(errors: { path: string; message: string }[] = []): () => Values {
  let latest: Values = {};
  function Form() {
    const [values, setValues] = useState<Values>({});
    latest = values;
    return <SchemaFields fields={fields} values={values} errors={errors} onChange={setValues} />;
  }
  render(<Form />);
  return () => changedValues(fields, latest);
}

const type = (name: string, value: string) =>
  fireEvent.change(screen.getByLabelText(name), { target: { value } });

describe('readFields', () => {
  it('chooses a control for every kind of property', () => {
    expect(fields.map((field) => [field.name, field.type])).toEqual([
      ['topK', 'number'],
      ['many', 'number'],
      ['minScore', 'number'],
      ['labels', 'list'],
      ['classes', 'list'],
      ['crops', 'choice'],
      ['mode', 'choice'],
      ['polygons', 'switch'],
      ['question', 'text'],
      ['tiles', 'group'],
      ['points', 'json'],
      ['cutout', 'text'],
    ]);
  });

  it('does not show the largest safe integer as a limit', () => {
    expect(fields[1]).toMatchObject({ min: 0, max: undefined });
  });

  it('follows a reference into $defs', () => {
    const [field] = readFields({
      type: 'object',
      $defs: { Mode: { enum: ['a', 'b'], type: 'string' } },
      properties: { mode: { $ref: '#/$defs/Mode', default: 'b' } },
    });
    expect(field).toMatchObject({ type: 'choice', options: ['a', 'b'], fallback: 'b' });
  });
});

describe('SchemaFields', () => {
  it('shows the defaults and sends nothing while nothing is changed', () => {
    const sent = setUp();
    expect(screen.getByLabelText<HTMLInputElement>('Top k').value).toBe('5');
    expect(screen.getByLabelText<HTMLInputElement>('Top k, slider').value).toBe('5');
    expect(screen.getByLabelText<HTMLSelectElement>('Mode').selectedOptions[0]?.text).toBe('fast');
    expect(sent()).toEqual({});
  });

  it('sends numbers as numbers, and nothing again once the default is back', () => {
    const sent = setUp();
    type('Top k', '3');
    type('Min score, slider', '0.25');
    expect(sent()).toEqual({ topK: 3, minScore: 0.25 });
    type('Top k', '5');
    type('Min score', '');
    expect(sent()).toEqual({});
  });

  it('keeps the type of a choice', () => {
    const sent = setUp();
    fireEvent.change(screen.getByLabelText('Crops'), { target: { value: '1' } });
    expect(sent()).toEqual({ crops: 10 });
  });

  it('collects tags with Enter, commas and Backspace', () => {
    const sent = setUp();
    const input = screen.getByLabelText('Labels');
    for (const typed of ['tabby', 'tiger cat, tabby']) {
      fireEvent.change(input, { target: { value: typed } });
      fireEvent.keyDown(input, { key: 'Enter' });
    }
    expect(sent()).toEqual({ labels: ['tabby', 'tiger cat'] });
    fireEvent.keyDown(input, { key: 'Backspace' });
    expect(sent()).toEqual({ labels: ['tabby'] });
    fireEvent.click(screen.getByRole('button', { name: 'Remove tabby' }));
    expect(sent()).toEqual({});
  });

  it('sends class indices as numbers and names as they are', () => {
    const sent = setUp();
    const input = screen.getByLabelText('Classes');
    fireEvent.change(input, { target: { value: '281, n02123045' } });
    fireEvent.blur(input);
    expect(sent()).toEqual({ classes: [281, 'n02123045'] });
  });

  it('sends a group only with what was changed in it', () => {
    const sent = setUp();
    type('Columns', '2');
    expect(sent()).toEqual({});
    type('Overlap', '0.5');
    expect(sent()).toEqual({ tiles: { overlap: 0.5 } });
  });

  it('says beside the field what the server found wrong, and ties it to the control', () => {
    setUp([
      { path: 'topK', message: 'Too big: expected <=50' },
      { path: 'params.labels.1', message: 'no class is called "tabbyy"' },
      { path: 'tiles.columns', message: 'must be whole' },
    ]);
    const topK = screen.getByLabelText('Top k');
    expect(topK.getAttribute('aria-invalid')).toBe('true');
    const described = topK
      .getAttribute('aria-describedby')
      ?.split(' ')
      .map((id) => document.getElementById(id)?.textContent);
    expect(described).toEqual(['Too big: expected <=50', 'how many labels']);
    expect(screen.getByLabelText('Labels').getAttribute('aria-invalid')).toBe('true');
    expect(screen.getByLabelText('Columns').getAttribute('aria-invalid')).toBe('true');
    expect(screen.getByLabelText('Mode').getAttribute('aria-invalid')).toBeNull();
  });

  it('keeps the last valid JSON while something else is typed', () => {
    const sent = setUp();
    type('Points', '[{"x":1}]');
    type('Points', '[{"x":');
    expect(sent()).toEqual({ points: [{ x: 1 }] });
    expect(screen.getByText(/not JSON yet/)).toBeTruthy();
  });
});
