import type { NetworkOptions } from "../../../shared/schema/network.ts";

/** An IPv4 network with at most 256 addresses, with or without pool, gateways and a legacy bitmap of any length. */
export function anyOptions(random: () => number): NetworkOptions {
  const below = (limit: number): number => Math.floor(random() * limit);
  const prefix = 24 + below(9);
  const size = 1 << (32 - prefix);
  const base = 256 - size;
  const [start = 0, end = 0] = [base + below(size), base + below(size)].sort((a, b) => a - b);
  const pool = random() < 0.5 ? { start: `10.0.0.${start}`, end: `10.0.0.${end}` } : {};
  const gateways = Array.from(
    { length: below(4) },
    (_, index) => [`10.${index}.0.0/16`, `10.0.0.${base + below(size)}`],
  );
  const density = random();
  const bytes = Uint8Array.from({ length: below(40) }, () => random() < density ? 255 : below(256));
  return {
    cidr: `10.0.0.${base}/${prefix}`,
    allocation_pool: pool,
    routes: Object.fromEntries(gateways),
    ...(random() < 0.7 ? { alloc: bytes.toBase64() } : {}),
  };
}

/** The same network with IPv6 addresses; its pool's CIDR is that of the IPv4 network, inside of a larger `net6`. */
export function asIpv6({ cidr, allocation_pool: pool, routes, alloc }: NetworkOptions): NetworkOptions {
  const v6 = (text: string): string =>
    text.replace(/^10\.0\.0\.(\d+)/, (_, host) => `2001:db8::${Number(host).toString(16)}`);
  const [base = "", prefix = ""] = (cidr ?? "").split("/");
  const bounds = Object.entries(pool ?? {}).map(([key, value]) => [key, v6(value ?? "")]);
  const gateways = Object.values(routes ?? {}).map((gateway, index) => [`2001:db8:${index + 1}::/48`, v6(gateway)]);
  return {
    net6: "2001:db8::/119",
    allocation_pool_v6: { cidr: `${v6(base)}/${Number(prefix) + 96}`, ...Object.fromEntries(bounds) },
    routes6: Object.fromEntries(gateways),
    ...(alloc === undefined ? {} : { alloc6: alloc }),
  };
}
