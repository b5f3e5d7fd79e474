import type { BadCase } from "./case.ts";

const GOOD_ARGS = "K8S_POD_NAMESPACE=default;K8S_POD_NAME=web";

/** What a call of `danm-ipam` changes in its `ipam` section. */
function section(what: string, ipam: unknown, expected: Pick<BadCase, "code" | "says">): BadCase {
  return { what: `ipam section: ${what}`, conf: { ipam }, ...expected };
}

/** Wrong environments and texts on stdin: what all plugins refuse is tried with `danm`, some of it here too. */
const CALLS: readonly BadCase[] = [
  { what: "no command", env: { CNI_COMMAND: "" }, code: 4, says: /^CNI_COMMAND="" is not supported/ },
  { what: "no container id", env: { CNI_CONTAINERID: "" }, code: 4, says: /^CNI_COMMAND=ADD needs CNI_CONTAINERID$/ },
  { what: "an interface that leads elsewhere", env: { CNI_IFNAME: "../e" }, code: 4, says: /^CNI_IFNAME="..\/e"/ },
  { what: "no Pod", env: { CNI_ARGS: "" }, code: 4, says: /K8S_POD_NAMESPACE="", K8S_POD_NAME=""/ },
  { what: "no Pod name", env: { CNI_ARGS: "K8S_POD_NAMESPACE=default" }, code: 4, says: /K8S_POD_NAME=""$/ },
  { what: "a Pod that is not there", env: { CNI_ARGS: GOOD_ARGS }, code: 11, says: /^Pod default\/web is not in/ },
  { what: "nothing on stdin", stdin: "", code: 6, says: /on stdin is not JSON/ },
  { what: "a list on stdin", stdin: "[]", code: 6, says: /on stdin is not a JSON object/ },
  { what: "a DEL with half a document", command: "DEL", stdin: "{", code: 6, says: /on stdin is not JSON/ },
  { what: "a version of the future", conf: { cniVersion: "9.0.0" }, code: 1, says: /cniVersion .*9\.0\.0/ },
  { what: "CHECK before there was one", command: "CHECK", conf: { cniVersion: "0.3.1" }, code: 1, says: /0\.4\.0/ },
  { what: "GC before there was one", command: "GC", conf: { cniVersion: "1.0.0" }, code: 1, says: /1\.1\.0/ },
  { what: "STATUS before there was one", command: "STATUS", conf: { cniVersion: "1.0.0" }, code: 1, says: /1\.1\.0/ },
  {
    what: "GC with a list that is none",
    command: "GC",
    conf: { cniVersion: "1.1.0", "cni.dev/valid-attachments": {} },
    code: 7,
    says: /valid-attachments/,
  },
  { what: "CHECK of what was never attached", command: "CHECK", code: 104, says: /has no record of addresses on this/ },
  {
    what: "STATUS without kubeconfig",
    command: "STATUS",
    conf: { cniVersion: "1.1.0", ipam: { kubeconfig: "/none.json" } },
    code: 50,
    says: /^kubeconfig \/none\.json/,
  },
];

const SECTIONS: readonly BadCase[] = [
  section("a text", "danm-ipam", { code: 7, says: /^configuration: ipam: / }),
  section("null", null, { code: 7, says: /^configuration: ipam: / }),
  section("no kubeconfig", { kubeconfig: undefined }, { code: 7, says: /ipam: kubeconfig: / }),
  section("a key of host-local", { ranges: [] }, { code: 7, says: /ipam: ranges: unknown field$/ }),
  section("no network", { clusterNetwork: undefined }, { code: 7, says: /ipam names no network$/ }),
  section("two networks", { network: "wide" }, { code: 7, says: /ipam names 2 networks$/ }),
  section("no time", { timeoutMs: 0 }, { code: 7, says: /ipam: timeoutMs: / }),
  section("a network that is not there", { clusterNetwork: "none" }, {
    code: 102,
    says: /^ClusterNetwork none does not exist$/,
  }),
  section("a network of others", { clusterNetwork: "closed" }, {
    code: 103,
    says: /^ClusterNetwork closed may not be used from namespace default$/,
  }),
  section("a network without addresses", { clusterNetwork: "bare" }, {
    code: 104,
    says: /^ClusterNetwork bare has no subnet/,
  }),
  section("a log that is not one of the host's", { logFile: "/run/danm-ipam-elsewhere" }, {
    code: 7,
    says: /^configuration: ipam: logFile: must be a file below \/var\/log$/,
  }),
  section("a family that the network has not", { clusterNetwork: "four", ip6: "dynamic" }, {
    code: 104,
    says: /^configuration: ipam\.ip6: ClusterNetwork four has no IPv6 subnet/,
  }),
  section("a static address outside", { ip: "10.9.9.9" }, {
    code: 7,
    says: /^configuration: ipam\.ip: 10\.9\.9\.9 is/,
  }),
  section("a kubeconfig that is missing", { kubeconfig: "/none.json" }, { code: 7, says: /kubeconfig \/none\.json/ }),
  section("a kubeconfig that is none", { kubeconfig: "/etc/hostname" }, {
    code: 7,
    says: /kubeconfig \/etc\/hostname/,
  }),
];

const ask = (IP: string): Record<string, string> => ({ IP });

/** Wrong requests for addresses. */
const REQUESTS: readonly BadCase[] = [
  { what: "IP of another subnet", env: ask("10.9.9.9"), code: 104, says: /^CNI_ARGS: IP: 10\.9\.9\.9 is not inside/ },
  { what: "IP that is none", env: ask("10.170.0"), code: 104, says: /^CNI_ARGS: IP: / },
  { what: "IP with an empty part", env: ask("10.170.0.9,"), code: 4, says: /^CNI_ARGS: IP=.* has an empty part/ },
  { what: "two of a family", env: ask("10.170.0.8,10.170.0.9"), code: 104, says: /10\.170\.0\.8 and .* both ask for/ },
  {
    what: "ips that are no list",
    conf: { runtimeConfig: { ips: "x" } },
    code: 7,
    says: /^configuration: runtimeConfig/,
  },
  {
    what: "ips with a number",
    conf: { runtimeConfig: { ips: ["10.170.0.9", 7] } },
    code: 7,
    says: /^configuration: runtimeConfig\.ips\[1\]/,
  },
  {
    what: "ips with another prefix length",
    conf: { runtimeConfig: { ips: ["10.170.0.9/16"] } },
    code: 104,
    says: /^runtimeConfig\.ips\[0\]: prefix length of/,
  },
  {
    what: "args with a word",
    conf: { args: { cni: { ips: ["dynamic"] } } },
    code: 104,
    says: /^args\.cni\.ips\[0\]: /,
  },
];

/** Calls of `danm-ipam` that are wrong; `IP` in `env` is one more argument of CNI_ARGS. */
export const IPAM_CASES: readonly BadCase[] = [...CALLS, ...SECTIONS, ...REQUESTS];
