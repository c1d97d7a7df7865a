import { Command, CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { addParamOptions, readValue, type ParamSchema } from './param-options.ts';

const schema: ParamSchema = {
  properties: {
    topK: { type: 'integer', minimum: 1, maximum: 1000, default: 5, description: 'how many labels' },
    minScore: {
      anyOf: [
        { type: 'number', minimum: 0, maximum: 1 },
        { const: 'auto', type: 'string' },
      ],
    },
    labels: { type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'integer' }] } },
    boxes: { type: 'array', items: { type: 'array', items: { type: 'number' }, minItems: 4 } as ParamSchema },
    mode: { type: 'string', enum: ['accurate', 'fast'] },
    crops: { anyOf: [1, 5, 10].map((value) => ({ type: 'number', const: value })), default: 1 },
    tiles: { type: 'boolean', default: false },
    premise: { type: 'boolean', default: true },
    question: { type: 'string' },
    region: { type: 'object' },
    json: { type: 'string' },
  },
};

function parse(...args: string[]): Record<string, unknown> {
  const command = new Command('run')
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .option('--json');
  const readParams = addParamOptions(command, schema);
  command.parse(args, { from: 'user' });
  return readParams();
}

describe('options from a JSON Schema', () => {
  it.each<[string[], Record<string, unknown>]>([
    [[], {}],
    [['--top-k', '7'], { topK: 7 }],
    [['--top-k=7'], { topK: 7 }],
    [['--min-score', '.25'], { minScore: 0.25 }],
    [['--min-score', 'auto'], { minScore: 'auto' }],
    [['--labels', 'cat,281,n02123045'], { labels: ['cat', 281, 'n02123045'] }],
    [['--labels', 'tabby, tabby cat'], { labels: ['tabby, tabby cat'] }],
    [['--labels', '["a,b", 3]'], { labels: ['a,b', 3] }],
    [['--labels', 'a', '--labels', 'b,c'], { labels: ['a', 'b', 'c'] }],
    [['--labels', ''], { labels: [] }],
    [
      ['--boxes', '[[1,2,3,4],[5,6,7,8]]'],
      {
        boxes: [
          [1, 2, 3, 4],
          [5, 6, 7, 8],
        ],
      },
    ],
    [
      ['--boxes', '[1,2,3,4]', '--boxes', '[[5,6,7,8]]'],
      {
        boxes: [
          [1, 2, 3, 4],
          [5, 6, 7, 8],
        ],
      },
    ],
    [['--mode', 'fast'], { mode: 'fast' }],
    [['--crops', '10'], { crops: 10 }],
    [['--tiles'], { tiles: true }],
    [['--no-tiles'], { tiles: false }],
    [['--no-premise'], { premise: false }],
    [['--question', '5'], { question: '5' }],
    [['--region', '{"x": 1}'], { region: { x: 1 } }],
    [['--json', '--param-json', 'ü'], { json: 'ü' }],
  ])('%j means %j', (args, params) => expect(parse(...args)).toEqual(params));

  it.each<[string[], RegExp]>([
    [['--top-k', '0'], /it must lie in \[1, 1000\]/],
    [['--top-k', '2.5'], /it must be a whole number/],
    [['--top-k', ''], /it must be a whole number/],
    [['--top-k'], /argument missing/],
    [['--min-score', 'high'], /it must be number\|auto/],
    [['--mode', 'slow'], /it must be one of accurate, fast/],
    [['--crops', '7'], /it must be 1\|5\|10/],
    [['--labels', '[1,'], /it must be a list as JSON/],
    [['--boxes', '1,2,3,4'], /it must be a list of lists as JSON/],
    [['--region', 'x'], /it must be an object as JSON/],
    [['--topk', '3'], /unknown option '--topk'\n\(Did you mean --top-k\?\)/],
  ])('%j is refused', (args, message) => {
    expect(() => parse(...args)).toThrow(CommanderError);
    expect(() => parse(...args)).toThrow(message);
  });

  it('describes ranges, defaults and choices', () => {
    const command = new Command('run');
    addParamOptions(command, schema);
    const help = command.helpInformation();
    expect(help).toContain('--top-k <integer>');
    expect(help).toContain('how many labels [1, 1000] (default: 5)');
    expect(help).toContain('--mode <accurate|fast>');
    expect(help).toContain('--no-premise');
    expect(help).not.toContain('--no-tiles');
  });
});

it('the bounds that every z.int() has say nothing', () => {
  const { MAX_SAFE_INTEGER } = Number;
  expect(readValue({ type: 'integer', minimum: -MAX_SAFE_INTEGER, maximum: MAX_SAFE_INTEGER }, '-3')).toBe(
    -3,
  );
  const command = new Command('run');
  addParamOptions(command, {
    properties: { seed: { type: 'integer', minimum: 0, maximum: MAX_SAFE_INTEGER } },
  });
  expect(command.helpInformation()).toContain('[0, ∞)');
});
