import type { Rle } from '@fovea/contracts';
import type { DatasetTruth } from '../dataset.ts';

/** Masks are drawn when first asked for: most figures of a large set never look at them. */
export function withMask(truth: DatasetTruth, draw: () => Rle): DatasetTruth {
  let drawn: Rle | undefined;
  return {
    ...truth,
    get mask() {
      return (drawn ??= draw());
    },
  };
}
