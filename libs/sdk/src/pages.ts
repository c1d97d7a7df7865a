interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** Everything that a list finds, page by page, from the filter's cursor on. */
export async function* everyItem<T, F extends { readonly cursor?: string | undefined }>(
  list: (filter: F) => Promise<Page<T>>,
  filter: F,
): AsyncGenerator<T, void, undefined> {
  let cursor = filter.cursor;
  do {
    const page = await list(cursor === undefined ? filter : { ...filter, cursor });
    yield* page.items;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}
