import type { BadCase } from "./case.ts";

const GOOD_ARGS = "K8S_POD_NAMESPACE=default;K8S_POD_NAME=web";

/** Wrong environments. An empty variable is a missing one. */
const ENVIRONMENT: readonly BadCase[] = [
  { what: "no command", env: { CNI_COMMAND: "" }, code: 4, says: /^CNI_COMMAND="" is not supported/ },
  { what: "an unknown command", env: { CNI_COMMAND: "add" }, code: 4, says: /^CNI_COMMAND="add" is not supported/ },
  { what: "no container id", env: { CNI_CONTAINERID: "" }, code: 4, says: /^CNI_COMMAND=ADD needs CNI_CONTAINERID$/ },
  { what: "no netns for ADD", env: { CNI_NETNS: "" }, code: 4, says: /^CNI_COMMAND=ADD needs CNI_NETNS$/ },
  {
    what: "nothing but the command",
    env: { CNI_CONTAINERID: "", CNI_NETNS: "", CNI_IFNAME: "", CNI_PATH: "" },
    code: 4,
    says: /needs CNI_CONTAINERID, CNI_NETNS, CNI_IFNAME, CNI_PATH$/,
  },
  {
    what: "DEL without interface",
    command: "DEL",
    env: { CNI_IFNAME: "", CNI_NETNS: "" },
    code: 4,
    says: /^CNI_COMMAND=DEL needs CNI_IFNAME$/,
  },
  {
    what: "a container id that leads elsewhere",
    env: { CNI_CONTAINERID: "../../x" },
    code: 4,
    says: /CNI_CONTAINERID/,
  },
  { what: "a container id too long", env: { CNI_CONTAINERID: "c".repeat(300) }, code: 4, says: /CNI_CONTAINERID/ },
  { what: "an interface name too long", env: { CNI_IFNAME: "x".repeat(16) }, code: 4, says: /^CNI_IFNAME="x+"/ },
  { what: "an interface name with a slash", env: { CNI_IFNAME: "eth/0" }, code: 4, says: /^CNI_IFNAME="eth\/0"/ },
  { what: "an interface name with a space", env: { CNI_IFNAME: "eth 0" }, code: 4, says: /^CNI_IFNAME="eth 0"/ },
  { what: "no Pod", env: { CNI_ARGS: "" }, code: 4, says: /K8S_POD_NAMESPACE="", K8S_POD_NAME=""/ },
  { what: "no Pod name", env: { CNI_ARGS: "K8S_POD_NAMESPACE=default" }, code: 4, says: /malformed: K8S_POD_NAME=""$/ },
  { what: "arguments that are no pairs", env: { CNI_ARGS: "IgnoreUnknown" }, code: 4, says: /"IgnoreUnknown" is not/ },
  {
    what: "a Pod name that leads elsewhere",
    env: { CNI_ARGS: "K8S_POD_NAMESPACE=default;K8S_POD_NAME=../secrets" },
    code: 4,
    says: /K8S_POD_NAME="..\/secrets"/,
  },
  { what: "a malformed UID", env: { CNI_ARGS: `${GOOD_ARGS};K8S_POD_UID=a/b` }, code: 4, says: /K8S_POD_UID="a\/b"/ },
  { what: "a Pod that is not there", env: { CNI_ARGS: GOOD_ARGS }, code: 11, says: /^Pod default\/web is not in/ },
  {
    what: "a missing netns",
    env: { CNI_NETNS: "/run/netns/none" },
    code: 4,
    says: /CNI_NETNS="\/run\/netns\/none" is no/,
  },
  { what: "a netns that is none", env: { CNI_NETNS: "/etc/passwd" }, code: 4, says: /CNI_NETNS="\/etc\/passwd" is no/ },
  {
    what: "the plugin's own netns",
    env: { CNI_NETNS: "/proc/self/ns/net" },
    code: 8,
    says: /^CNI_NETNS="\/proc\/self\/ns\/net" is the plugin's own/,
  },
  { what: "a netns that is no path", env: { CNI_NETNS: "blue" }, code: 4, says: /^CNI_NETNS="blue" is malformed/ },
  {
    what: "a netns with a space",
    env: { CNI_NETNS: "/run/a b" },
    code: 4,
    says: /^CNI_NETNS="\/run\/a b" is malformed/,
  },
  { what: "a plugin path without the delegate", env: { CNI_PATH: "/none" }, code: 105, says: /no executable macvlan/ },
];

/** Wrong texts on stdin. */
const STDIN: readonly BadCase[] = [
  { what: "nothing on stdin", stdin: "", code: 6, says: /on stdin is not JSON/ },
  { what: "half a document", stdin: '{"cniVersion":"1.0.0",', code: 6, says: /on stdin is not JSON/ },
  { what: "a list on stdin", stdin: "[]", code: 6, says: /on stdin is not a JSON object/ },
  { what: "null on stdin", stdin: "null", code: 6, says: /on stdin is not a JSON object/ },
  { what: "an empty object", stdin: "{}", code: 1, says: /cniVersion/ },
  { what: "a DEL with half a document", command: "DEL", stdin: "{", code: 6, says: /on stdin is not JSON/ },
];

/** Wrong configurations. */
const CONF: readonly BadCase[] = [
  { what: "a version of the future", conf: { cniVersion: "9.0.0" }, code: 1, says: /cniVersion .*9\.0\.0/ },
  { what: "a version that is a number", conf: { cniVersion: 1 }, code: 1, says: /cniVersion/ },
  { what: "no name", conf: { name: undefined }, code: 7, says: /^configuration: name undefined is missing/ },
  { what: "a malformed name", conf: { name: "a b" }, code: 7, says: /^configuration: name "a b"/ },
  { what: "no kubeconfig", conf: { kubeconfig: undefined }, code: 7, says: /^configuration: kubeconfig/ },
  { what: "an empty kubeconfig", conf: { kubeconfig: "" }, code: 7, says: /^configuration: kubeconfig/ },
  { what: "no time", conf: { timeoutMs: 0 }, code: 7, says: /^configuration: timeoutMs/ },
  { what: "a time in words", conf: { timeoutMs: "30s" }, code: 7, says: /^configuration: timeoutMs/ },
  { what: "an unknown naming scheme", conf: { namingScheme: "none" }, code: 7, says: /^configuration: namingScheme/ },
  { what: "an unknown log level", conf: { logLevel: "loud" }, code: 7, says: /^configuration: logLevel/ },
  { what: "a DEL with wrong keys", command: "DEL", conf: { timeoutMs: -1 }, code: 7, says: /timeoutMs/ },
  {
    what: "a kubeconfig that is missing",
    conf: { kubeconfig: "/none.json" },
    code: 7,
    says: /kubeconfig \/none\.json/,
  },
  { what: "a kubeconfig that is a directory", conf: { kubeconfig: "/etc" }, code: 7, says: /kubeconfig \/etc/ },
  {
    what: "a kubeconfig that is none",
    conf: { kubeconfig: "/etc/hostname" },
    code: 7,
    says: /kubeconfig \/etc\/hostname/,
  },
];

/** Calls that are wrong whatever the Pod asks for. */
export const CALL_CASES: readonly BadCase[] = [...ENVIRONMENT, ...STDIN, ...CONF];
