import { LineCounter, parseDocument } from 'yaml';
import { damaged } from './files.ts';

export interface YoloConfig {
  /** By class number. */
  readonly names: ReadonlyMap<number, string>;
  /** Folders or list files of each part, as written. */
  readonly splits: ReadonlyMap<string, readonly string[]>;
  /** A sub-folder the parts are relative to. */
  readonly path?: string;
  /** Keypoints of each object and numbers of each keypoint (2 or 3). */
  readonly keypoints?: { readonly count: number; readonly numbers: 2 | 3 };
  /** File and line of a key, for errors. */
  readonly where: (key: string) => string;
}

/**
 * The data.yaml that Ultralytics describes a data set with.
 * @throws INVALID_PARAMETER naming file and line
 */
export function parseYoloConfig(file: string, text: string): YoloConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error)
    throw damaged(`${file}:${lines.linePos(error.pos[0]).line}`, `is not valid YAML (${error.message})`, {
      cause: error,
    });
  const lineOf = (path: readonly (string | number)[]): number => {
    for (let depth = path.length; depth > 0; depth--) {
      const node = document.getIn(path.slice(0, depth), true) as
        { range?: [number, number, number] } | undefined;
      if (node?.range) return lines.linePos(node.range[0]).line;
    }
    return 1;
  };
  const where = (...path: (string | number)[]) => `${file}:${lineOf(path)}`;
  const root: unknown = readPlain(() => document.toJS({ maxAliasCount: 100 }), file);
  if (typeof root !== 'object' || root === null || Array.isArray(root))
    throw damaged(`${file}:1`, 'must be a map with names, train, val, test');
  const fields = root as Readonly<Record<string, unknown>>;

  const splits = new Map<string, readonly string[]>();
  for (const name of ['train', 'val', 'test']) {
    const value = fields[name];
    if (value === undefined || value === null || value === '') continue;
    const places: unknown[] = Array.isArray(value) ? value : [value];
    if (!places.every((place) => typeof place === 'string'))
      throw damaged(where(name), `${name} must be a folder, a list file or a list of them`);
    splits.set(name, places);
  }
  if (fields.path !== undefined && fields.path !== null && typeof fields.path !== 'string')
    throw damaged(where('path'), 'path must be a text');
  const keypoints =
    fields.kpt_shape === undefined ? undefined : readShape(fields.kpt_shape, where('kpt_shape'));
  return {
    names: readNames(fields, where),
    splits,
    ...(fields.path ? { path: fields.path } : {}),
    ...(keypoints ? { keypoints } : {}),
    where,
  };
}

function readPlain(read: () => unknown, file: string): unknown {
  try {
    return read();
  } catch (cause) {
    // Aliases that unfold to more than memory holds.
    throw damaged(
      `${file}:1`,
      `cannot be unfolded (${cause instanceof Error ? cause.message : String(cause)})`,
      { cause },
    );
  }
}

function readNames(
  fields: Readonly<Record<string, unknown>>,
  where: (...path: (string | number)[]) => string,
): Map<number, string> {
  const { names, nc } = fields;
  if (typeof names !== 'object' || names === null)
    throw damaged(where('names'), 'names must be a list or map of class names');
  const found = new Map<number, string>();
  for (const [key, name] of Object.entries(names as Record<string, unknown>)) {
    const id = Number(key);
    const at = () => where('names', Array.isArray(names) ? id : key);
    if (!Number.isSafeInteger(id) || id < 0) throw damaged(at(), `names: "${key}" is not a class number`);
    // YAML reads an unquoted yes or 7 as a truth value or number.
    if (!['string', 'number', 'boolean'].includes(typeof name))
      throw damaged(at(), `names: class ${id} has no name`);
    found.set(id, String(name));
  }
  if (found.size === 0) throw damaged(where('names'), 'names must have at least one class');
  if (nc !== undefined && nc !== found.size)
    throw damaged(where('nc'), `nc is ${String(nc)}, but there are ${found.size} names`);
  return found;
}

function readShape(value: unknown, where: string): { count: number; numbers: 2 | 3 } {
  const [count, numbers]: unknown[] = Array.isArray(value) ? value : [];
  if (
    typeof count !== 'number' ||
    !Number.isSafeInteger(count) ||
    count < 1 ||
    (numbers !== 2 && numbers !== 3)
  )
    throw damaged(where, 'kpt_shape must be [number of keypoints, 2 or 3]');
  return { count, numbers };
}
