/** The figures of semantic segmentation; NaN where nothing was counted. */
export interface SegmentationFigures {
  /** The mean IoU over the classes that occur in the truth or the prediction. */
  readonly meanIou: number;
  /** IoU of each class; NaN for those that occur in neither. */
  readonly iou: Float64Array;
  readonly pixelAccuracy: number;
  /** The mean recall over the classes that occur in the truth. */
  readonly meanAccuracy: number;
  /** IoU weighted by how often each class occurs in the truth. */
  readonly frequencyWeightedIou: number;
}

/** Precision, recall and F1 of one class; NaN where one of them divides by nothing. */
export interface ClassFigures {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** How often it is the truth. */
  readonly support: number;
}

/** VOC's label for pixels that count for nothing. */
export const IGNORE_LABEL = 255;
/** Classes of one matrix: the counts are classes squared. */
const MAX_CLASSES = 4096;

/**
 * Counts how often each true class was taken for each class: pixels of class maps or labels of pictures. It grows with
 * every picture, so that the figures are those of the whole set, not a mean over pictures.
 * @example
 * const matrix = new ConfusionMatrix(21);
 * matrix.addMap(truth.data, predicted.data);
 * matrix.segmentation().meanIou;
 */
export class ConfusionMatrix {
  readonly classes: number;
  /** Row = true class, column = predicted class; classes * classes elements. */
  readonly counts: Float64Array;

  /** @throws RangeError when the number of classes is not 1 to 4096 */
  constructor(classes: number) {
    if (!(Number.isInteger(classes) && classes >= 1 && classes <= MAX_CLASSES))
      throw new RangeError(`classes must be a whole number from 1 to ${MAX_CLASSES}, is ${classes}`);
    this.classes = classes;
    this.counts = new Float64Array(classes * classes);
  }

  #check(label: number, name: string): void {
    if (!(Number.isInteger(label) && label >= 0 && label < this.classes))
      throw new RangeError(`${name} must be a class from 0 to ${this.classes - 1}, is ${label}`);
  }

  /** Counts one label. @throws RangeError when one is no class */
  add(truth: number, predicted: number, count = 1): void {
    this.#check(truth, 'truth');
    this.#check(predicted, 'predicted');
    this.counts[truth * this.classes + predicted]! += count;
  }

  /**
   * Counts every pixel of two class maps of the same size but those whose truth is the ignored label.
   * @param options ignore default 255
   * @throws RangeError when the lengths differ or a label is no class; nothing is counted then
   */
  addMap(truth: ArrayLike<number>, predicted: ArrayLike<number>, options: { ignore?: number } = {}): void {
    const { ignore = IGNORE_LABEL } = options;
    if (truth.length !== predicted.length)
      throw new RangeError(`predicted has ${predicted.length} pixels, truth ${truth.length}`);
    for (let i = 0; i < truth.length; i++) {
      if (truth[i] === ignore) continue;
      this.#check(truth[i]!, 'truth');
      this.#check(predicted[i]!, 'predicted');
    }
    for (let i = 0; i < truth.length; i++)
      if (truth[i] !== ignore) this.counts[truth[i]! * this.classes + predicted[i]!]!++;
  }

  /** Adds what another matrix of as many classes counted. @throws RangeError when it has others */
  merge(other: ConfusionMatrix): void {
    if (other.classes !== this.classes)
      throw new RangeError(`a matrix of ${other.classes} classes cannot be added to one of ${this.classes}`);
    other.counts.forEach((count, i) => (this.counts[i]! += count));
  }

  /** Sums: how often each class is right, the truth, predicted; and all. */
  #sums() {
    const n = this.classes;
    const [right, truth, predicted] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
    let total = 0;
    this.counts.forEach((count, i) => {
      const [row, column] = [Math.floor(i / n), i % n];
      truth[row]! += count;
      predicted[column]! += count;
      if (row === column) right[row]! += count;
      total += count;
    });
    return { right, truth, predicted, total };
  }

  /**
   * The figures of semantic segmentation: mean IoU (PASCAL VOC; Everingham et al., IJCV 2015), the others as in Long,
   * Shelhamer and Darrell, "Fully Convolutional Networks for Semantic Segmentation", CVPR 2015.
   */
  segmentation(): SegmentationFigures {
    const { right, truth, predicted, total } = this.#sums();
    const iou = right.map((count, i) => count / (truth[i]! + predicted[i]! - count));
    return {
      iou,
      meanIou: mean(iou),
      pixelAccuracy: sum(right) / total,
      meanAccuracy: mean(right.map((count, i) => count / truth[i]!)),
      frequencyWeightedIou:
        total === 0 ? NaN : sum(iou.map((value, i) => (truth[i] ? truth[i]! * value : 0))) / total,
    };
  }

  /** Precision, recall and F1 of every class (van Rijsbergen, "Information Retrieval", 1979). */
  perClass(): ClassFigures[] {
    const { right, truth, predicted } = this.#sums();
    return Array.from(right, (count, i) => ({
      precision: count / predicted[i]!,
      recall: count / truth[i]!,
      f1: (2 * count) / (truth[i]! + predicted[i]!),
      support: truth[i]!,
    }));
  }

  /** The share on the diagonal; NaN when nothing was counted. */
  accuracy(): number {
    const { right, total } = this.#sums();
    return sum(right) / total;
  }
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
/** The mean of those that are numbers; NaN without any. */
const mean = (values: Float64Array): number => {
  const numbers = values.filter((value) => !Number.isNaN(value));
  return sum(numbers) / numbers.length;
};
