import type { ListOptions } from '#lib/kernel/resource';
import type { Context } from './define.ts';

const PAGE = 100;

/**
 * Every record of a kind, page by page, oldest first unless told otherwise; a page is read when the one before is used up, so
 * whoever stops early reads no further.
 *
 *     for await (const trial of every<TrialRow>(ctx, 'Trial', { filter: { optimizationId } })) ...
 */
export async function* every<R>(
  { list }: Pick<Context, 'list'>,
  resource: string,
  { filter, order = 'oldest' }: Pick<ListOptions, 'filter' | 'order'>,
): AsyncGenerator<R, void, undefined> {
  let cursor: string | null = null;
  do {
    const page: { items: R[]; cursor: string | null } = await list<R>(resource, {
      ...{ order, limit: PAGE },
      ...(filter === undefined ? {} : { filter }),
      ...(cursor === null ? {} : { cursor }),
    });
    yield* page.items;
    cursor = page.cursor;
  } while (cursor !== null);
}
