import type { Rule } from "./render_crd.ts";

/** CEL: the field is there, with every object above it. */
export function isThere(root: string, field: string): string {
  const parts = field.split(".");
  return `(${parts.map((_, index) => `has(${root}.${parts.slice(0, index + 1).join(".")})`).join(" && ")})`;
}

/** CEL: the string field is there and not empty. Stored objects hold empty strings for "not set". */
export function isSet(field: string, root = "self"): string {
  return `(${isThere(root, field)} && ${root}.${field} != '')`;
}

/**
 * CEL: the field is the same in both versions of the object, there or not.
 *
 * Written without optional chaining: the API server cannot bound the size of `oldSelf.?field` and refuses such a rule
 * as too costly, whereas a comparison with a field of `self` costs at most that field's size.
 */
export function isSame(oldRoot: string, field: string): string {
  const before = isThere(oldRoot, field);
  return `(${isThere("self", field)} ? ${before} && ${oldRoot}.${field} == self.${field} : !${before})`;
}

/** CEL: the text is an address of that family. */
export function isAddress(text: string, family: 4 | 6): string {
  return `(isIP(${text}) && ip(${text}).family() == ${family})`;
}

/** CEL: the text is a subnet of that family. */
export function isSubnet(text: string, family: 4 | 6): string {
  return `(isCIDR(${text}) && cidr(${text}).ip().family() == ${family})`;
}

/** A rule for updates: the string field keeps its value; not being there and being empty are the same. */
export function textIsFixed(field: string, why: string): Rule {
  const before = isSet(field, "oldSelf");
  return {
    rule: `${isSet(field)} ? ${before} && oldSelf.${field} == self.${field} : !${before}`,
    message: `${field} must not change: ${why}`,
    fieldPath: `.${field}`,
  };
}

/** A rule for updates: the number keeps its value, or stays absent. */
export function numberIsFixed(field: string, why: string): Rule {
  return { rule: isSame("oldSelf", field), message: `${field} must not change: ${why}`, fieldPath: `.${field}` };
}

/**
 * A rule over several fields that judges creations, and updates which touch one of these fields. Otherwise a stored
 * object that was accepted before the rule existed could not be changed in any other of its fields.
 *
 * @param fields paths below where the rule stands: `cidr`, `allocation_pool.start`
 */
export function ruleOver(fields: readonly string[], rule: Omit<Rule, "optionalOldSelf">): Rule {
  const same = fields.map((field) => isSame("oldSelf.value()", field)).join(" && ");
  return { ...rule, rule: `oldSelf.hasValue() && ${same} || (${rule.rule})`, optionalOldSelf: true };
}
