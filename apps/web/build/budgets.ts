import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

interface Budgets {
  /** JavaScript that must arrive before the first page draws: the entry and what it imports statically. */
  readonly firstLoadKb: number;
  /** Any one lazily loaded chunk. */
  readonly pageKb: number;
  /** All style sheets together. */
  readonly styleKb: number;
}

/** Reports the gzipped size of what a visitor loads, and fails the build when it outgrows its budget. */
export function budgets(limits: Budgets): Plugin {
  return {
    name: 'fovea:budgets',
    apply: 'build',
    writeBundle(_options, bundle) {
      const sizeKb = (source: string | Uint8Array): number => gzipSync(source).length / 1024;
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
      const firstLoad = new Set<string>();
      const follow = (fileName: string): void => {
        const chunk = chunks.find((candidate) => candidate.fileName === fileName);
        if (!chunk || firstLoad.has(fileName)) return;
        firstLoad.add(fileName);
        chunk.imports.forEach(follow);
      };
      for (const chunk of chunks) if (chunk.isEntry) follow(chunk.fileName);

      const rows: [name: string, kb: number, limitKb: number][] = [];
      let firstLoadKb = 0;
      for (const chunk of chunks) {
        if (firstLoad.has(chunk.fileName)) firstLoadKb += sizeKb(chunk.code);
        else rows.push([chunk.fileName, sizeKb(chunk.code), limits.pageKb]);
      }
      let styleKb = 0;
      for (const file of Object.values(bundle))
        if (file.type === 'asset' && file.fileName.endsWith('.css')) styleKb += sizeKb(file.source);
      rows.push(
        ['first load (JavaScript)', firstLoadKb, limits.firstLoadKb],
        ['style sheets', styleKb, limits.styleKb],
      );

      for (const [name, kb, limitKb] of rows)
        this.info(`${kb.toFixed(1).padStart(7)} kB gz of ${limitKb}  ${name}`);
      const over = rows.filter(([, kb, limitKb]) => kb > limitKb).map(([name]) => name);
      if (over.length > 0) this.error(`over budget: ${over.join(', ')}`);
    },
  };
}
