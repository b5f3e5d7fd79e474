import { join } from "node:path";
import { messageOf } from "../../shared/errors.ts";
import type { Peer } from "./attach_peer.ts";
import { fillTemplate, parsePeerAnnotations, parsePeerConf, type PeerValues } from "./attach_peer_template.ts";
import { type BenchNode, type BenchPlugin, callEach, type PluginCall } from "./attach_plugins.ts";

/** Who a peer is to the API server. */
const ACCOUNT = { name: "bench-peer", namespace: "kube-system" };

/**
 * Applies a peer's objects and gives it a kubeconfig.
 *
 * @throws {Error} naming the file that cannot be applied
 */
export async function installPeer(peer: Peer, { danm, node }: BenchNode): Promise<BenchPlugin> {
  const { lab } = danm;
  await danm.apply({ apiVersion: "v1", kind: "ServiceAccount", metadata: ACCOUNT }, {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: ACCOUNT.name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ kind: "ServiceAccount", ...ACCOUNT }],
  });
  // A token, as ours.
  const { kubeconfigPath } = await lab.serviceAccount(ACCOUNT.namespace, ACCOUNT.name);
  const values = { kubeconfig: kubeconfigPath, master: node.uplink, node: node.name, directory: peer.directory };
  for (const template of peer.objects) {
    try {
      await lab.kubectl(["apply", "-f", "-"], { stdin: fillTemplate(template, values) });
      await lab.kubectl(["wait", "--for=condition=Established", "--timeout=60s", "crd", "--all"]);
    } catch (cause) {
      throw new Error(`peer ${peer.name}: ${template.file} cannot be applied: ${messageOf(cause)}`, { cause });
    }
  }
  return peerPlugin(peer, { values, cniPath: `${peer.directory}:${danm.cniPath}` });
}

function peerPlugin(peer: Peer, { values, cniPath }: { values: PeerValues; cniPath: string }): BenchPlugin {
  const callOf = (index: number): PluginCall => {
    const conf = parsePeerConf(peer.conf, { ...values, index: String(index) });
    return { executable: join(peer.directory, conf.type), conf, cniPath };
  };
  if (!peer.annotations) return callEach(peer.name, callOf);
  const annotations = parsePeerAnnotations(peer.annotations, values);
  return {
    name: peer.name,
    counts: peer.counts,
    annotations: (count) => annotations[String(count)] ?? {},
    calls: () => [callOf(0)],
  };
}
