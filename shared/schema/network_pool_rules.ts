import { isAddress, isSet, isSubnet, ruleOver } from "./cel.ts";
import type { Rule } from "./render_crd.ts";

const V4 = isSubnet("self.cidr", 4);
const V6 = isSubnet("self.net6", 6);
const POOL = "self.allocation_pool";
const POOL6 = "self.allocation_pool_v6";
const HAS_POOL_CIDR = isSet("allocation_pool_v6.cidr");
/** Rules about allocation pools and about how many addresses a network has, over several fields of `spec.Options`. */
export const POOL_RULES: readonly Rule[] = [...poolRules(), ...poolRulesV6(), ...sizeRules()];

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
