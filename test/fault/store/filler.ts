import { DspexError } from '#lib/base/errors';
import { openLocalHome } from '#lib/local/home';

// Writes until the operating system lets it write no more, says what was acknowledged and how it ended, and that reads
// still work. Argument: folder.
const { store } = await openLocalHome(process.argv[2] ?? 'no folder given');
const say = (line: string) => process.stdout.write(`${line}\n`);
for (let n = 0; ; n++) {
  try {
    await store.transact([
      { put: { pk: 'fill', sk: `${n}`, data: { text: 'x'.repeat(20_000) } } },
      { update: { pk: 'fill', sk: 'sum' }, add: { count: 1 } },
    ]);
    say(`written ${n}`);
  } catch (error) {
    say(`ended ${DspexError.is(error) ? `${error.name} ${error.code}` : String(error)}`);
    break;
  }
}
say(`read ${(await store.get({ pk: 'fill', sk: 'sum' }))?.data.count}`);
