/** What follows the sentences so far: their scores for every word, in the order of the sentences. */
export interface WordScores {
  /** [sentences, words] */
  readonly logits: Float32Array;
  /** Where each sentence looked, if it was asked for. */
  readonly attention: readonly Float32Array[];
}
export interface BeamStep {
  /** The last word of each sentence. */
  readonly tokens: readonly number[];
  /** Of each sentence: which one of the step before it continues. */
  readonly parents: readonly number[];
  /** 0 at the first step. */
  readonly position: number;
}
export interface BeamOptions {
  /** Sentences followed at the same time; 1 is greedy. */
  readonly beams: number;
  /** Most words, those of the prefix included. */
  readonly maxWords: number;
  /** A finished sentence scores total / length^this. */
  readonly lengthExponent: number;
  /** No sequence of so many words twice; 0 allows it. */
  readonly noRepeat: number;
  /**
   * Which sentences that end are finished: `any` of twice as many candidates as beams, or only the `best`, as many as
   * beams, which makes for longer ones; default `any`.
   */
  readonly ends?: 'any' | 'best';
  /** Words that every sentence begins with. */
  readonly prefix: readonly number[];
  readonly start: number;
  readonly end: number;
  /** Never chosen. */
  readonly banned: readonly number[];
  /** Called after every word with the sentence that leads. */
  readonly onWord?: (leading: Omit<Sentence, 'score' | 'meanLogProbability'>) => void;
}
export interface Sentence {
  /** Without start and end. */
  readonly tokens: readonly number[];
  /** Log-probability of each word, given those before. */
  readonly logProbabilities: readonly number[];
  /** Where it looked when it chose each word; empty unless it was asked for. */
  readonly attention: readonly Float32Array[];
  /** Sum of the log-probabilities (prefix left out, end included) over length^exponent. */
  readonly score: number;
  /** The same sum over the length: what it would be per word. */
  readonly meanLogProbability: number;
}

interface Beam {
  readonly tokens: readonly number[];
  readonly logProbabilities: readonly number[];
  readonly attention: readonly Float32Array[];
  readonly total: number;
}
interface Candidate {
  readonly beam: number;
  readonly token: number;
  readonly logProbability: number;
  readonly total: number;
}

/**
 * Beam search over words: of twice as many candidates as beams, those that end are finished, the best others go on; over
 * when as many are finished as there are beams, or the last word allowed only ends.
 * @returns finished sentences, the best score first; at least one
 * @throws RangeError when beams or maxWords are not positive, or the prefix is longer than maxWords
 */
export async function beamSearch(
  next: (step: BeamStep) => Promise<WordScores>,
  options: BeamOptions,
): Promise<Sentence[]> {
  const { beams: width, maxWords, prefix, start, end, lengthExponent } = options;
  if (!(width >= 1 && maxWords >= 1)) throw new RangeError('beams and maxWords must be at least 1');
  if (prefix.length > maxWords) throw new RangeError('the prefix is longer than maxWords');
  const finished: Sentence[] = [];
  let beams: Beam[] = [{ tokens: [], logProbabilities: [], attention: [], total: 0 }];
  let parents = [0];
  for (let position = 0; ; position++) {
    const tokens = beams.map((beam) => beam.tokens.at(-1) ?? start);
    const { logits, attention } = await next({ tokens, parents, position });
    const words = logits.length / beams.length;
    const rows = beams.map((_, row) => logSoftmax(logits.subarray(row * words, (row + 1) * words)));
    const given = prefix[position];
    const candidates =
      given === undefined
        ? likeliest(beams, rows, { ...options, last: position >= maxWords })
        : // What was given costs nothing.
          [{ beam: 0, token: given, logProbability: rows[0]?.[given] ?? 0, total: 0 }];
    const going: Beam[] = [];
    parents = [];
    for (const [rank, { beam, token, logProbability, total }] of candidates.entries()) {
      const before = beams[beam] as Beam;
      if (token === end) {
        if (options.ends === 'best' && rank >= width) continue;
        const length = before.tokens.length + 1 - prefix.length;
        finished.push({
          ...before,
          score: total / length ** lengthExponent,
          meanLogProbability: total / length,
        });
        continue;
      }
      if (going.length === width) continue;
      const looked = attention[beam];
      going.push({
        tokens: [...before.tokens, token],
        logProbabilities: [...before.logProbabilities, logProbability],
        attention: looked ? [...before.attention, looked] : [],
        total,
      });
      parents.push(beam);
    }
    if (finished.length >= width || going.length === 0) break;
    beams = going;
    const [leading] = going;
    if (leading) options.onWord?.(leading);
  }
  return finished.sort((a, b) => b.score - a.score);
}

/** The best continuations of all beams, twice as many as beams, so that enough go on when some end; greedy: the one best. */
function likeliest(
  beams: readonly Beam[],
  rows: readonly Float64Array[],
  options: BeamOptions & { readonly last: boolean },
): Candidate[] {
  const { beams: width, end, banned, last, noRepeat } = options;
  const most = width === 1 ? 1 : 2 * width;
  const best: Candidate[] = [];
  beams.forEach((beam, index) => {
    const row = rows[index] as Float64Array;
    const forbidden = new Set([...banned, ...repeats(beam.tokens, noRepeat)]);
    for (let token = 0; token < row.length; token++) {
      if (last && token !== end) continue;
      const logProbability = row[token] as number;
      const total = beam.total + logProbability;
      if (best.length === most && total <= (best.at(-1)?.total ?? 0)) continue;
      if (forbidden.has(token)) continue;
      const at = best.findIndex((other) => other.total < total);
      best.splice(at < 0 ? best.length : at, 0, { beam: index, token, logProbability, total });
      if (best.length > most) best.pop();
    }
  });
  return best;
}

/** Words that would make a sequence of `size` words stand in a sentence twice. */
function repeats(tokens: readonly number[], size: number): number[] {
  if (size === 0 || tokens.length < size) return [];
  const tail = tokens.slice(tokens.length - size + 1);
  const found: number[] = [];
  for (let at = 0; at + size <= tokens.length; at++)
    if (tail.every((token, offset) => tokens[at + offset] === token))
      found.push(tokens[at + size - 1] as number);
  return found;
}

/** Plain loops: it goes over every word at every step, and iterators take several times as long. */
function logSoftmax(logits: Float32Array): Float64Array {
  let highest = -Infinity;
  for (let word = 0; word < logits.length; word++) highest = Math.max(highest, logits[word] as number);
  let sum = 0;
  for (let word = 0; word < logits.length; word++) sum += Math.exp((logits[word] as number) - highest);
  const log = highest + Math.log(sum);
  const out = new Float64Array(logits.length);
  for (let word = 0; word < logits.length; word++) out[word] = (logits[word] as number) - log;
  return out;
}
