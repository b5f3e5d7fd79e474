import { isAddress, isSet, isSubnet, ruleOver } from "./cel.ts";
import { POOL_RULES } from "./network_pool_rules.ts";
import type { Rule } from "./render_crd.ts";
import { UNUSABLE_SUBNETS } from "./unusable_subnets.ts";

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
    usable("cidr", 4),
  ],
  "net6": [
    { rule: `self == '' || ${isSubnet("self", 6)}`, message: "net6 must be an IPv6 subnet such as 2001:db8::/64" },
    usable("net6", 6),
  ],
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

function usable(field: string, family: 4 | 6): Rule {
  const subnets = UNUSABLE_SUBNETS[family];
  const disjoint = subnets.map((subnet) =>
    `!cidr('${subnet}').containsIP(cidr(self).ip()) && !cidr(self).containsIP(cidr('${subnet}').ip())`
  );
  return {
    rule: `!${isSubnet("self", family)} || ${disjoint.join(" && ")}`,
    message: `${field} must not have addresses of ${subnets.join(", ")}, which no interface can have`,
  };
}

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

/** Rules over several fields of `spec.Options`. */
export const OPTION_RULES: readonly Rule[] = [
  exclusive("host_device", "device_pool", `!(${isSet("host_device")} && ${isSet("device_pool")})`),
  exclusive("vlan", "vxlan", "!(has(self.vlan) && has(self.vxlan))"),
  ...routeRules("routes", "cidr", 4),
  ...routeRules("routes6", "net6", 6),
  ...POOL_RULES,
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
