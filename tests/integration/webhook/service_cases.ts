import { type AnnotatedCase, at } from "./annotated_case.ts";

const SELECTOR = "danm.io/selector";
const WEB = { [SELECTOR]: '{"app": "web"}' };
const V4 = { "danm.io/network": "v4" };

const MALFORMED: readonly AnnotatedCase[] = [
  {
    name: "a selector that is no JSON",
    annotations: { ...V4, [SELECTOR]: "app=web" },
    denied: [[at("", SELECTOR), "not JSON"]],
  },
  {
    name: "a selector that is a list",
    annotations: { ...V4, [SELECTOR]: '["web"]' },
    denied: [[at("", SELECTOR), "not a list"]],
  },
  {
    name: "a selector that is a text",
    annotations: { ...V4, [SELECTOR]: '"web"' },
    denied: [[at("", SELECTOR), "not a string"]],
  },
  {
    name: "a selector that is a number",
    annotations: { ...V4, [SELECTOR]: "7" },
    denied: [[at("", SELECTOR), "not a number"]],
  },
  {
    name: "a label that is a number",
    annotations: { ...V4, [SELECTOR]: '{"app": 7}' },
    denied: [[at("[app]", SELECTOR), "must be a text, not a number"]],
  },
  {
    name: "labels that are no texts",
    annotations: { ...V4, [SELECTOR]: '{"a": null, "b": ["x"], "c": {"d": "e"}, "f": "g"}' },
    denied: [
      [at("[a]", SELECTOR), "not null"],
      [at("[b]", SELECTOR), "not a list"],
      [at("[c]", SELECTOR), "not a map"],
    ],
  },
  {
    name: "a label's value that none can have",
    annotations: { ...V4, [SELECTOR]: '{"app": "web server"}' },
    denied: [[at("[app]", SELECTOR), '"web server" is not the value of a label']],
  },
  {
    name: "a label's value of 64 characters",
    annotations: { ...V4, [SELECTOR]: JSON.stringify({ app: "w".repeat(64) }) },
    denied: [[at("[app]", SELECTOR), "is not the value of a label"]],
  },
  {
    name: "a label's name that none can have",
    annotations: { ...V4, [SELECTOR]: '{"my app": "web"}' },
    denied: [[at("[my app]", SELECTOR), "is not the name of a label"]],
  },
  {
    name: "a label's prefix that none can have",
    annotations: { ...V4, [SELECTOR]: '{"Example_/app": "web"}' },
    denied: [[at("[Example_/app]", SELECTOR), "is not the name of a label"]],
  },
  {
    name: "a label without name",
    annotations: { ...V4, [SELECTOR]: '{"": "web", "example.com/": "x"}' },
    denied: [[at("[]", SELECTOR), "name of a label"], [at("[example.com/]", SELECTOR), "name of a label"]],
  },
  {
    name: "a network that is none",
    annotations: { ...WEB, "danm.io/network": "My Net" },
    denied: [[at("", "danm.io/network"), '"My Net" is not the name of a DanmNet']],
  },
  {
    name: "a list of networks",
    annotations: { ...WEB, "danm.io/clusterNetwork": "ext,both" },
    denied: [[at("", "danm.io/clusterNetwork"), "is not the name of a ClusterNetwork"]],
  },
  {
    name: "malformed under the older prefix",
    annotations: { "danm.k8s.io/selector": "app", "danm.k8s.io/tenantNetwork": "/" },
    denied: [[at("", "danm.k8s.io/selector"), "not JSON"], [at("", "danm.k8s.io/tenantNetwork"), "TenantNetwork"]],
  },
];

const ACCEPTED: readonly AnnotatedCase[] = [
  { name: "no annotations", annotations: {} },
  { name: "a Service of Kubernetes", annotations: {}, spec: { selector: { app: "web" } } },
  { name: "a selector and a network", annotations: { ...WEB, ...V4 } },
  { name: "a selector and a tenant's network", annotations: { ...WEB, "danm.io/tenantNetwork": "mine" } },
  { name: "a selector and a network of the cluster", annotations: { ...WEB, "danm.io/clusterNetwork": "ext" } },
  {
    name: "several networks",
    annotations: { ...WEB, ...V4, "danm.io/tenantNetwork": "mine", "danm.io/clusterNetwork": "both" },
  },
  {
    name: "the older prefix",
    annotations: { "danm.k8s.io/selector": '{"app":"web"}', "danm.k8s.io/network": "v4" },
  },
  { name: "both prefixes mixed", annotations: { ...WEB, "danm.k8s.io/network": "v4" } },
  {
    name: "labels of all forms",
    annotations: {
      ...V4,
      [SELECTOR]: '{"example.com/app.Kind_1": "a-b_c.D", "x": "", "app.kubernetes.io/name": "web"}',
    },
  },
  { name: "headless", annotations: { ...WEB, ...V4 }, spec: { clusterIP: "None" } },
  { name: "a selector that selects nothing", annotations: { [SELECTOR]: "{}", "danm.io/network": "later" } },
  { name: "an empty selector", annotations: { [SELECTOR]: "" } },
  { name: "malformed among our own components", annotations: { [SELECTOR]: "app" }, namespace: "danm-system" },
  { name: "malformed in kube-system", annotations: { [SELECTOR]: "app" }, namespace: "kube-system" },
];

const WARNED: readonly AnnotatedCase[] = [
  {
    name: "a network that is not there",
    annotations: { ...WEB, "danm.io/network": "later" },
    warned: ["danm.io/network: DanmNet apps/later does not exist"],
  },
  {
    name: "networks of which one is not there",
    annotations: { ...WEB, ...V4, "danm.io/clusterNetwork": "later" },
    warned: ["danm.io/clusterNetwork: ClusterNetwork later does not exist"],
  },
  {
    name: "a network that is not for the namespace",
    annotations: { ...WEB, "danm.io/clusterNetwork": "vip" },
    warned: ["danm.io/clusterNetwork: ClusterNetwork vip may not be used from namespace apps"],
  },
  {
    name: "a selector without network",
    annotations: WEB,
    warned: [
      "danm.io/selector: has no effect without danm.io/network, danm.io/tenantNetwork or danm.io/clusterNetwork",
    ],
  },
  {
    name: "a selector with an empty network",
    annotations: { ...WEB, "danm.io/network": "" },
    warned: ["danm.io/selector: has no effect without danm.io/network"],
  },
  {
    name: "a network without selector",
    annotations: V4,
    warned: ["danm.io/network: has no effect without danm.io/selector"],
  },
  {
    name: "a selector of Kubernetes, too",
    annotations: { ...WEB, ...V4 },
    spec: { selector: { app: "web" } },
    warned: ["danm.io/selector: has no effect beside spec.selector"],
  },
  {
    name: "an external name",
    annotations: { ...WEB, ...V4 },
    spec: { type: "ExternalName", externalName: "example.com", ports: null },
    warned: ["danm.io/selector: has no effect on a Service of type ExternalName"],
  },
  {
    name: "both prefixes of one annotation",
    annotations: { ...WEB, ...V4, "danm.k8s.io/selector": "app" },
    warned: ["danm.k8s.io/selector: not read, as danm.io/selector is there, too"],
  },
  {
    name: "an annotation of Pods",
    annotations: { ...WEB, ...V4, "danm.io/interfaces": "x" },
    warned: ["danm.io/interfaces: not read on a Service, only danm.io/selector, danm.io/network"],
  },
];

/** Services, and what admission says to their creation. */
export const SERVICE_CASES: readonly AnnotatedCase[] = [...MALFORMED, ...ACCEPTED, ...WARNED];
