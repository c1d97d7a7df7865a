import { normalizeAnswer } from './normalize.ts';

/** As many of ten people as make an answer fully right. */
const AGREEING = 3;

/**
 * How right an answer is by what several people said: min(those who agree / 3, 1), averaged over all choices of all
 * people but one (Antol et al., "VQA: Visual Question Answering", ICCV 2015), 0..1. With a single person's answer: 1 or 0.
 * @throws RangeError without anybody's answer
 * @example openAccuracy('2', ['two', 'two', '3', '2']); // 0.75
 */
export function openAccuracy(answer: string, people: readonly string[]): number {
  if (people.length === 0) throw new RangeError('people must have answered');
  const own = normalizeAnswer(answer);
  const agrees = people.map((each) => Number(normalizeAnswer(each) === own));
  if (people.length === 1) return agrees[0]!;
  const all = agrees.reduce((sum, each) => sum + each, 0);
  return agrees.reduce((sum, each) => sum + Math.min((all - each) / AGREEING, 1), 0) / people.length;
}

/** The answers of "chair, table": a set without order (DAQUAR). None is left out, none stands there twice. */
export function answerSet(text: string): string[] {
  const parts = text.split(',').map((part) => normalizeAnswer(part));
  return [...new Set(parts.filter((part) => part !== ''))].sort();
}

/**
 * Whether an answer names all that the truth names, and nothing else: the accuracy of Malinowski and Fritz, "A
 * Multi-World Approach to Question Answering about Real-World Scenes based on Uncertain Input", NIPS 2014.
 * @example isSameSet('table, chair', 'chair, table'); // true
 */
export function isSameSet(answer: string, truth: string): boolean {
  return answerSet(answer).join(',') === answerSet(truth).join(',');
}

/**
 * Whether an answer is one of those that the truth names: softer than {@link isSameSet}, for models that give one answer.
 * @example namesOne('red', 'red, black'); // true
 */
export function namesOne(answer: string, truth: string): boolean {
  const own = answerSet(answer);
  const truths = answerSet(truth);
  return own.length > 0 && own.every((each) => truths.includes(each));
}

export const QUESTION_TYPES = [
  'yes/no',
  'number',
  'colour',
  'where',
  'who',
  'doing',
  'which',
  'what',
  'other',
] as const;
export type QuestionType = (typeof QUESTION_TYPES)[number];

const PATTERNS: readonly (readonly [QuestionType, RegExp])[] = [
  ['number', /\bhow (many|much)\b|\bwhat (is the )?number of\b/u],
  ['colour', /\bcolou?rs?\b/u],
  ['where', /\bwhere\b/u],
  ['who', /\bwho(se|m)?\b/u],
  ['doing', /^what\b.*\bdoing\b/u],
  ['yes/no', /^(is|are|was|were|do|does|did|can|could|has|have|had|will|would|should|am)\b/u],
  ['which', /\bwhich\b/u],
  ['what', /\bwhat\b/u],
];

/**
 * What kind of answer a question asks for, by its words alone.
 * @example questionType('How many dogs are there?'); // 'number'
 */
export function questionType(question: string): QuestionType {
  const text = question.toLowerCase().trim();
  // "Is the dog's colour brown?" is answered by yes or no.
  const isYesNo = PATTERNS.some(([type, pattern]) => type === 'yes/no' && pattern.test(text));
  if (isYesNo) return /\bor\b/u.test(text) ? 'other' : 'yes/no';
  return PATTERNS.find(([, pattern]) => pattern.test(text))?.[0] ?? 'other';
}
