// The API of a data folder that is there already: ready to answer, or (`request`) its first authorized answer.
import { openHouse } from '#functions/house';
import { sayCpu } from './say-cpu.ts';

const [folder = '', what = 'ready'] = process.argv.slice(2);
const house = await openHouse({ dataDir: folder });
if (what === 'request') {
  const headers = { authorization: `Bearer ${process.env.DSPEX_API_KEY}` };
  const response = await house.app.fetch(new Request('http://localhost/v1/programs', { headers }));
  if (response.status !== 200) throw new Error(`wanted 200, got ${response.status}: ${await response.text()}`);
}
sayCpu();
process.exit();
