import { MetadataFilter, type Metadata } from '@fovea/contracts';
import type { SearchOptions as SdkOptions, SearchPart, SearchParts } from '@fovea/sdk';
import { InvalidArgumentError } from 'commander';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Cli } from '../cli.ts';
import { UsageError } from '../failures.ts';
import { readSource } from '../sources.ts';

export interface SearchOptions {
  readonly image?: readonly string[];
  readonly minus?: readonly string[];
  readonly k: number;
  readonly minScore?: string;
  readonly diversity?: number;
  readonly space?: string;
  readonly filter?: MetadataFilter;
}

export function readNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('it must be a number');
  return value;
}

export function readJsonOption(text: string): MetadataFilter {
  try {
    return MetadataFilter.parse(JSON.parse(text));
  } catch {
    throw new InvalidArgumentError('it must be a filter as JSON, such as {"year": {"gte": 2020}}');
  }
}

/** `year=2020` is a number, `place=Rome` a text. @throws UsageError */
export function readMetadata(given: readonly string[] = []): Metadata | undefined {
  if (given.length === 0) return undefined;
  return Object.fromEntries(
    given.map((text) => {
      const at = text.indexOf('=');
      if (at < 1) throw new UsageError(`--metadata ${text}: write name=value`);
      const value = text.slice(at + 1);
      try {
        return [text.slice(0, at), JSON.parse(value) as Metadata[string]];
      } catch {
        return [text.slice(0, at), value];
      }
    }),
  );
}

/** What a command line asks for. @throws UsageError where it asks for nothing */
export async function searchOf(
  cli: Cli,
  text: string,
  { image = [], minus = [], k, minScore, diversity, space, filter }: SearchOptions,
): Promise<{ query: SearchParts } & SdkOptions> {
  const query: SearchPart[] = text.trim() === '' ? [] : [{ text }];
  for (const name of image) query.push(await pictureOf(cli, name));
  if (query.length === 0) throw new UsageError('nothing to search for', { hint: 'Give a text, or --image.' });
  const away: SearchPart[] = [];
  for (const name of minus) away.push(isPicture(cli, name) ? await pictureOf(cli, name) : { text: name });
  return {
    query: { query, ...(away.length > 0 ? { minus: away } : {}) },
    k,
    ...(minScore === undefined ? {} : { minScore: readMinScore(minScore) }),
    ...(diversity === undefined ? {} : { diversity }),
    ...(space === undefined ? {} : { space }),
    ...(filter ? { filter } : {}),
  };
}

const isPicture = ({ cwd }: Cli, name: string): boolean =>
  /^https?:\/\//i.test(name) || existsSync(resolve(cwd, name));

async function pictureOf({ cwd, terminal, signal }: Cli, name: string): Promise<SearchPart> {
  const kind = /^https?:\/\//i.test(name) ? 'url' : 'file';
  const source = { kind, name, at: kind === 'url' ? name : resolve(cwd, name) } as const;
  const bytes = await readSource(source, { stdin: terminal.streams.stdin, signal });
  return { image: new File([bytes as Uint8Array<ArrayBuffer>], name) };
}

function readMinScore(text: string): number | 'auto' {
  if (text === 'auto') return text;
  const value = Number(text);
  if (text.trim() === '' || !(value >= -1 && value <= 1))
    throw new UsageError(`--min-score ${text}: a cosine from -1 to 1, or auto`);
  return value;
}
