import { renderContainerd, renderKubelet } from "../kubelet/pod_node_config.ts";
import { type Binaries, CNI_PLUGINS, type CONTAINER_RUNTIME, type POD_RUNTIME } from "../lab/binaries.ts";
import type { Lab } from "../lab/lab.ts";
import type { Node } from "../lab/node.ts";
import { bridgeConflist, kubeletSettings, packetFilterOf, renderProxy } from "./cluster_plan.ts";

/** Programs of a cluster's node. */
export type NodeBinaries = Binaries<
  typeof CNI_PLUGINS[number] | typeof POD_RUNTIME[number] | typeof CONTAINER_RUNTIME[number] | "kube-proxy"
>;

/** What a node is set up with. */
export interface ClusterNodeOptions {
  readonly lab: Lab;
  /** Number of the node, from 0. */
  readonly index: number;
  readonly binaries: NodeBinaries;
  /** Address of the machine that runs the control plane. */
  readonly gateway: string;
  /** Archives that containerd has from the beginning. */
  readonly images: readonly string[];
}

/** How containers' file systems are made of images. */
export const SNAPSHOTTER = "overlayfs";

/** Where Kubernetes and container runtimes have them everywhere. */
const CNI_CONF_DIR = "/etc/cni/net.d";
const CNI_BIN_DIR = "/opt/cni/bin";

/** Debian's `iptables` changes rules of nftables, unless told otherwise; as update-alternatives(1) would tell it. */
const LEGACY_IPTABLES = `
for name in iptables ip6tables; do
  for suffix in "" -save -restore; do ln -sf "/usr/sbin/$name-legacy$suffix" "/etc/alternatives/$name$suffix"; done
done
`;

/** Gives a machine the configurations of its daemons, the plugins, and the network that Pods have without us. */
export async function setUpNode(machine: Node, options: ClusterNodeOptions): Promise<void> {
  await writeConfigurations(machine, options);
  await installCni(machine, options);
  if (packetFilterOf(machine) === "iptables") await machine.run(["sh", "-e", "-c", LEGACY_IPTABLES]);
}

async function writeConfigurations(
  machine: Node,
  { lab, binaries }: ClusterNodeOptions,
): Promise<void> {
  const { name } = machine;
  const dir = `${lab.dir}/${name}`;
  const [kubelet, proxy] = await Promise.all([
    lab.user(`system:node:${name}`, ["system:nodes"]),
    lab.user("system:kube-proxy"),
  ]);
  const containerd = renderContainerd({
    containerdRoot: "/var/lib/containerd",
    snapshotter: SNAPSHOTTER,
    cniConfDir: CNI_CONF_DIR,
    cniBinDirs: [CNI_BIN_DIR],
    shim: binaries["containerd-shim-runc-v2"],
  });
  const { caPath: clientCAFile } = kubelet;
  await Deno.copyFile(kubelet.kubeconfigPath, `${dir}/kubelet-user.json`);
  await Deno.writeTextFile(`${dir}/kubelet.json`, renderKubelet({ clientCAFile }, kubeletSettings(clientCAFile)));
  await Deno.writeTextFile(`${dir}/containerd.toml`, containerd);
  await Deno.writeTextFile(
    `${dir}/kube-proxy.json`,
    renderProxy({ kubeconfig: proxy.kubeconfigPath, name, mode: packetFilterOf(machine) }),
  );
}

async function installCni(node: Node, { index, binaries }: ClusterNodeOptions): Promise<void> {
  await node.run(["mkdir", "-p", CNI_CONF_DIR, CNI_BIN_DIR]);
  await node.run(["cp", ...CNI_PLUGINS.map((name) => binaries[name]), CNI_BIN_DIR]);
  const stdin = JSON.stringify(bridgeConflist(index, packetFilterOf(node)), null, 2);
  await node.run(["sh", "-c", 'cat >"$1"', "sh", `${CNI_CONF_DIR}/10-bridge.conflist`], { stdin });
}
