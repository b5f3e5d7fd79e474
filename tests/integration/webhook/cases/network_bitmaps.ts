import { forEachKind, MIGRATION, type NetworkCase, type Spec } from "./network_case.ts";

/** Bitmaps of a /24: of nothing, and of some bits, counted from 0. */
function bitmapOf(...bits: readonly number[]): string {
  const bytes = new Uint8Array(32);
  for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (128 >> (bit & 7));
  return btoa(String.fromCharCode(...bytes));
}

/** 2^23 bits. */
function large(byte: string): string {
  return btoa(byte.repeat(1 << 20));
}

const FAMILIES = [
  {
    field: "alloc",
    subnet: { cidr: "10.0.0.0/24" },
    wider: { cidr: "10.0.0.0/23" },
    lower: { cidr: "10.0.0.0/16" },
    at: { cidr: "10.0.7.0/24" },
    huge: { cidr: "10.0.0.0/9" },
  },
  {
    field: "alloc6",
    subnet: { net6: "2001:db8::/64", allocation_pool_v6: { cidr: "2001:db8::100/120" } },
    wider: { net6: "2001:db8::/48", allocation_pool_v6: { cidr: "2001:db8::100/120" } },
    lower: { net6: "2001:db8::/64", allocation_pool_v6: { cidr: "2001:db8::/112" } },
    at: { net6: "2001:db8::/64", allocation_pool_v6: { cidr: "2001:db8::700/120" } },
    huge: { net6: "2001:db8::/64", allocation_pool_v6: { cidr: "2001:db8::/105" } },
  },
] as const;

/** Legacy bitmaps: new networks have none, and in stored ones bits are cleared only. */
export const BITMAP_CASES: readonly NetworkCase[] = FAMILIES.flatMap(({ field, subnet, wider, lower, at, huge }) => {
  const spec = (bitmap: string | undefined, options: Spec = subnet): Spec => ({
    NetworkID: "net",
    NetworkType: "ipvlan",
    Options: { ...options, ...(bitmap !== undefined && { [field]: bitmap }) },
  });
  const denied = (says: string): { field: string; says: string }[] => [{ field: `spec.Options.${field}`, says }];
  const two = bitmapOf(0, 255);
  const created = (name: string, bitmap: string, more: Partial<NetworkCase>): NetworkCase[] =>
    forEachKind(() => ({ name: `${field}: ${name}`, operation: "CREATE", spec: spec(bitmap), ...more }));
  const changed = (name: string, specs: readonly [Spec, Spec], more: Partial<NetworkCase> = {}): NetworkCase[] =>
    forEachKind(() => ({ name: `${field}: ${name}`, operation: "UPDATE", before: specs[0], spec: specs[1], ...more }));
  return [
    ...created("a new network with a bitmap", two, { denied: denied("leave the field out") }),
    ...created("a new network with a bitmap of nothing", bitmapOf(), { denied: denied("leave the field out") }),
    ...created("a new network with an empty bitmap", "", {}),
    ...created("the migration copies a bitmap", two, { user: MIGRATION }),
    ...created("somebody who is called nearly like the migration", two, {
      user: "system:serviceaccount:default:danm-migrate",
      denied: denied("leave the field out"),
    }),
    ...changed("a bitmap that stays", [spec(two), spec(two, { ...subnet, rt_tables: 7 })]),
    ...changed("a bit is cleared", [spec(bitmapOf(0, 7, 255)), spec(two)]),
    ...changed("all bits are cleared", [spec(two), spec(bitmapOf())]),
    ...changed("the bitmap is removed", [spec(two), spec(undefined)]),
    ...changed("the bitmap is emptied", [spec(two), spec("")]),
    ...changed("the bitmap is cut", [spec(two), spec("gA==")]),
    ...changed("a bit is set", [spec(two), spec(bitmapOf(0, 7, 255))], { denied: denied("bit 7 is set anew") }),
    ...changed("a bit is set, another one cleared", [spec(two), spec(bitmapOf(0, 254))], {
      denied: denied("bit 254 is set anew"),
    }),
    ...changed("a bitmap comes", [spec(undefined), spec(two)], { denied: denied("bit 0 is set anew") }),
    ...changed("a bitmap comes where an empty one was", [spec(""), spec(two)], { denied: denied("bit 0") }),
    ...changed("the migration sets a bit", [spec(two), spec(bitmapOf(0, 7, 255))], {
      user: MIGRATION,
      denied: denied("bit 7"),
    }),
    ...changed("a bit beyond the end", [spec(two), spec(`${two.slice(0, -1)}AAAAAAE=`)], {
      denied: denied("set anew"),
    }),
    ...changed("the subnet grows at its end", [spec(two), spec(two, wider)]),
    ...changed("the subnet gets another first address", [spec(two, at), spec(two, lower)], {
      denied: denied("remove the field, or keep the subnet's first address"),
    }),
    ...changed("the subnet gets another first address, the bitmap goes", [spec(two, at), spec(undefined, lower)]),
    ...changed("the subnet gets another first address after the migration", [spec(two, at), spec(two, lower)], {
      migrated: true,
      onlyInProcess: true,
    }),
    ...changed("the largest bitmap, one bit cleared", [
      spec(large("\xff"), huge),
      spec(large("\xff").replace("//", "f/"), huge),
    ]),
    ...changed("the largest bitmap, one bit set", [
      spec(large("\0"), huge),
      spec(`${large("\0").slice(0, -4)}AAE=`, huge),
    ], { denied: denied("is set anew") }),
  ];
});
