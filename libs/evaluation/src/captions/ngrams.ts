/** A caption that was made, and what people wrote, in words (captionTokens). */
export interface Captioned {
  readonly candidate: readonly string[];
  /** At least one. */
  readonly references: readonly (readonly string[])[];
}

/** How often each run of n words occurs, for n from 1 to `orders`. */
export function ngramsOf(words: readonly string[], orders: number): Map<string, number>[] {
  return Array.from({ length: orders }, (_, n) => {
    const grams = new Map<string, number>();
    for (let at = 0; at + n < words.length; at++) {
      const gram = words.slice(at, at + n + 1).join(' ');
      grams.set(gram, (grams.get(gram) ?? 0) + 1);
    }
    return grams;
  });
}

/** NaN without values. */
export const average = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
