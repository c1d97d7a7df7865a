import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's (or image's) root: the folder above this package that holds models/manifest.json. */
export function repositoryRoot(from = dirname(fileURLToPath(import.meta.url))): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'models', 'manifest.json'))) return folder;
    if (folder === dirname(folder))
      throw new Error(`models/manifest.json is in no folder above ${from}: the installation is incomplete`);
  }
}

/** Version of package.json, with the commit where the checkout is a git one: `0.1.0+4f2a91c`. */
export function codeVersion(root: string): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const commit = headCommit(join(root, '.git'));
  return commit ? `${version}+${commit.slice(0, 7)}` : version;
}

function headCommit(git: string): string | undefined {
  try {
    const head = readFileSync(join(git, 'HEAD'), 'utf8').trim();
    if (!head.startsWith('ref: ')) return head;
    const ref = head.slice(5);
    const loose = join(git, ref);
    if (existsSync(loose)) return readFileSync(loose, 'utf8').trim();
    const packed = readFileSync(join(git, 'packed-refs'), 'utf8');
    return packed
      .split('\n')
      .find((line) => line.endsWith(` ${ref}`))
      ?.split(' ')[0];
  } catch {
    return undefined; // no git: an image or an archive
  }
}
