import { AGE, CONDITION_DESCRIPTIONS, CONDITION_KEYWORDS } from "./common_crd.ts";
import { DanmNetworkPolicy } from "./danm_network_policy.ts";
import type { CrdDefinition, FieldKeywords, Rule } from "./render_crd.ts";

const PEER_RULES: readonly Rule[] = [
  {
    rule: "has(self.podSelector) || has(self.namespaceSelector) || has(self.ipBlock) || " +
      "(has(self.networkSelector) && size(self.networkSelector) > 0)",
    message: "a peer must have podSelector, namespaceSelector, networkSelector or ipBlock",
  },
  {
    rule: "!has(self.ipBlock) || !(has(self.podSelector) || has(self.namespaceSelector) || has(self.networkSelector))",
    message: "ipBlock must not be set together with podSelector, namespaceSelector or networkSelector",
    fieldPath: ".ipBlock",
    reason: "FieldValueForbidden",
  },
];

const IP_BLOCK_RULES: readonly Rule[] = [
  { rule: "isCIDR(self.cidr)", message: "cidr must be a subnet", fieldPath: ".cidr" },
  {
    rule: "!isCIDR(self.cidr) || !has(self.except) || " +
      "self.except.all(e, isCIDR(e) && cidr(self.cidr).containsCIDR(e))",
    message: "every subnet of except must be inside cidr",
    fieldPath: ".except",
  },
];

const PORT_RULES: readonly Rule[] = [
  {
    rule: "!has(self.port) || (type(self.port) == int ? self.port >= 1 && self.port <= 65535 : " +
      "self.port.matches('^[a-z0-9-]{1,15}$') && self.port.matches('[a-z]') && !self.port.matches('(^-|-$|--)'))",
    message: "port must be a number from 1 to 65535 or the name of a port",
    fieldPath: ".port",
  },
  {
    rule: "!has(self.endPort) || (has(self.port) && type(self.port) == int && self.port <= self.endPort)",
    message: "endPort needs a numeric port that is not above it",
    fieldPath: ".endPort",
  },
];

const REQUIREMENT_RULES: readonly Rule[] = [{
  rule: "(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)",
  message: "values must be set for In and NotIn, and only for them",
  fieldPath: ".values",
}];

interface Part {
  readonly descriptions: Record<string, string>;
  readonly rules: Record<string, readonly Rule[]>;
  readonly keywords: Record<string, FieldKeywords>;
}

function selector(path: string, description: string): Part {
  return {
    descriptions: {
      [path]: description,
      [`${path}.matchLabels`]: "Labels with their values; all must match.",
      [`${path}.matchExpressions`]: "Conditions on labels; all must hold.",
      [`${path}.matchExpressions[].key`]: "Name of the label.",
      [`${path}.matchExpressions[].operator`]: "How the label is compared with values.",
      [`${path}.matchExpressions[].values`]: "Values of the label, for In and NotIn.",
    },
    rules: { [`${path}.matchExpressions[]`]: REQUIREMENT_RULES },
    keywords: {
      [`${path}.matchLabels`]: { maxProperties: 64 },
      [`${path}.matchExpressions`]: { "x-kubernetes-list-type": "atomic" },
      [`${path}.matchExpressions[].values`]: { "x-kubernetes-list-type": "atomic" },
      [path]: { "x-kubernetes-map-type": "atomic" },
    },
  };
}

function networks(path: string, description: string): Part {
  return {
    descriptions: {
      [path]: description,
      [`${path}[].name`]: "Name of the network.",
      [`${path}[].type`]: "Kind of the network.",
    },
    rules: {},
    keywords: { [path]: { "x-kubernetes-list-type": "atomic" } },
  };
}

function ruleList(path: "spec.ingress" | "spec.egress", peers: "from" | "to"): Part {
  const at = `${path}[].${peers}`;
  const ports = `${path}[].ports`;
  return merge([
    {
      descriptions: {
        [path]: "What is allowed. An empty list allows nothing; a rule without fields allows everything.",
        [`${path}[]`]: "Allowed traffic: it must match one of the ports and one of the peers.",
        [ports]: "Allowed ports; empty means all.",
        [`${ports}[].protocol`]: "Protocol of the port.",
        [`${ports}[].port`]: "Number or name of the port; not set means all ports of the protocol.",
        [`${ports}[].endPort`]: "Last port of a range that starts with port.",
        [at]: "Allowed peers; empty means all.",
        [`${at}[].ipBlock`]: "Addresses of the peer, Pods or not.",
        [`${at}[].ipBlock.cidr`]: "Subnet that is allowed.",
        [`${at}[].ipBlock.except`]: "Parts of cidr that are not allowed.",
      },
      rules: { [`${at}[]`]: PEER_RULES, [`${at}[].ipBlock`]: IP_BLOCK_RULES, [`${ports}[]`]: PORT_RULES },
      keywords: Object.fromEntries(
        [path, ports, at, `${at}[].ipBlock.except`].map((
          list,
        ) => [list, { "x-kubernetes-list-type": "atomic" as const }]),
      ),
    },
    selector(`${at}[].podSelector`, "Pods that the peer may be."),
    selector(`${at}[].namespaceSelector`, "Namespaces of the peer; not set means the policy's own."),
    networks(`${at}[].networkSelector`, "Networks that the peer's addresses are on; not set means all."),
  ]);
}

function merge(parts: readonly Part[]): Part {
  return {
    descriptions: Object.assign({}, ...parts.map((part) => part.descriptions)),
    rules: Object.assign({}, ...parts.map((part) => part.rules)),
    keywords: Object.assign({}, ...parts.map((part) => part.keywords)),
  };
}

const PARTS = merge([
  {
    descriptions: {
      "": "NetworkPolicy for every interface of a Pod, whichever plugin made it.",
      "spec": "Which Pods are isolated, and what they may talk to.",
      "spec.policyTypes": "Directions that are isolated. Not set: Ingress, and Egress if there are egress rules.",
      "status": "What the policer found out about the policy.",
      "status.observedGeneration": "Generation of the policy that the status was determined from.",
      ...CONDITION_DESCRIPTIONS,
    },
    rules: {},
    keywords: { "spec.policyTypes": { "x-kubernetes-list-type": "set" }, ...CONDITION_KEYWORDS },
  },
  selector("spec.podSelector", "Pods that the policy is for; not set or empty means all of the namespace."),
  networks("spec.networkSelector", "Networks whose interfaces the policy is for; not set means all."),
  ruleList("spec.ingress", "from"),
  ruleList("spec.egress", "to"),
]);

/** The CustomResourceDefinition of DanmNetworkPolicy. */
export const DANM_NETWORK_POLICY_CRD: CrdDefinition = {
  kind: "DanmNetworkPolicy",
  schema: DanmNetworkPolicy,
  ...PARTS,
  columns: [
    { name: "Pod-Selector", type: "string", jsonPath: ".spec.podSelector", description: "Pods that the policy is for" },
    { name: "Types", type: "string", jsonPath: ".spec.policyTypes", description: "Directions that are isolated" },
    AGE,
  ],
  status: true,
};
