import type { StageModel } from '@fovea/application';
import { VisionError, type SpaceName } from '@fovea/contracts';
import { calibratedCutoff } from '@fovea/stages';

/** Share of the crops and mirror images of a calibration that still count as nearly the same picture. */
const DUPLICATES_KEPT = 0.75;

const CALIBRATE =
  'Send a number, or calibrate: npm run fovea -- evaluate retrieval --calibrate (see CONTRIBUTING.md).';

interface Asked {
  readonly space: SpaceName;
  readonly query: 'text' | 'picture';
}

/**
 * The calibrated cut-off of a search.
 * @throws INVALID_PARAMETER where there is none
 */
export function searchCutoff(models: readonly StageModel[], asked: Asked): number {
  return calibratedCutoff(models, asked) ?? missing(asked);
}

/**
 * From which score on two pictures are nearly the same: the highest that keeps three quarters of the pairs of one
 * picture. A share of unrelated pairs would say nothing: a collection of n pictures has n² of those.
 * @throws INVALID_PARAMETER where there is no calibration
 */
export function duplicatesCutoff(models: readonly StageModel[], space: SpaceName): number {
  const calibration = models
    .flatMap(({ calibrations = [] }) => calibrations)
    .find((one) => one.space === space && one.query === 'picture');
  const kept = (calibration?.cutoffs ?? []).filter(({ matchingKept }) => matchingKept >= DUPLICATES_KEPT);
  return kept.length > 0 ? Math.max(...kept.map(({ score }) => score)) : missing({ space, query: 'picture' });
}

function missing({ space, query }: Asked): never {
  throw new VisionError(
    'INVALID_PARAMETER',
    `minScore: there is no calibrated cut-off for ${query} queries in the space ${space}`,
    { hint: CALIBRATE },
  );
}
