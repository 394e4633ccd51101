import { BlockList, isIP } from 'node:net';

// IANA's special-purpose registries: everything that is not one host somewhere on the public internet.
const SPECIAL_4 = blockList('ipv4', [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]);
// Of IPv6 only 2000::/3 is given out as unicast; what is special there follows: protocol assignments (Teredo, ORCHID),
// documentation, 6to4. An IPv4 address written as IPv6 (::ffff:, 64:ff9b::) lies outside and is refused with the rest.
const GLOBAL_6 = blockList('ipv6', ['2000::/3']);
const SPECIAL_6 = blockList('ipv6', ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']);
// Where clouds hand credentials to whoever asks. No configuration opens these.
const LINK_LOCAL_4 = blockList('ipv4', ['169.254.0.0/16']);
const LINK_LOCAL_6 = blockList('ipv6', [
  'fe80::/10',
  'fd00:ec2::254/128',
  '::ffff:169.254.0.0/112',
  '64:ff9b::a9fe:0/112',
]);

function blockList(family: 'ipv4' | 'ipv6', ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [net = '', bits] = range.split('/');
    list.addSubnet(net, Number(bits), family);
  }
  return list;
}

/** Is it one host on the public internet? Anything else (loopback, private, link-local, multicast, reserved) is not. */
export function isPublic(address: string): boolean {
  const version = isIP(address);
  if (version === 4) return !SPECIAL_4.check(address, 'ipv4');
  return version === 6 && GLOBAL_6.check(address, 'ipv6') && !SPECIAL_6.check(address, 'ipv6');
}

/** Link-local, or a cloud's metadata service: never reached, whatever is allowed. */
export function isLinkLocal(address: string): boolean {
  const version = isIP(address);
  return version === 4 ? LINK_LOCAL_4.check(address, 'ipv4') : version === 6 && LINK_LOCAL_6.check(address, 'ipv6');
}
