import { type AnnotatedCase, at, interfaces } from "../annotated_case.ts";

/** Annotations that nobody could follow, whatever networks there are. */
export const MALFORMED: readonly AnnotatedCase[] = [
  { name: "no JSON", annotations: interfaces("eth0"), denied: [[at(""), "not JSON"]] },
  { name: "half of a list", annotations: interfaces("[{"), denied: [[at(""), "not JSON"]] },
  { name: "a trailing comma", annotations: interfaces('[{"network": "v4"},]'), denied: [[at(""), "not JSON"]] },
  { name: "an object for a list", annotations: interfaces({ network: "v4" }), denied: [[at(""), "array"]] },
  { name: "a text", annotations: interfaces('"v4"'), denied: [[at(""), "array"]] },
  { name: "a number", annotations: interfaces("7"), denied: [[at(""), "array"]] },
  { name: "a list of texts", annotations: interfaces(["v4"]), denied: [[at("[0]"), "object"]] },
  { name: "a list of nothing", annotations: interfaces([null]), denied: [[at("[0]"), "object"]] },
  { name: "no network", annotations: interfaces([{}]), denied: [[at("[0]"), "exactly one of network, tenantNetwork"]] },
  { name: "an empty network", annotations: interfaces([{ network: "" }]), denied: [[at("[0]"), "exactly one of"]] },
  {
    name: "two networks in one entry",
    annotations: interfaces([{ network: "v4", clusterNetwork: "ext", ip: "dynamic" }]),
    denied: [[at("[0].clusterNetwork"), "got network and clusterNetwork"]],
  },
  {
    name: "an unknown field",
    annotations: interfaces([{ network: "v4", ip: "dynamic" }, { network: "v4", ipv4: "dynamic" }]),
    denied: [[at("[1].ipv4"), "unknown field"]],
  },
  {
    name: "a device that a Pod wants to choose",
    annotations: interfaces([{ network: "v4", ip: "dynamic", DeviceID: "0000:00:00.0" }]),
    denied: [[at("[0].DeviceID"), "unknown field"]],
  },
  {
    name: "a field of another case",
    annotations: interfaces([{ Network: "v4", ip: "dynamic" }]),
    denied: [[at("[0].Network"), "unknown field"]],
  },
  { name: "a name that is none", annotations: interfaces([{ network: "A_b" }]), denied: [[at("[0].network"), "A_b"]] },
  {
    name: "a name with its namespace",
    annotations: interfaces([{ network: "apps/v4" }]),
    denied: [[at("[0].network"), "apps/v4"]],
  },
  {
    name: "a network that is a number",
    annotations: interfaces([{ network: 7 }]),
    denied: [[at("[0].network"), "string"]],
  },
  {
    name: "an address that is none",
    annotations: interfaces([{ network: "v4", ip: "10.2.0" }]),
    denied: [[at("[0].ip"), "expected dynamic, none or an address"]],
  },
  {
    name: "an address with a leading zero",
    annotations: interfaces([{ network: "v4", ip: "010.2.0.9" }]),
    denied: [[at("[0].ip"), "010.2.0.9"]],
  },
  {
    name: "Dynamic in another case",
    annotations: interfaces([{ network: "v4", ip: "Dynamic" }]),
    denied: [[at("[0].ip"), "Dynamic"]],
  },
  {
    name: "an IPv6 address as ip",
    annotations: interfaces([{ network: "dual", ip: "fd00:1::9" }]),
    denied: [[at("[0].ip"), "not an IPv4 address"]],
  },
  {
    name: "an IPv4 address as ip6",
    annotations: interfaces([{ network: "dual", ip6: "10.1.0.9" }]),
    denied: [[at("[0].ip6"), "not an IPv6 address"]],
  },
  {
    name: "a prefix too long",
    annotations: interfaces([{ network: "v4", ip: "10.2.0.9/33" }]),
    denied: [[at("[0].ip"), "0 to 32"]],
  },
  {
    name: "a policy route to no subnet",
    annotations: interfaces([{ network: "dual", ip: "dynamic", proutes: { "10.9.0.0": "10.1.0.1" } }]),
    denied: [[at("[0].proutes[10.9.0.0]"), "subnet"]],
  },
  {
    name: "a policy route through no address",
    annotations: interfaces([{ network: "dual", ip: "dynamic", proutes: { "10.9.0.0/16": "gw" } }]),
    denied: [[at("[0].proutes[10.9.0.0/16]"), "gateway"]],
  },
  {
    name: "a policy route of the other family",
    annotations: interfaces([{ network: "dual", ip: "dynamic", proutes6: { "10.9.0.0/16": "10.1.0.1" } }]),
    denied: [[at("[0].proutes6[10.9.0.0/16]"), "IPv6 subnet"], [at("[0].proutes6[10.9.0.0/16]"), "IPv6 address"]],
  },
  {
    name: "a list as policy routes",
    annotations: interfaces([{ network: "dual", ip: "dynamic", proutes: [] }]),
    denied: [[at("[0].proutes"), "record"]],
  },
  {
    name: "faults in several entries",
    annotations: interfaces([{ network: "v4", ip: "x" }, {}, { network: "v4", ip6: "y" }]),
    denied: [[at("[0].ip"), "x"], [at("[1]"), "exactly one"], [at("[2].ip6"), "y"]],
  },
  {
    name: "more faults than anybody reads",
    annotations: interfaces(Array.from({ length: 14 }, () => ({ network: "v4", ip: "x" }))),
    denied: [
      ...Array.from({ length: 10 }, (_, index) => [at(`[${index}].ip`), "x"] as const),
      ["metadata.annotations", "4 more fields are wrong"],
    ],
  },
  {
    name: "more interfaces than a Pod can have",
    annotations: interfaces(Array.from({ length: 257 }, () => ({ network: "v4", ip: "dynamic" }))),
    denied: [[at(""), "256"]],
  },
  {
    name: "the older prefix, malformed",
    annotations: interfaces("eth0", "danm.k8s.io"),
    denied: [[at("", "danm.k8s.io/interfaces"), "not JSON"]],
  },
  {
    name: "malformed on the host's network",
    annotations: interfaces("eth0"),
    spec: { hostNetwork: true },
    denied: [[at(""), "not JSON"]],
  },
  {
    name: "malformed in another namespace",
    annotations: interfaces([{ network: "v4", ip: "x" }]),
    namespace: "other",
    denied: [[at("[0].ip"), "x"]],
  },
];
