import { z } from 'zod';

/** Position embeddings of the captioner: 22 steps, of which the last can only end the sentence. */
export const MAX_WORDS = 21;
/** Longer ones are no question about a picture, and the model reads 40 tokens. */
export const MAX_QUESTION_CHARACTERS = 300;
const MAX_QUESTIONS = 20;

export const captionParams = z.object({
  beams: z
    .int()
    .min(1)
    .max(8)
    .default(3)
    .describe('Sentences that are followed at the same time; 1 takes the likeliest word each time'),
  maxTokens: z.int().min(1).max(MAX_WORDS).default(20).describe('Most words'),
  prefix: z.string().max(200).default('').describe('A beginning that the sentence continues'),
  alternatives: z
    .int()
    .min(0)
    .max(8)
    .default(3)
    .describe('Other sentences to list, at most those that were found'),
  rerank: z
    .boolean()
    .default(true)
    .describe('Choose among the sentences found by how well text and picture fit (cross-modal space)'),
  ends: z
    .enum(['any', 'best'])
    .default('any')
    .describe(
      'Which sentences that end count: any among twice as many candidates as beams, or the best as many only (longer ones)',
    ),
  noRepeat: z.int().min(0).max(5).default(0).describe('No sequence of so many words twice; 0 allows it'),
  lengthExponent: z
    .number()
    .min(0)
    .max(3)
    .default(1.1)
    .describe('Scores are divided by the length to this power: more favours longer sentences'),
  attention: z.boolean().default(false).describe('A map for every word of where the model looked'),
});
export type CaptionParams = z.infer<typeof captionParams>;

const Question = z.string().max(MAX_QUESTION_CHARACTERS);
export const vqaParams = z.object({
  question: Question.optional().describe('A question about the picture, in English'),
  questions: z.array(Question).max(MAX_QUESTIONS).optional().describe('Several questions about it'),
  premise: z
    .boolean()
    .default(true)
    .describe('Answer what a question takes for granted ("the dog") first: only what is seen has a colour'),
  minConfidence: z
    .number()
    .min(0)
    .max(1)
    .default(0.2)
    .describe('Below it the answer is that it is not known'),
  alternatives: z.int().min(0).max(20).default(4).describe('Other answers to list'),
});
export type VqaParams = z.infer<typeof vqaParams>;
