import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beamSearch, type BeamOptions, type BeamStep, type WordScores } from './beam-search.ts';

// Words: 0 start, 1 end, 2 never, 3.. words.
const WORDS = 6;
const OPTIONS: BeamOptions = {
  beams: 3,
  maxWords: 4,
  lengthExponent: 1.1,
  noRepeat: 0,
  prefix: [],
  start: 0,
  end: 1,
  banned: [0, 2],
};

/** A language model that knows every sentence so far by following parents, as kept tensors are followed. */
function model(score: (sentence: readonly number[], word: number) => number) {
  let sentences: number[][] = [];
  const steps: BeamStep[] = [];
  const next = (step: BeamStep): Promise<WordScores> => {
    steps.push(step);
    sentences =
      step.position === 0
        ? step.tokens.map(() => [])
        : step.parents.map((parent, row) => [...(sentences[parent] ?? []), step.tokens[row] as number]);
    const logits = Float32Array.from({ length: sentences.length * WORDS }, (_, at) =>
      score(sentences[Math.floor(at / WORDS)] as number[], at % WORDS),
    );
    return Promise.resolve({
      logits,
      attention: sentences.map((sentence) => Float32Array.of(sentence.length)),
    });
  };
  return { next, steps };
}
/** Scores that depend on the whole sentence, without order. */
const scrambled =
  (seed: number) =>
  (sentence: readonly number[], word: number): number =>
    4 *
    Math.sin(seed + sentence.reduce((sum, one, at) => sum + one * (at + 3.7), 0) * 12.9898 + word * 78.233);

const logSoftmax = (logits: readonly number[]): number[] => {
  const sum = Math.log(logits.reduce((total, logit) => total + Math.exp(logit), 0));
  return logits.map((logit) => logit - sum);
};

/** Sequences of so many words that stand in a sentence more than once. */
function repeated(tokens: readonly number[], size: number): string[] {
  if (size === 0) return [];
  const parts = tokens.slice(size - 1).map((_, at) => tokens.slice(at, at + size).join(' '));
  return parts.filter((part, at) => parts.indexOf(part) < at);
}

/** Every sentence there is, by its score. */
function everySentence(score: ReturnType<typeof scrambled>, { maxWords, lengthExponent }: BeamOptions) {
  const found: { tokens: number[]; score: number }[] = [];
  const walk = (tokens: number[], total: number): void => {
    const row = logSoftmax(Array.from({ length: WORDS }, (_, word) => Math.fround(score(tokens, word))));
    found.push({
      tokens,
      score: (total + (row[1] as number)) / (tokens.length + 1) ** lengthExponent,
    });
    if (tokens.length < maxWords)
      for (let word = 3; word < WORDS; word++) walk([...tokens, word], total + (row[word] as number));
  };
  walk([], 0);
  return found.sort((a, b) => b.score - a.score);
}

describe('beamSearch', () => {
  it('takes the likeliest word each time with one beam', async () => {
    const score = scrambled(1);
    const [only, ...others] = await beamSearch(model(score).next, { ...OPTIONS, beams: 1 });
    const greedy: number[] = [];
    for (;;) {
      const row = [1, 3, 4, 5].map((word) => [score(greedy, word), word] as const);
      const [, word] = row.reduce((best, one) => (one[0] > best[0] ? one : best));
      if (word === 1 || greedy.length === OPTIONS.maxWords) break;
      greedy.push(word);
    }
    expect(others).toEqual([]);
    expect(only?.tokens).toEqual(greedy);
  });

  it('finds the best of all sentences when every sentence is followed', () =>
    fc.assert(
      fc.asyncProperty(fc.double({ min: -50, max: 50, noNaN: true }), async (seed) => {
        const score = scrambled(seed);
        const found = await beamSearch(model(score).next, { ...OPTIONS, beams: 200 });
        const [best] = everySentence(score, OPTIONS);
        expect(found[0]?.tokens).toEqual(best?.tokens);
        expect(found[0]?.score).toBeCloseTo(best?.score ?? 0, 5);
      }),
      { numRuns: 30 },
    ));

  it('any scores: sentences in order of their scores, within the limits, without words that are never chosen', () =>
    fc.assert(
      fc.asyncProperty(
        fc.double({ min: -50, max: 50, noNaN: true }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 0, max: 3 }),
        async (seed, beams, maxWords, noRepeat) => {
          const found = await beamSearch(model(scrambled(seed)).next, {
            ...OPTIONS,
            beams,
            maxWords,
            noRepeat,
          });
          expect(found.length).toBeGreaterThan(0);
          expect(found.map(({ score }) => score)).toEqual(
            found.map(({ score }) => score).toSorted((a, b) => b - a),
          );
          for (const { tokens, logProbabilities, attention, meanLogProbability } of found) {
            expect(tokens.length).toBeLessThanOrEqual(maxWords);
            expect(tokens.every((token) => token >= 3)).toBe(true);
            expect(logProbabilities).toHaveLength(tokens.length);
            // Each word's map is that of the step which chose it, in the sentence that it belongs to.
            expect(attention.map(([words]) => words)).toEqual(tokens.map((_, at) => at));
            expect(meanLogProbability).toBeLessThanOrEqual(0);
            expect(repeated(tokens, noRepeat)).toEqual([]);
          }
        },
      ),
      { numRuns: 100 },
    ));

  it('continues a beginning, which costs nothing', async () => {
    const score = scrambled(3);
    const { next, steps } = model(score);
    const found = await beamSearch(next, { ...OPTIONS, prefix: [5, 5], lengthExponent: 1 });
    for (const { tokens, score: total, logProbabilities } of found) {
      expect(tokens.slice(0, 2)).toEqual([5, 5]);
      const row = logSoftmax(Array.from({ length: WORDS }, (_, word) => Math.fround(score(tokens, word))));
      const generated = logProbabilities.slice(2).reduce((sum, one) => sum + one, row[1] as number);
      expect(total).toBeCloseTo(generated / (tokens.length - 1), 5);
    }
    expect(steps.slice(0, 3).map(({ tokens }) => tokens)).toEqual([[0], [5], [5]]);
  });

  it('ends where the beginning takes every word', async () => {
    const [only] = await beamSearch(model(scrambled(4)).next, { ...OPTIONS, prefix: [3, 4, 5, 3] });
    expect(only?.tokens).toEqual([3, 4, 5, 3]);
  });

  it('may say nothing', async () => {
    const [best] = await beamSearch(model((_, word) => (word === 1 ? 50 : 0)).next, OPTIONS);
    expect(best?.tokens).toEqual([]);
    expect(best?.score).toBeCloseTo(0);
  });

  it('tells which sentence leads after every word', async () => {
    const leading: string[] = [];
    const onWord: BeamOptions['onWord'] = ({ tokens }) => leading.push(tokens.join(' '));
    // 3 4 5 with certainty, then the end.
    const certain = model((sentence, word) => (word === ([3, 4, 5][sentence.length] ?? 1) ? 30 : 0));
    await beamSearch(certain.next, { ...OPTIONS, beams: 1, onWord });
    expect(leading).toEqual(['3', '3 4', '3 4 5']);
  });

  it('counts ends among the best alone where it is asked to', async () => {
    // "3" is likeliest; to end at once is second, beyond the one beam but among twice as many candidates of two.
    const score = (sentence: readonly number[], word: number): number =>
      [-99, sentence.length === 0 ? 1 : 3, -99, 4, 2, -5][word] ?? -99;
    const lengths = async (ends: 'any' | 'best') =>
      (await beamSearch(model(score).next, { ...OPTIONS, beams: 2, ends, maxWords: 3 })).map(
        ({ tokens }) => tokens.length,
      );
    expect(Math.min(...(await lengths('any')))).toBe(0);
    expect(Math.min(...(await lengths('best')))).toBeGreaterThan(0);
  });

  it.each([
    [{ beams: 0 }, /beams/],
    [{ maxWords: 0 }, /maxWords/],
    [{ prefix: [3, 3, 3, 3, 3] }, /prefix/],
  ])('refuses %j', (wrong, message) =>
    expect(beamSearch(model(scrambled(1)).next, { ...OPTIONS, ...wrong })).rejects.toThrow(message),
  );
});
