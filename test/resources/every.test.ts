import { describe, expect, it } from 'vitest';
import { every } from '#lib/resources/every';

/** Pages of `size` out of `total` numbered records, and how many pages were read. */
function pages(total: number) {
  const read: (string | undefined)[] = [];
  const list = async <T>(_resource: string, { cursor, limit = 0 }: { cursor?: string; limit?: number } = {}) => {
    read.push(cursor);
    const from = Number(cursor ?? 0);
    const items = Array.from({ length: Math.min(limit, total - from) }, (_, at) => ({ id: from + at }));
    return { items: items as T[], cursor: from + limit < total ? String(from + limit) : null };
  };
  return { list, read };
}

describe('every record of a kind', () => {
  it('comes once and in order, however many pages there are', async () => {
    for (const total of [0, 1, 99, 100, 101, 250]) {
      const { list } = pages(total);
      const all = await Array.fromAsync(every<{ id: number }>({ list }, 'Trial', {}));
      expect(all.map(({ id }) => id)).toEqual(Array.from({ length: total }, (_, id) => id));
    }
  });

  it('costs no page beyond the one at which the reader stopped', async () => {
    const { list, read } = pages(1000);
    for await (const { id } of every<{ id: number }>({ list }, 'Trial', {})) if (id === 120) break;
    expect(read).toEqual([undefined, '100']);
  });
});
