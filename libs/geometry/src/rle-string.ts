// The text form of COCO's run lengths: every run (from the third on as the difference to the run two before)
// in groups of 5 bits, lowest first, each as one character from "0" (48) on; bit 5 says that more follow,
// bit 4 of the last group is the sign.

const MAX_GROUPS = 7;

/** Run lengths as COCO's compressed string. */
export function encodeRuns(runs: ArrayLike<number>): string {
  const parts: string[] = [];
  for (let i = 0; i < runs.length; i++) {
    let value = i > 2 ? runs[i]! - runs[i - 2]! : runs[i]!;
    for (let more = true; more;) {
      const group = value & 0x1f;
      value >>= 5;
      more = group & 0x10 ? value !== -1 : value !== 0;
      parts.push(String.fromCharCode(48 + (more ? group | 0x20 : group)));
    }
  }
  return parts.join('');
}

/**
 * The run lengths of COCO's compressed string.
 * @throws RangeError when it is cut short, holds another character or a run that is negative or too long
 */
export function decodeRuns(text: string): number[] {
  const runs: number[] = [];
  for (let at = 0; at < text.length;) {
    let value = 0;
    let groups = 0;
    for (let more = true; more;) {
      const group = text.charCodeAt(at++) - 48;
      if (!(group >= 0 && group < 64) || groups === MAX_GROUPS)
        throw new RangeError(`counts are not COCO run lengths at character ${at - 1}`);
      value |= (group & 0x1f) << (5 * groups);
      groups++;
      more = (group & 0x20) !== 0;
      if (!more && group & 0x10 && groups < MAX_GROUPS) value |= -1 << (5 * groups);
    }
    const run = runs.length > 2 ? value + runs[runs.length - 2]! : value;
    if (run < 0) throw new RangeError(`counts hold a negative run before character ${at}`);
    runs.push(run);
  }
  return runs;
}
