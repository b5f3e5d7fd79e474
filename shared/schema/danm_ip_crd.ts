import { AGE } from "./common_crd.ts";
import { DanmIp } from "./danm_ip.ts";
import type { CrdDefinition, Rule } from "./render_crd.ts";

const NAME = "self.metadata.name";

/** The name is the lock, so it must be the one name of that address in that space. */
const NAME_RULES: readonly Rule[] = [
  {
    rule: `!isIP(self.spec.address) || ip(self.spec.address).family() != 4 || ` +
      `${NAME} == self.spec.address + '.' + self.spec.space`,
    message: "metadata.name must be <spec.address>.<spec.space>",
  },
  {
    rule: `!isIP(self.spec.address) || ip(self.spec.address).family() != 6 || ` +
      `(${NAME}.matches('^[0-9a-f]{4}(-[0-9a-f]{4}){7}[.]') && ${NAME}.substring(39) == '.' + self.spec.space && ` +
      `ip(${NAME}.substring(0, 39).replace('-', ':')) == ip(self.spec.address))`,
    message: "metadata.name must be <spec.address as eight groups of four hex digits joined by ->.<spec.space>",
  },
];

const SPEC_RULES: readonly Rule[] = [
  { rule: "self == oldSelf", message: "spec must not change: delete the object and create another" },
  {
    rule: "self.space.startsWith('as.') || self.space == (self.networkKind == 'ClusterNetwork' ? 'cn.' : " +
      "(self.networkKind == 'DanmNet' ? 'dn.' : 'tn.') + self.networkNamespace + '.') + self.networkName",
    message:
      "space must be that of the network: dn.<namespace>.<name>, tn.<namespace>.<name>, cn.<name> or as.<address_space>",
    fieldPath: ".space",
  },
  {
    rule: "(self.networkKind == 'ClusterNetwork') == (self.networkNamespace == '')",
    message: "networkNamespace must be empty for a ClusterNetwork and set for any other kind",
    fieldPath: ".networkNamespace",
  },
];

/** The CustomResourceDefinition of DanmIp. */
export const DANM_IP_CRD: CrdDefinition = {
  kind: "DanmIp",
  schema: DanmIp,
  descriptions: {
    "":
      "One held address. Creating the object takes the address, deleting it gives the address back. Written by the CNI " +
      "plugin and the cleaner only.",
    "spec": "Which address, and who holds it. Never changes.",
    "spec.space": "Address space of the network: no address is held twice within one.",
    "spec.address": "The address in its canonical form.",
    "spec.networkKind": "Kind of the network.",
    "spec.networkNamespace": "Namespace of the network; empty for a ClusterNetwork.",
    "spec.networkName": "Name of the network.",
    "spec.podNamespace": "Namespace of the Pod that holds the address.",
    "spec.podName": "Name of the Pod that holds the address.",
    "spec.podUID": "UID of the Pod that holds the address, as the runtime gave it.",
    "spec.containerID": "Sandbox of the Pod that holds the address.",
    "spec.interface": "Interface of the Pod that has the address.",
    "spec.node": "Node that the Pod runs on.",
    "spec.plugin": "CNI plugin that took the address, where that is not danm. Such an address has no DanmEp.",
  },
  rules: {
    "": NAME_RULES,
    "spec": SPEC_RULES,
    "spec.address": [{
      rule: "isIP(self) && ip.isCanonical(self)",
      message: "address must be an IP address in its canonical form (RFC 5952)",
    }],
  },
  keywords: {},
  columns: [
    { name: "Address", type: "string", jsonPath: ".spec.address", description: "The held address" },
    { name: "Kind", type: "string", jsonPath: ".spec.networkKind", description: "Kind of the network" },
    { name: "Network", type: "string", jsonPath: ".spec.networkName", description: "Name of the network" },
    { name: "Namespace", type: "string", jsonPath: ".spec.podNamespace", description: "Namespace of the holder" },
    { name: "Pod", type: "string", jsonPath: ".spec.podName", description: "Pod that holds the address" },
    { name: "Interface", type: "string", jsonPath: ".spec.interface", description: "Interface that has the address" },
    { name: "Node", type: "string", jsonPath: ".spec.node", description: "Node that the Pod runs on" },
    { name: "Space", type: "string", jsonPath: ".spec.space", description: "Address space", priority: 1 },
    {
      name: "Container",
      type: "string",
      jsonPath: ".spec.containerID",
      description: "Sandbox of the Pod",
      priority: 1,
    },
    AGE,
  ],
  selectableFields: [".spec.podUID", ".spec.containerID", ".spec.node", ".spec.space"],
  status: false,
};
