// Pasting 50 masks that together cover one picture of 12 megapixels, from 128 x 128 probabilities to COCO run lengths.
//   npm run bench:paste
import { maskArea, mergeMasks, pasteMask, scaleBox } from '@fovea/geometry';
import { cpus } from 'node:os';

const PICTURE = { width: 4000, height: 3000 };
const [COLUMNS, ROWS, SIDE] = [10, 5, 128];
const ROUNDS = 20;
/** As the model's card: the crop is the box enlarged so many times. */
const ENLARGE = 1.25;

/** mulberry32: the same numbers in every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A blob with a wavy edge that just fills the box's corners, as probabilities; noise as a network has it. */
function probabilities(next: () => number): Float32Array {
  const data = new Float32Array(SIDE * SIDE);
  const [waves, phase] = [5 + Math.floor(next() * 20), next() * 6.28];
  for (let y = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++) {
      const [dx, dy] = [(x + 0.5) / SIDE - 0.5, (y + 0.5) / SIDE - 0.5];
      const edge = 0.58 + 0.02 * Math.sin(waves * Math.atan2(dy, dx) + phase);
      const inside = (edge - Math.hypot(dx, dy)) * 60 + (next() - 0.5) * 2;
      data[y * SIDE + x] = 1 / (1 + Math.exp(-inside));
    }
  return data;
}

const next = random(1);
const masks = Array.from({ length: COLUMNS * ROWS }, (_, i) => {
  const [width, height] = [PICTURE.width / COLUMNS, PICTURE.height / ROWS];
  const box = { x: (i % COLUMNS) * width, y: Math.floor(i / COLUMNS) * height, width, height };
  return { region: scaleBox(box, ENLARGE), grid: { data: probabilities(next), width: SIDE, height: SIDE } };
});
const paste = () => masks.map(({ grid, region }) => pasteMask(grid, { region, picture: PICTURE }));

const pasted = paste().filter((mask) => mask !== undefined);
const covered = maskArea(mergeMasks(pasted, 'union')) / (PICTURE.width * PICTURE.height);
const timesMs = Array.from({ length: ROUNDS }, () => {
  const start = performance.now();
  paste();
  return performance.now() - start;
}).sort((a, b) => a - b);
const largest = Math.max(...pasted.map(({ counts }) => counts.length));
console.log(`${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.version}`);
console.log(
  `${pasted.length} masks, ${PICTURE.width} x ${PICTURE.height}, ${(covered * 100).toFixed(1)} % covered; longest counts ${largest} characters`,
);
console.log(
  `median ${timesMs[ROUNDS / 2]!.toFixed(1)} ms, slowest ${timesMs.at(-1)!.toFixed(1)} ms of ${ROUNDS} (wanted: at most 150 ms)`,
);
