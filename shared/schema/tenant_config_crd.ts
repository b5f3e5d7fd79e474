import { isSet } from "./cel.ts";
import { AGE, CONDITION_DESCRIPTIONS, CONDITION_KEYWORDS } from "./common_crd.ts";
import { MAX_LINK_NETWORK_ID } from "./network.ts";
import type { CrdDefinition, Rule } from "./render_crd.ts";
import { TenantConfig } from "./tenant_config.ts";

const NOT_EMPTY: Rule = {
  rule: "(has(self.hostDevices) && size(self.hostDevices) > 0) || (has(self.networkIds) && size(self.networkIds) > 0)",
  message: "at least one of hostDevices and networkIds must be set",
};

const RANGES = "self.vniRange.split(',')";
const WELL_FORMED = "self.vniRange.matches('^[0-9]{1,8}(-[0-9]{1,8})?(,[0-9]{1,8}(-[0-9]{1,8})?)*$')";

const DEVICE_RULES: readonly Rule[] = [
  {
    rule: `${isSet("vniType")} == ${isSet("vniRange")}`,
    message: "vniType and vniRange must be set together",
    fieldPath: ".vniRange",
  },
  {
    rule: `!${isSet("vniRange")} || !${WELL_FORMED} || ` +
      `${RANGES}.all(p, int(p.split('-')[0]) <= int(p.split('-')[p.split('-').size() - 1]))`,
    message: "every range of vniRange must start before it ends",
    fieldPath: ".vniRange",
  },
  {
    rule: `!${isSet("vniRange")} || !${isSet("vniType")} || !${WELL_FORMED} || ${RANGES}.all(p, ` +
      `int(p.split('-')[0]) >= 1 && int(p.split('-')[p.split('-').size() - 1]) <= (self.vniType == 'vlan' ? 4094 : 16777214))`,
    message: "vniRange must be inside 1-4094 for vlan and inside 1-16777214 for vxlan",
    fieldPath: ".vniRange",
  },
];

const NETWORK_ID_RULES: readonly Rule[] = [
  {
    rule: "self.all(t, t.matches('^[A-Za-z0-9_][A-Za-z0-9_.-]*$'))",
    message: "every key of networkIds must be a NetworkType: not empty, without slash",
  },
  {
    rule: "self.all(t, self[t].matches('^[A-Za-z0-9_][A-Za-z0-9_.-]*$'))",
    message: "every value of networkIds must be a NetworkID: not empty, without slash",
  },
  {
    // A VxLAN link under a mapped id is named after its VNI, a VLAN link after the id.
    rule: `self.all(t, !(t.lowerAscii() in ['ipvlan', 'macvlan']) || size(self[t]) <= ${MAX_LINK_NETWORK_ID})`,
    message:
      `networkIds of ipvlan and macvlan must not be longer than ${MAX_LINK_NETWORK_ID} characters: host links are named after them`,
  },
];

/** The CustomResourceDefinition of TenantConfig. */
export const TENANT_CONFIG_CRD: CrdDefinition = {
  kind: "TenantConfig",
  schema: TenantConfig,
  descriptions: {
    "":
      "Which host devices, VNI ranges and CNI configurations the networks of tenants may get. All objects of this kind " +
      "count, ordered by name.",
    "hostDevices": "Host devices and device pools that tenants may use.",
    "hostDevices[]": "A host device or device pool.",
    "hostDevices[].name": "Name of a link of the hosts, or resource name of a device plugin (with a slash).",
    "hostDevices[].vniType":
      "Whether tenants' networks on the device get a VLAN or a VxLAN id. Set together with vniRange.",
    "hostDevices[].vniRange": "Ids that tenants' networks on the device may get, such as `700-710,900`.",
    "hostDevices[].alloc": "Bitmap of ids that an earlier release reserved, base64. Read for migration only.",
    "networkIds":
      "NetworkIDs that tenants' networks get, by NetworkType. Tenants may use a static delegate only if it is here.",
    "status": "What is reserved.",
    "status.reservations": "VNIs that networks of tenants hold.",
    "status.reservations[].device": "Device that the VNI is used on.",
    "status.reservations[].vniType": "Kind of the VNI.",
    "status.reservations[].vni": "The VNI.",
    "status.reservations[].network": "TenantNetwork that holds the VNI, `namespace/name`.",
    ...CONDITION_DESCRIPTIONS,
  },
  rules: { "": [NOT_EMPTY], "hostDevices[]": DEVICE_RULES, "networkIds": NETWORK_ID_RULES },
  keywords: {
    "hostDevices": { "x-kubernetes-list-type": "atomic" },
    "networkIds": { maxProperties: 64 },
    // A map would stand in managedFields entry by entry, which more than doubles the object (decision 11). That an id is
    // there once is the webhook's to see to anyway, across all TenantConfigs.
    "status.reservations": { "x-kubernetes-list-type": "atomic" },
    ...CONDITION_KEYWORDS,
  },
  columns: [
    {
      name: "Network-IDs",
      type: "string",
      jsonPath: ".networkIds",
      description: "NetworkIDs by NetworkType",
      priority: 1,
    },
    AGE,
  ],
  status: true,
};
