import { forEachKind, type NetworkCase, type Spec } from "./network_case.ts";

const LIMIT4 = { start: "10.0.0.1", end: "10.0.0.254" };
const NET6 = "2001:db8::/64";
const V6 = { cidr: "2001:db8::/105", start: "2001:db8::1", end: "2001:db8::7f:fffe" };
const V6_BESIDE_V4 = { cidr: "2001:db8::/106", start: "2001:db8::1", end: "2001:db8::3f:fffe" };

type Row = readonly [name: string, options: Spec, becomes: Spec];

/** What is filled in when a network is created: options as sent, and what they have afterwards. */
const CREATED: readonly Row[] = [
  ["a pool for a /24", { cidr: "10.0.0.0/24" }, { allocation_pool: LIMIT4 }],
  ["a pool for a CIDR with host bits", { cidr: "10.0.0.77/24" }, { allocation_pool: LIMIT4, cidr: "10.0.0.77/24" }],
  ["a pool in place of empty strings", { cidr: "10.0.0.0/24", allocation_pool: { start: "", end: "" } }, {
    allocation_pool: LIMIT4,
  }],
  ["a pool in place of an empty one", { cidr: "10.0.0.0/24", allocation_pool: {} }, { allocation_pool: LIMIT4 }],
  ["the end of a pool", { cidr: "10.0.0.0/24", allocation_pool: { start: "10.0.0.100" } }, {
    allocation_pool: { start: "10.0.0.100", end: "10.0.0.254" },
  }],
  ["the start of a pool", { cidr: "10.0.0.0/24", allocation_pool: { end: "10.0.0.100" } }, {
    allocation_pool: { start: "10.0.0.1", end: "10.0.0.100" },
  }],
  ["nothing into a whole pool", { cidr: "10.0.0.0/24", allocation_pool: { start: "10.0.0.0", end: "10.0.0.255" } }, {
    allocation_pool: { start: "10.0.0.0", end: "10.0.0.255" },
  }],
  ["both addresses of a /31", { cidr: "10.0.0.0/31" }, { allocation_pool: { start: "10.0.0.0", end: "10.0.0.1" } }],
  ["the one address of a /32", { cidr: "10.0.0.9/32" }, { allocation_pool: { start: "10.0.0.9", end: "10.0.0.9" } }],
  ["the two inner addresses of a /30", { cidr: "10.0.0.0/30" }, {
    allocation_pool: { start: "10.0.0.1", end: "10.0.0.2" },
  }],
  ["the largest pool", { cidr: "10.128.0.0/9" }, { allocation_pool: { start: "10.128.0.1", end: "10.255.255.254" } }],
  ["lastIp stays", { cidr: "10.0.0.0/24", allocation_pool: { lastIp: "10.0.0.7/24" } }, {
    allocation_pool: { ...LIMIT4, lastIp: "10.0.0.7/24" },
  }],
  ["an IPv6 pool alone", { net6: NET6 }, { allocation_pool_v6: V6, allocation_pool: undefined }],
  ["an IPv6 pool beside IPv4", { net6: NET6, cidr: "10.0.0.0/24" }, {
    allocation_pool_v6: V6_BESIDE_V4,
    allocation_pool: LIMIT4,
  }],
  ["an IPv6 pool beside a /10", { net6: NET6, cidr: "10.0.0.0/10" }, { allocation_pool_v6: V6_BESIDE_V4 }],
  ["an IPv6 pool of a small net6", { net6: "2001:db8::/120" }, {
    allocation_pool_v6: { cidr: "2001:db8::/120", start: "2001:db8::1", end: "2001:db8::fe" },
  }],
  ["both addresses of a /127", { net6: "2001:db8::/127" }, {
    allocation_pool_v6: { cidr: "2001:db8::/127", start: "2001:db8::", end: "2001:db8::1" },
  }],
  ["the one address of a /128", { net6: "2001:db8::5/128" }, {
    allocation_pool_v6: { cidr: "2001:db8::5/128", start: "2001:db8::5", end: "2001:db8::5" },
  }],
  ["the ends of a given IPv6 pool", { net6: NET6, allocation_pool_v6: { cidr: "2001:db8::1:0/112" } }, {
    allocation_pool_v6: { cidr: "2001:db8::1:0/112", start: "2001:db8::1:1", end: "2001:db8::1:fffe" },
  }],
  ["the CIDR of given IPv6 ends", {
    net6: NET6,
    allocation_pool_v6: { start: "2001:db8::100", end: "2001:db8::1ff" },
  }, { allocation_pool_v6: { cidr: "2001:db8::/105", start: "2001:db8::100", end: "2001:db8::1ff" } }],
  ["nothing without a subnet", { rt_tables: 5 }, { allocation_pool: undefined, allocation_pool_v6: undefined }],
];

/** What happens to pools when a network is changed: what is stored, what is sent, what becomes of it. */
const CHANGED: readonly (readonly [name: string, before: Spec, after: Spec, becomes: Spec])[] = [
  ["a derived pool follows its CIDR", { cidr: "10.0.0.0/24", allocation_pool: LIMIT4 }, {
    cidr: "10.1.0.0/16",
    allocation_pool: LIMIT4,
  }, { allocation_pool: { start: "10.1.0.1", end: "10.1.255.254" } }],
  [
    "a derived pool follows, lastIp stays",
    {
      cidr: "10.0.0.0/24",
      allocation_pool: { ...LIMIT4, lastIp: "10.0.0.7/24" },
    },
    { cidr: "10.0.0.0/23", allocation_pool: { ...LIMIT4, lastIp: "10.0.0.7/24" } },
    {
      allocation_pool: { start: "10.0.0.1", end: "10.0.1.254", lastIp: "10.0.0.7/24" },
    },
  ],
  [
    "a chosen pool stays when its CIDR grows",
    {
      cidr: "10.0.0.0/24",
      allocation_pool: { start: "10.0.0.10", end: "10.0.0.254" },
    },
    { cidr: "10.0.0.0/16", allocation_pool: { start: "10.0.0.10", end: "10.0.0.254" } },
    {
      allocation_pool: { start: "10.0.0.10", end: "10.0.0.254" },
    },
  ],
  [
    "a pool that is changed together with its CIDR is as it was sent",
    {
      cidr: "10.0.0.0/24",
      allocation_pool: LIMIT4,
    },
    { cidr: "10.1.0.0/24", allocation_pool: { start: "10.1.0.5", end: "10.1.0.9" } },
    {
      allocation_pool: { start: "10.1.0.5", end: "10.1.0.9" },
    },
  ],
  ["a derived pool goes with its CIDR", { cidr: "10.0.0.0/24", allocation_pool: LIMIT4 }, { allocation_pool: LIMIT4 }, {
    allocation_pool: undefined,
  }],
  ["a pool comes with a CIDR", {}, { cidr: "10.0.0.0/24" }, { allocation_pool: LIMIT4 }],
  ["a pool that is taken out comes back", { cidr: "10.0.0.0/24", allocation_pool: { start: "10.0.0.9" } }, {
    cidr: "10.0.0.0/24",
  }, { allocation_pool: LIMIT4 }],
  ["a CIDR that is written in another way changes nothing", { cidr: "10.0.0.0/24", allocation_pool: LIMIT4 }, {
    cidr: "10.0.0.9/24",
    allocation_pool: LIMIT4,
  }, { allocation_pool: LIMIT4 }],
  ["a derived IPv6 pool follows net6", { net6: NET6, allocation_pool_v6: V6 }, {
    net6: "fd00::/64",
    allocation_pool_v6: V6,
  }, { allocation_pool_v6: { cidr: "fd00::/105", start: "fd00::1", end: "fd00::7f:fffe" } }],
  ["a derived IPv6 pool makes room for a CIDR", { net6: NET6, allocation_pool_v6: V6 }, {
    net6: NET6,
    cidr: "10.0.0.0/24",
    allocation_pool_v6: V6,
  }, { allocation_pool_v6: V6_BESIDE_V4, allocation_pool: LIMIT4 }],
  ["a derived IPv6 pool goes with net6", { net6: NET6, allocation_pool_v6: V6 }, { allocation_pool_v6: V6 }, {
    allocation_pool_v6: undefined,
  }],
  [
    "chosen ends of an IPv6 pool stay",
    {
      net6: NET6,
      allocation_pool_v6: { ...V6, start: "2001:db8::100" },
    },
    { net6: NET6, cidr: "10.0.0.0/24", allocation_pool_v6: { ...V6, start: "2001:db8::100", end: "2001:db8::1ff" } },
    {
      allocation_pool_v6: { cidr: "2001:db8::/106", start: "2001:db8::100", end: "2001:db8::1ff" },
    },
  ],
  [
    "derived ends of a chosen IPv6 pool follow it",
    {
      net6: NET6,
      allocation_pool_v6: { cidr: "2001:db8::/120", start: "2001:db8::1", end: "2001:db8::fe" },
    },
    { net6: NET6, allocation_pool_v6: { cidr: "2001:db8::/119", start: "2001:db8::1", end: "2001:db8::fe" } },
    {
      allocation_pool_v6: { cidr: "2001:db8::/119", start: "2001:db8::1", end: "2001:db8::1fe" },
    },
  ],
  ["what is stored whole is not touched", { cidr: "10.0.0.0/24", allocation_pool: LIMIT4 }, {
    cidr: "10.0.0.0/24",
    allocation_pool: LIMIT4,
    rt_tables: 9,
  }, { allocation_pool: LIMIT4 }],
];

/** Chosen pools that a change of the subnet leaves outside: nobody guesses what they should be. */
const LEFT_OUTSIDE: readonly (readonly [name: string, before: Spec, after: Spec, field: string])[] = [
  [
    "a chosen pool outside of the new CIDR",
    {
      cidr: "10.0.0.0/24",
      allocation_pool: { start: "10.0.0.10", end: "10.0.0.20" },
    },
    { cidr: "10.1.0.0/24", allocation_pool: { start: "10.0.0.10", end: "10.0.0.20" } },
    "allocation_pool.start",
  ],
  [
    "a chosen pool without CIDR",
    {
      cidr: "10.0.0.0/24",
      allocation_pool: { start: "10.0.0.10", end: "10.0.0.20" },
    },
    { allocation_pool: { start: "10.0.0.10", end: "10.0.0.20" } },
    "allocation_pool",
  ],
  ["a chosen IPv6 pool outside of the new net6", {
    net6: NET6,
    allocation_pool_v6: { cidr: "2001:db8::1:0/112", start: "2001:db8::1:1", end: "2001:db8::1:2" },
  }, {
    net6: "fd00::/64",
    allocation_pool_v6: { cidr: "2001:db8::1:0/112", start: "2001:db8::1:1", end: "2001:db8::1:2" },
  }, "allocation_pool_v6.cidr"],
  [
    "routes whose gateway is outside of the new CIDR",
    {
      cidr: "10.0.0.0/24",
      routes: { "10.9.0.0/16": "10.0.0.1" },
    },
    { cidr: "10.1.0.0/24", routes: { "10.9.0.0/16": "10.0.0.1" } },
    "routes",
  ],
  ["routes without CIDR", { cidr: "10.0.0.0/24", routes: { "10.9.0.0/16": "10.0.0.1" } }, {
    routes: { "10.9.0.0/16": "10.0.0.1" },
  }, "routes"],
  ["a derived IPv6 pool beside a /9", { net6: NET6, allocation_pool_v6: V6 }, {
    net6: NET6,
    cidr: "10.0.0.0/9",
    allocation_pool_v6: V6,
  }, ""],
];

/** The type of a network, as it is sent and as it is stored. */
const TYPES: readonly (readonly [sent: string | undefined, stored: string])[] = [
  [undefined, "ipvlan"],
  ["", "ipvlan"],
  ["IPVLAN", "ipvlan"],
  ["MacVLAN", "macvlan"],
  ["ipvlan", "ipvlan"],
];

/** What mutation makes of networks. */
export const POOL_CASES: readonly NetworkCase[] = [
  ...CREATED.flatMap(([name, options, becomes]) =>
    forEachKind(() => ({
      name: `fills in ${name}`,
      operation: "CREATE",
      spec: specOf(options),
      becomes: inOptions(becomes),
    }))
  ),
  ...CHANGED.flatMap(([name, before, after, becomes]) =>
    forEachKind(() => ({
      name,
      operation: "UPDATE",
      before: specOf(before),
      spec: specOf(after),
      becomes: inOptions(becomes),
    }))
  ),
  ...LEFT_OUTSIDE.flatMap(([name, before, after, field]) =>
    forEachKind(() => ({
      name,
      operation: "UPDATE",
      before: specOf(before),
      spec: specOf(after),
      denied: [{ field: `spec.Options${field && `.${field}`}` }],
      alsoCrd: true,
    }))
  ),
  ...TYPES.flatMap(([sent, stored]) =>
    forEachKind(() => ({
      name: `type ${JSON.stringify(sent)} is stored as ${stored}`,
      operation: "CREATE",
      spec: { NetworkID: "net", ...(sent !== undefined && { NetworkType: sent }) },
      becomes: { NetworkType: stored },
    }))
  ),
];

function specOf(Options: Spec): Spec {
  return { NetworkID: "net", NetworkType: "ipvlan", Options };
}

function inOptions(becomes: Spec): Spec {
  return Object.fromEntries(Object.entries(becomes).map(([field, value]) => [`Options.${field}`, value]));
}
