import { isSet, numberIsFixed, ruleOver, textIsFixed } from "./cel.ts";
import { MAX_LINK_NETWORK_ID, MAX_NETWORK_NAME, type NetworkKind, REFUSED_NETWORK_TYPES } from "./network.ts";
import { OPTION_FIELD_RULES, OPTION_RULES } from "./network_option_rules.ts";
import type { Rule } from "./render_crd.ts";

/** All rules of a kind of network, by path. */
export function networkRules(kind: NetworkKind): Record<string, readonly Rule[]> {
  const fields = Object.entries(OPTION_FIELD_RULES).map(([field, rules]) => [`spec.Options.${field}`, rules] as const);
  return {
    "": [NAME_IS_BOUNDED],
    "spec": specRules(kind),
    "spec.NetworkType": [TYPE_IS_ALLOWED],
    "spec.Options": OPTION_RULES,
    ...Object.fromEntries(fields),
  };
}

const NAME_IS_BOUNDED: Rule = {
  rule: `oldSelf.hasValue() || size(self.metadata.name) <= ${MAX_NETWORK_NAME}`,
  message:
    `metadata.name must not be longer than ${MAX_NETWORK_NAME} characters: it is part of the names of held addresses`,
  optionalOldSelf: true,
};

const TYPE_IS_ALLOWED: Rule = {
  rule: `!(self.lowerAscii() in [${REFUSED_NETWORK_TYPES.map((type) => `'${type}'`).join(", ")}])`,
  message: `NetworkType must be a plugin that makes interfaces, not one of ${REFUSED_NETWORK_TYPES.join(", ")}`,
  reason: "FieldValueForbidden",
};

function specRules(kind: NetworkKind): Rule[] {
  const isSriov = "has(self.NetworkType) && self.NetworkType.lowerAscii() == 'sriov'";
  const rules = [
    ruleOver(["NetworkID", "Options.host_device", "Options.vlan", "Options.vxlan"], {
      rule: `!(${isSet("NetworkID")} && ${isSet("Options.host_device")} && ` +
        `(has(self.Options.vlan) || has(self.Options.vxlan))) || size(self.NetworkID) <= ${MAX_LINK_NETWORK_ID}`,
      message:
        `NetworkID must not be longer than ${MAX_LINK_NETWORK_ID} characters where a VLAN or VxLAN link is named after it`,
      fieldPath: ".NetworkID",
    }),
    ruleOver(["NetworkType", "Options.device_pool"], {
      rule: `!(${isSriov}) || ${isSet("Options.device_pool")}`,
      message: "Options.device_pool must be set for NetworkType sriov",
      fieldPath: ".Options.device_pool",
      reason: "FieldValueRequired",
    }),
    ruleOver(["NetworkType", "Options.host_device"], {
      rule: `!(${isSriov}) || !${isSet("Options.host_device")}`,
      message: "Options.host_device must not be set for NetworkType sriov",
      fieldPath: ".Options.host_device",
      reason: "FieldValueForbidden",
    }),
    textIsFixed("Options.address_space", "held addresses are locked under it"),
  ];
  // A TenantNetwork may get its NetworkID from a TenantConfig.
  if (kind === "TenantNetwork") rules.push(...PHYSICAL_ATTRIBUTES_ARE_FIXED);
  else rules.push(NETWORK_ID_IS_REQUIRED);
  if (kind !== "ClusterNetwork") rules.push(noAllowedTenants(kind));
  return rules;
}

const PHYSICAL_ATTRIBUTES_ARE_FIXED: readonly Rule[] = [
  ...["Options.host_device", "Options.device_pool"].map((field) => textIsFixed(field, "it was assigned to the tenant")),
  ...["Options.vlan", "Options.vxlan"].map((field) => numberIsFixed(field, "it was assigned to the tenant")),
];

const NETWORK_ID_IS_REQUIRED: Rule = ruleOver(["NetworkID"], {
  rule: isSet("NetworkID"),
  message: "NetworkID must be set",
  fieldPath: ".NetworkID",
  reason: "FieldValueRequired",
});

function noAllowedTenants(kind: NetworkKind): Rule {
  return ruleOver(["AllowedTenants"], {
    rule: "!has(self.AllowedTenants) || size(self.AllowedTenants) == 0",
    message: `AllowedTenants must not be set on a ${kind}, only on a ClusterNetwork`,
    fieldPath: ".AllowedTenants",
    reason: "FieldValueForbidden",
  });
}
