import { tensor, type Tensor } from '@fovea/tensor';
import { basicWords } from './basic-words.ts';

export interface EncodeOptions {
  /** Most ids of a text, [CLS] and [SEP] included; what is longer is cut. Default 128. */
  readonly maxLength?: number;
}
export interface EncodedText {
  /** [CLS], the pieces, [SEP]. */
  readonly ids: number[];
  /** The text was longer than `maxLength` allows, and its end is not among the ids. */
  readonly truncated: boolean;
}
/** Texts as the feeds of a model: `[n, t]`, t = ids of the longest. */
export interface EncodedBatch {
  /** Padded with the id of [PAD]. */
  readonly inputIds: Tensor<'int64'>;
  /** 1 for a token, 0 for padding. */
  readonly attentionMask: Tensor<'int64'>;
  readonly truncated: readonly boolean[];
}

/** A tokenizer of the family of BERT (uncased). */
export interface WordPiece {
  /**
   * The ids of a text. Names of special tokens in it, such as [SEP], are plain text.
   * @throws RangeError when maxLength is not an integer of at least 2
   */
  encode(text: string, options?: EncodeOptions): EncodedText;
  /** Texts in one batch, padded to the longest. @throws RangeError as `encode`, and without texts */
  encodeBatch(texts: readonly string[], options?: EncodeOptions): EncodedBatch;
}

/** What MiniLM (and so everything here that reads texts) was trained with: its model card. */
const MAX_LENGTH = 128;
/** Characters; longer words are not looked up: max_input_chars_per_word of google-research/bert. */
const LONGEST_WORD = 100;

interface Vocabulary {
  readonly ids: ReadonlyMap<string, number>;
  /** UTF-16 units of the longest token without its `##`. */
  readonly longest: number;
  readonly special: Readonly<Record<'pad' | 'unknown' | 'begin' | 'end', number>>;
}

const made = new WeakMap<readonly string[], WordPiece>();

/**
 * The tokenizer of a vocabulary; made once for each list of tokens.
 * @param tokens by id, with [PAD], [UNK], [CLS] and [SEP] among them; `##` begins what continues a word
 * @throws RangeError when one of those four is missing
 * @example wordPiece(model.tokens).encode('a dog runs').ids; // [101, 1037, 3899, 3216, 102]
 */
export function wordPiece(tokens: readonly string[]): WordPiece {
  let tokenizer = made.get(tokens);
  if (!tokenizer) {
    tokenizer = make(vocabularyOf(tokens));
    made.set(tokens, tokenizer);
  }
  return tokenizer;
}

function vocabularyOf(tokens: readonly string[]): Vocabulary {
  const ids = new Map<string, number>();
  let longest = 0;
  for (const [id, token] of tokens.entries()) {
    ids.set(token, id);
    longest = Math.max(longest, token.startsWith('##') ? token.length - 2 : token.length);
  }
  const idOf = (token: string): number => {
    const id = ids.get(token);
    if (id === undefined) throw new RangeError(`tokens must have ${token}`);
    return id;
  };
  const special = { pad: idOf('[PAD]'), unknown: idOf('[UNK]'), begin: idOf('[CLS]'), end: idOf('[SEP]') };
  return { ids, longest, special };
}

function make(vocabulary: Vocabulary): WordPiece {
  const { begin, end, pad } = vocabulary.special;

  const encode = (text: string, { maxLength = MAX_LENGTH }: EncodeOptions = {}): EncodedText => {
    if (!(Number.isInteger(maxLength) && maxLength >= 2))
      throw new RangeError(`maxLength must be an integer of at least 2, got ${maxLength}`);
    const room = maxLength - 1; // the last id is [SEP]
    const ids = [begin];
    for (const word of basicWords(text)) {
      ids.push(...piecesOf(word, vocabulary));
      if (ids.length > room) break; // what follows is cut off in any case
    }
    return { ids: [...ids.slice(0, room), end], truncated: ids.length > room };
  };

  const encodeBatch = (texts: readonly string[], options?: EncodeOptions): EncodedBatch => {
    if (texts.length === 0) throw new RangeError('encodeBatch: at least one text is needed');
    const encoded = texts.map((text) => encode(text, options));
    const length = Math.max(...encoded.map(({ ids }) => ids.length));
    const dims = [texts.length, length];
    const inputIds = new BigInt64Array(texts.length * length).fill(BigInt(pad));
    const attentionMask = new BigInt64Array(texts.length * length);
    for (const [row, { ids }] of encoded.entries())
      for (const [column, id] of ids.entries()) {
        inputIds[row * length + column] = BigInt(id);
        attentionMask[row * length + column] = 1n;
      }
    return {
      inputIds: tensor('int64', dims, inputIds),
      attentionMask: tensor('int64', dims, attentionMask),
      truncated: encoded.map((one) => one.truncated),
    };
  };
  return { encode, encodeBatch };
}

/** Longest match first (Wu et al. 2016, as BERT does it); a word with a piece that is not known is [UNK] as a whole. */
function piecesOf(word: string, { ids, longest, special }: Vocabulary): number[] {
  // No word of 100 characters has more than 200 units.
  if (word.length > LONGEST_WORD && (word.length > 2 * LONGEST_WORD || [...word].length > LONGEST_WORD))
    return [special.unknown];
  const pieces: number[] = [];
  for (let start = 0; start < word.length;) {
    let end = Math.min(word.length, start + longest);
    let id: number | undefined;
    for (; end > start; end--) {
      const piece = word.slice(start, end);
      id = ids.get(start === 0 ? piece : `##${piece}`);
      if (id !== undefined) break;
    }
    if (id === undefined) return [special.unknown];
    pieces.push(id);
    start = end;
  }
  return pieces;
}
