export { basicWords } from './basic-words.ts';
export {
  wordPiece,
  type EncodedBatch,
  type EncodedText,
  type EncodeOptions,
  type WordPiece,
} from './word-piece.ts';
export { joinWords, wordIds } from './caption-words.ts';
export { readQuestion, withArticle, type Premise, type Question } from './question.ts';
