import { isSubnet } from "./cel.ts";
import { AGE } from "./common_crd.ts";
import { DanmEp } from "./danm_ep.ts";
import type { CrdDefinition, Rule } from "./render_crd.ts";

function addressRule(field: string, family: 4 | 6): readonly Rule[] {
  return [{
    rule: `self in ['', 'none'] || ${isSubnet("self", family)}`,
    message: `${field} must be an IPv${family} address with prefix, none, or empty`,
  }];
}

/** The CustomResourceDefinition of DanmEp. */
export const DANM_EP_CRD: CrdDefinition = {
  kind: "DanmEp",
  schema: DanmEp,
  descriptions: {
    "":
      "One attached interface of a Pod, with the addresses that it has, whoever gave them. Written by the CNI plugin and " +
      "the cleaner only.",
    "spec": "Which network, which interface, whose.",
    "spec.NetworkName":
      "Name of the network object; with its namespace in front when that is not the Pod's: namespace/name.",
    "spec.NetworkType": "NetworkType of the network object.",
    "spec.EndpointID": "Unique id of the attachment.",
    "spec.Interface": "The interface, as it is in the Pod.",
    "spec.Interface.Name": "Name of the interface in the Pod.",
    "spec.Interface.Address": "IPv4 address with prefix; empty or none without one.",
    "spec.Interface.AddressIPv6": "IPv6 address with prefix; empty or none without one.",
    "spec.Interface.MacAddress": "MAC address of the interface.",
    "spec.Interface.proutes": "IPv4 policy routes of the interface: destination subnet to gateway.",
    "spec.Interface.proutes6": "IPv6 policy routes of the interface: destination subnet to gateway.",
    "spec.Interface.DeviceID": "PCI id of the device behind the interface.",
    "spec.Host": "Node that the Pod runs on.",
    "spec.Pod": "Name of the Pod; it is in the namespace of this object.",
    "spec.PodUID": "UID of the Pod, as the runtime gave it.",
    "spec.CID": "Container id of the Pod's sandbox.",
    "spec.netns": "Path of the sandbox's network namespace on its node.",
    "spec.apiType": "Kind of the network object; empty means DanmNet.",
  },
  rules: {
    "spec.Interface.Address": addressRule("Address", 4),
    "spec.Interface.AddressIPv6": addressRule("AddressIPv6", 6),
  },
  keywords: {
    "spec.Interface.proutes": { maxProperties: 256 },
    "spec.Interface.proutes6": { maxProperties: 256 },
  },
  columns: [
    { name: "Pod", type: "string", jsonPath: ".spec.Pod", description: "Name of the Pod" },
    {
      name: "Interface",
      type: "string",
      jsonPath: ".spec.Interface.Name",
      description: "Name of the interface in the Pod",
    },
    { name: "Kind", type: "string", jsonPath: ".spec.apiType", description: "Kind of the network" },
    { name: "Network", type: "string", jsonPath: ".spec.NetworkName", description: "Name of the network" },
    { name: "Address", type: "string", jsonPath: ".spec.Interface.Address", description: "IPv4 address" },
    { name: "AddressIPv6", type: "string", jsonPath: ".spec.Interface.AddressIPv6", description: "IPv6 address" },
    { name: "Node", type: "string", jsonPath: ".spec.Host", description: "Node that the Pod runs on" },
    { name: "MAC", type: "string", jsonPath: ".spec.Interface.MacAddress", description: "MAC address", priority: 1 },
    { name: "Type", type: "string", jsonPath: ".spec.NetworkType", description: "Type of the network", priority: 1 },
    { name: "Container", type: "string", jsonPath: ".spec.CID", description: "Sandbox of the Pod", priority: 1 },
    AGE,
  ],
  selectableFields: [".spec.PodUID", ".spec.CID", ".spec.Host", ".spec.NetworkName", ".spec.apiType"],
  status: false,
};
