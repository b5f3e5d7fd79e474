import { SHELL_IMAGE } from "../../tests/support/cluster/shell_image.ts";

/** What a person has to know of a lab. */
export interface Welcome {
  readonly admin: { readonly kubeconfigPath: string };
  readonly dir: string;
  readonly kubectlPath: string;
  readonly nodes: readonly {
    readonly name: string;
    readonly kind: string;
    readonly uplink: string;
    readonly address: string;
  }[];
}

/** Tells how to use a lab. */
export function renderWelcome(lab: Welcome, { cluster }: { readonly cluster: boolean }): string {
  const nodes = lab.nodes.map((node) =>
    `  ${node.name}  ${node.kind === "uml" ? "user-mode Linux" : "native"}, ${node.uplink} ${node.address}`
  );
  const example = cluster
    ? `kubectl create deployment shell --image=${SHELL_IMAGE} --replicas=2 -- sleep 1000`
    : "kubectl get danmnets --all-namespaces";
  const first = lab.nodes[0]?.name ?? "node1";
  return `
The lab is up. Its files and logs are in ${lab.dir}

From another terminal:
  export KUBECONFIG=${lab.admin.kubeconfigPath}
  ${lab.kubectlPath} get nodes

Nodes:
${nodes.join("\n")}

Here, line by line (each line runs in a shell of its own):
  ${example}
  ${first} ip -brief address
  exit

Ctrl-C takes everything down.
`;
}
