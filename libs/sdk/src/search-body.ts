import type { InputSource, SearchRequest } from '@fovea/contracts';
import { isInput, settle, toSource, type OneInput } from './inputs.ts';

/** One part of a query. */
export type SearchPart =
  | { readonly text: string }
  | { readonly itemId: string }
  | { readonly run: string }
  | { readonly vector: readonly number[] }
  | { readonly image: OneInput };

/** What is searched for; several parts are averaged, those of `minus` are taken away. */
export interface SearchParts {
  readonly text?: string;
  /** An item of the collection: more like it. */
  readonly itemId?: string;
  /** The picture of a stored run. */
  readonly run?: string;
  readonly vector?: readonly number[];
  readonly image?: OneInput;
  readonly query?: readonly SearchPart[];
  readonly minus?: readonly SearchPart[];
}
export type SearchQuery = string | OneInput | SearchParts;
export type SearchOptions = Partial<Omit<SearchRequest, keyof SearchParts>>;

/**
 * The body of a search: multipart where one picture is sent as bytes, JSON otherwise.
 * @throws TypeError for something that is no query
 */
export async function searchBody(
  query: SearchQuery,
  options: SearchOptions,
): Promise<{ body: BodyInit; headers: Record<string, string> }> {
  const { image, ...parts } = toParts(query);
  const picture = image === undefined ? undefined : await settle(image, 'image');
  const request = {
    ...options,
    ...parts,
    ...(parts.query ? { query: await Promise.all(parts.query.map(settlePart)) } : {}),
    ...(parts.minus ? { minus: await Promise.all(parts.minus.map(settlePart)) } : {}),
  };
  if (picture instanceof Blob) {
    const form = new FormData();
    form.set('params', JSON.stringify(request));
    form.append('image', picture, 'name' in picture ? String(picture.name) : 'image');
    return { body: form, headers: {} };
  }
  return {
    body: JSON.stringify({ ...request, ...(picture ? { image: picture } : {}) }),
    headers: { 'content-type': 'application/json' },
  };
}

function toParts(query: SearchQuery): SearchParts {
  if (typeof query === 'string') return { text: query };
  if (typeof query !== 'object' || query === null)
    throw new TypeError(`query must be a text, a picture or parts of a query, got ${typeof query}`);
  return isInput(query) ? { image: query } : query;
}

async function settlePart(
  part: SearchPart,
): Promise<Exclude<SearchPart, { image: OneInput }> | { image: InputSource }> {
  return 'image' in part ? { image: await toSource(await settle(part.image, 'image')) } : part;
}
