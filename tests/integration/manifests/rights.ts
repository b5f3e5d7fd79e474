import type { Lab } from "../../support/lab/lab.ts";

/** What a ServiceAccount of ours may do, `verbs resource [names]` each, sorted; nothing else. */
export const RIGHTS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  "danm-cni": {
    everywhere: [
      "create events.events.k8s.io",
      "create,delete,get,list danmeps.danm.io",
      "create,delete,get,list danmips.danm.io",
      "get clusternetworks.danm.io",
      "get danmnets.danm.io",
      "get network-attachment-definitions.k8s.cni.cncf.io",
      "get pods",
      "get tenantnetworks.danm.io",
      "patch pods/status",
    ],
    "danm-system": [],
  },
  "danm-installer": {
    everywhere: ["create clusternetworks.danm.io", "get,patch nodes"],
    "danm-system": ["create serviceaccounts/token danm-cni", "get daemonsets.apps danm-cni"],
  },
  "danm-webhook": {
    everywhere: [
      "get,list clusternetworks.danm.io",
      "get,list danmnets.danm.io",
      "get,list tenantconfigs.danm.io",
      "get,list tenantnetworks.danm.io",
      "get,update mutatingwebhookconfigurations.admissionregistration.k8s.io danm-webhook",
      "get,update validatingwebhookconfigurations.admissionregistration.k8s.io danm-webhook",
      "list danmeps.danm.io",
      "update tenantconfigs.danm.io/status",
    ],
    "danm-system": ["create secrets", "delete,get,update secrets danm-webhook-tls"],
  },
};

/** Who has a role in a namespace, and what may then be done there with a resource: the verbs that are allowed. */
export interface Grant {
  readonly role: "view" | "edit" | "admin";
  readonly resource: string;
  readonly verbs: string;
}

const READ = "get list watch";
const WRITE = "get list watch create update patch delete deletecollection";

/** What users of a namespace may do with each kind. */
export function grants(flavour: "lightweight" | "production"): Grant[] {
  const network = { lightweight: "danmnets", production: "tenantnetworks" }[flavour];
  const other = { lightweight: "tenantnetworks", production: "danmnets" }[flavour];
  return (["view", "edit", "admin"] as const).flatMap((role) => [
    { role, resource: network, verbs: role === "view" ? READ : WRITE },
    { role, resource: "danmnetworkpolicies", verbs: role === "view" ? READ : WRITE },
    { role, resource: "danmeps", verbs: READ },
    ...[other, "clusternetworks", "tenantconfigs", "danmips"].map((resource) => ({ role, resource, verbs: "" })),
  ]);
}

/** One thing that somebody may do. */
interface Rule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** What the API server lets a user do in a namespace, as {@linkcode RIGHTS} has it. */
export async function rightsIn(lab: Lab, { user, namespace }: { user: string; namespace: string }): Promise<string[]> {
  const review = { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectRulesReview", spec: { namespace } };
  const argv = ["create", `--as=${user}`, "--validate=false", "-o", "json", "-f", "-"];
  const { status } = JSON.parse(await lab.kubectl(argv, { stdin: JSON.stringify(review) }));
  if (status.incomplete || status.evaluationError) throw new Error(`${user}: ${JSON.stringify(status)}`);
  return status.resourceRules.flatMap(describe).sort();
}

function describe({ verbs, apiGroups, resources, resourceNames = [] }: Rule): string[] {
  return apiGroups.flatMap((group) =>
    resources.map((resource) => {
      const [name, subresource] = resource.split("/");
      const full = [group ? `${name}.${group}` : name, subresource].filter((part) => part !== undefined).join("/");
      return [[...verbs].sort().join(","), full, ...resourceNames].join(" ");
    })
  );
}
