import { BlockList, isIP } from "node:net";

/** Addresses that belong to nobody on the internet, hence to somebody's own network (RFC 6890, RFC 6598), and tunnels to them. */
const PRIVATE = new BlockList();
for (const [net, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const)
  PRIVATE.addSubnet(net, prefix, "ipv4");
for (const [net, prefix] of [
  ["2001::", 32],
  ["2002::", 16],
] as const)
  PRIVATE.addSubnet(net, prefix, "ipv6");
/** Of IPv6 all that is anybody's on the internet (RFC 4291, 2.4), and IPv4 in its clothes; not what tunnels lead through, above. */
const REACHED = new BlockList();
REACHED.addSubnet("2000::", 3, "ipv6");
REACHED.addSubnet("::ffff:0:0", 96, "ipv6");
const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/**
 * Whether a webhook may reach an address. Private ones never: link-local is where clouds keep credentials. This machine only
 * where the user of the webhook is the user of the machine.
 */
export const isAllowedAddress = (address: string, allowLoopback: boolean): boolean => {
  // An IPv4 address in IPv6's clothes is judged as what it is, by the block list itself.
  const family = isIP(address) === 6 ? "ipv6" : "ipv4";
  if (isIP(address) === 0 || PRIVATE.check(address, family)) return false;
  if (LOOPBACK.check(address, family)) return allowLoopback;
  return family === "ipv4" || REACHED.check(address, family);
};
