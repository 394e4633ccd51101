// A house whose workspace has a policy of its own: what is decided there is decided by Cedar.
import { openHouse } from '#functions/house';

const [folder = ''] = process.argv.slice(2);
const house = await openHouse({ dataDir: folder });
const response = await house.app.fetch(
  new Request('http://localhost/v1/policies', {
    method: 'POST',
    headers: { authorization: `Bearer ${process.env.DSPEX_API_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      name: 'archive',
      text: 'forbid (principal, action == Action::"Program.run", resource) when { resource has state && resource.state == "archived" };',
    }),
  }),
);
if (response.status !== 201) throw new Error(`wanted 201, got ${response.status}: ${await response.text()}`);
await house.close();
