import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root folder of the repository. */
export const repositoryRoot = fileURLToPath(new URL('../../..', import.meta.url));
const samples = join(repositoryRoot, 'test/fixtures/samples');

/**
 * The path of a sample picture of test/fixtures/samples.
 * @throws RangeError when there is none of that name; the message lists those there are
 * @example await readFile(fixture('cat-chelsea.jpg'))
 */
export function fixture(name: string): string {
  const path = join(samples, name);
  if (!existsSync(path)) {
    const names = readdirSync(samples).filter((file) => /\.(jpe?g|png|webp|gif|avif|tiff?)$/.test(file));
    throw new RangeError(`no sample picture "${name}"; there are ${names.join(', ')}`);
  }
  return path;
}

const warned = new Set<string>();

/**
 * The path of a data set beside the repository, or undefined, with a warning, where it is not there. Such data is too
 * large or not free enough to ship, so its tests are for those who have it.
 * @example
 * const imagenet = sharedData('imagenet-100');
 * describe.skipIf(!imagenet)('top-1 on imagenet-100 (skipped without ../shared/data/imagenet-100)', () => { … });
 */
export function sharedData(folder: string): string | undefined {
  const path = join(repositoryRoot, '../shared/data', folder);
  if (existsSync(path)) return path;
  if (!warned.has(folder)) {
    warned.add(folder);
    // eslint-disable-next-line no-console -- a skip must be seen in the output of the tests
    console.warn(`\n*** SKIPPED: tests on the data set "${folder}"; it is not at ${path} ***\n`);
  }
  return undefined;
}
