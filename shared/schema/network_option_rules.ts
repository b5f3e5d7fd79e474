import { isAddress, isSet, isSubnet, ruleOver } from "./cel.ts";
import type { Rule } from "./render_crd.ts";

/**
 * Rules over one field of `spec.Options`, by field. The API server skips them while the field does not change.
 */
export const OPTION_FIELD_RULES: Readonly<Record<string, readonly Rule[]>> = {
  "cidr": [
    { rule: `self == '' || ${isSubnet("self", 4)}`, message: "cidr must be an IPv4 subnet such as 10.0.0.0/24" },
    {
      rule: `!${isSubnet("self", 4)} || cidr(self).prefixLength() >= 9`,
      message: "cidr must not be larger than /9",
    },
  ],
  "net6": [{
    rule: `self == '' || ${isSubnet("self", 6)}`,
    message: "net6 must be an IPv6 subnet such as 2001:db8::/64",
  }],
  "allocation_pool.start": [address("allocation_pool.start", 4)],
  "allocation_pool.end": [address("allocation_pool.end", 4)],
  "allocation_pool_v6.cidr": [
    { rule: `self == '' || ${isSubnet("self", 6)}`, message: "allocation_pool_v6.cidr must be an IPv6 subnet" },
    {
      rule: `!${isSubnet("self", 6)} || cidr(self).prefixLength() >= 105`,
      message: "allocation_pool_v6.cidr must not be larger than /105, which is 2^23 addresses",
    },
  ],
  "allocation_pool_v6.start": [address("allocation_pool_v6.start", 6)],
  "allocation_pool_v6.end": [address("allocation_pool_v6.end", 6)],
  "routes": routes("routes", 4),
  "routes6": routes("routes6", 6),
  "rt_tables": [{
    rule: "self < 253 || self > 255",
    message: "rt_tables must not be 253, 254 or 255: these tables belong to the kernel",
  }],
};

function address(field: string, family: 4 | 6): Rule {
  return { rule: `self == '' || ${isAddress("self", family)}`, message: `${field} must be an IPv${family} address` };
}

function routes(field: string, family: 4 | 6): readonly Rule[] {
  return [
    {
      rule: `self.all(d, ${isSubnet("d", family)})`,
      message: `every destination of ${field} must be an IPv${family} subnet`,
    },
    {
      rule: `self.all(d, ${isAddress("self[d]", family)})`,
      message: `every gateway of ${field} must be an IPv${family} address`,
    },
  ];
}

const V4 = isSubnet("self.cidr", 4);
const V6 = isSubnet("self.net6", 6);
const POOL = "self.allocation_pool";
const POOL6 = "self.allocation_pool_v6";
const HAS_POOL_CIDR = isSet("allocation_pool_v6.cidr");
/** Rules over several fields of `spec.Options`. */
export const OPTION_RULES: readonly Rule[] = [
  exclusive("host_device", "device_pool", `!(${isSet("host_device")} && ${isSet("device_pool")})`),
  exclusive("vlan", "vxlan", "!(has(self.vlan) && has(self.vxlan))"),
  ...routeRules("routes", "cidr", 4),
  ...routeRules("routes6", "net6", 6),
  ...poolRules(),
  ...poolRulesV6(),
  ...sizeRules(),
];

function exclusive(first: string, second: string, rule: string): Rule {
  return ruleOver([first, second], {
    rule,
    message: `${second} must not be set together with ${first}`,
    fieldPath: `.${second}`,
    reason: "FieldValueForbidden",
  });
}

function routeRules(field: "routes" | "routes6", subnet: "cidr" | "net6", family: 4 | 6): Rule[] {
  const some = `has(self.${field}) && size(self.${field}) > 0`;
  const valid = isSubnet(`self.${subnet}`, family);
  return [
    ruleOver([field, subnet], {
      rule: `!(${some}) || ${isSet(subnet)}`,
      message: `${field} needs ${subnet}`,
      fieldPath: `.${field}`,
    }),
    ruleOver([field, subnet], {
      rule: `!(${some} && ${isSet(subnet)}) || !${valid} || ` +
        `self.${field}.all(d, !isIP(self.${field}[d]) || cidr(self.${subnet}).containsIP(self.${field}[d]))`,
      message: `every gateway of ${field} must be inside ${subnet}`,
      fieldPath: `.${field}`,
    }),
  ];
}

function poolRules(): Rule[] {
  const number = (text: string) => `${text}.split('.').map(p, int(p))`;
  const bothValid = `${isSet("allocation_pool.start")} && ${isSet("allocation_pool.end")} && ` +
    `${isAddress(`${POOL}.start`, 4)} && ${isAddress(`${POOL}.end`, 4)}`;
  return [
    ruleOver(["allocation_pool.start", "allocation_pool.end", "cidr"], {
      rule: `!(${isSet("allocation_pool.start")} || ${isSet("allocation_pool.end")}) || ${isSet("cidr")}`,
      message: "allocation_pool needs cidr",
      fieldPath: ".allocation_pool",
    }),
    ...["start", "end"].map((end) =>
      ruleOver([`allocation_pool.${end}`, "cidr"], {
        rule: `!(${isSet(`allocation_pool.${end}`)} && ${isSet("cidr")}) || !${V4} || !isIP(${POOL}.${end}) || ` +
          `cidr(self.cidr).containsIP(${POOL}.${end})`,
        message: `allocation_pool.${end} must be inside cidr`,
        fieldPath: `.allocation_pool.${end}`,
      })
    ),
    ruleOver(["allocation_pool.start", "allocation_pool.end"], {
      rule: `!(${bothValid}) || [${number(`${POOL}.start`)}, ${number(`${POOL}.end`)}]` +
        `.map(q, ((q[0] * 256 + q[1]) * 256 + q[2]) * 256 + q[3]).isSorted()`,
      message: "allocation_pool.start must not be after allocation_pool.end",
      fieldPath: ".allocation_pool.start",
    }),
  ];
}

function poolRulesV6(): Rule[] {
  const pool = ["cidr", "start", "end"].map((field) => `allocation_pool_v6.${field}`);
  return [
    ruleOver([...pool, "net6"], {
      rule: `!(${pool.map((field) => isSet(field)).join(" || ")}) || ${isSet("net6")}`,
      message: "allocation_pool_v6 needs net6",
      fieldPath: ".allocation_pool_v6",
    }),
    ruleOver(["allocation_pool_v6.cidr", "net6"], {
      rule: `!(${HAS_POOL_CIDR} && ${isSet("net6")}) || !${V6} || !${isSubnet(`${POOL6}.cidr`, 6)} || ` +
        `cidr(self.net6).containsCIDR(${POOL6}.cidr)`,
      message: "allocation_pool_v6.cidr must be inside net6",
      fieldPath: ".allocation_pool_v6.cidr",
    }),
    ...["start", "end"].flatMap(poolEndRulesV6),
    ruleOver(["allocation_pool_v6.start", "allocation_pool_v6.end"], {
      rule: `!(${isSet("allocation_pool_v6.start")} && ${isSet("allocation_pool_v6.end")}) || ` +
        `!${isAddress(`${POOL6}.start`, 6)} || !${isAddress(`${POOL6}.end`, 6)} || ${ordered6()}`,
      message: "allocation_pool_v6.start must not be after allocation_pool_v6.end",
      fieldPath: ".allocation_pool_v6.start",
    }),
  ];
}

function poolEndRulesV6(end: string): Rule[] {
  const field = `allocation_pool_v6.${end}`;
  const valid = `${isSet(field)} && ${isAddress(`${POOL6}.${end}`, 6)}`;
  return [
    ruleOver([field, "allocation_pool_v6.cidr"], {
      rule: `!(${valid} && ${HAS_POOL_CIDR}) || !${isSubnet(`${POOL6}.cidr`, 6)} || ` +
        `cidr(${POOL6}.cidr).containsIP(${POOL6}.${end})`,
      message: `${field} must be inside allocation_pool_v6.cidr`,
      fieldPath: `.${field}`,
    }),
    ruleOver([field, "allocation_pool_v6.cidr", "net6", "cidr"], {
      rule: `!(${valid} && !${HAS_POOL_CIDR} && ${isSet("net6")}) || !${V6} || ` +
        `cidr(self.net6).containsIP(${POOL6}.${end}) && ` +
        `(${isSet("cidr")} ? ${inFirst("106", end)} : ${inFirst("105", end)})`,
      message: `${field} must be inside the first 2^22 addresses of net6 (2^23 without cidr), ` +
        "or allocation_pool_v6.cidr must be given",
      fieldPath: `.${field}`,
    }),
  ];
}

/** The v6 pool's CIDR was not given: it is the first subnet of net6 with that prefix, or net6 itself if that is smaller. */
function inFirst(prefix: string, end: string): string {
  return `(cidr(self.net6).prefixLength() >= ${prefix} || ` +
    `cidr(${POOL6}.${end} + '/${prefix}').masked().ip() == cidr(self.net6).masked().ip())`;
}

/**
 * `start <= end` for two IPv6 addresses: at the longest prefix that they share, start is in the lower half.
 * The literal map is what keeps the estimated cost of this rule within the API server's budget.
 */
function ordered6(): string {
  const steps = Array.from({ length: 128 }, (_, bits) => `'/${bits}': '/${bits + 1}'`).join(", ");
  const at = (suffix: string) => `cidr(${POOL6}.start + ${suffix})`;
  return `ip(${POOL6}.start) == ip(${POOL6}.end) || {${steps}}.exists(k, k1, ` +
    `${at("k")}.containsIP(${POOL6}.end) && !${at("k1")}.containsIP(${POOL6}.end) && ` +
    `${at("k1")}.containsIP(${at("k")}.masked().ip()))`;
}

function sizeRules(): Rule[] {
  // A cidr of /9 fills the limit; every smaller one leaves at least 2^22, so only /105 needs arithmetic beside it.
  return [
    ruleOver(["cidr", "allocation_pool_v6.cidr"], {
      rule: `!(${isSet("cidr")} && ${HAS_POOL_CIDR}) || !${V4} || !${isSubnet(`${POOL6}.cidr`, 6)} || ` +
        `(cidr(self.cidr).prefixLength() > 9 && cidr(${POOL6}.cidr).prefixLength() > 105)`,
      message: "cidr and allocation_pool_v6.cidr must not have more than 2^23 addresses together",
      fieldPath: ".allocation_pool_v6.cidr",
    }),
    ruleOver(["cidr", "net6", "allocation_pool_v6.cidr"], {
      rule: `!(${isSet("cidr")} && ${isSet("net6")} && !${HAS_POOL_CIDR}) || !${V4} || ` +
        `cidr(self.cidr).prefixLength() > 9`,
      message: "net6 must not be set together with a cidr of /9, which takes all of the 2^23 addresses of a network",
      fieldPath: ".net6",
    }),
  ];
}
