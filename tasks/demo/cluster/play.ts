import { join } from "node:path";
import { ClusterPods } from "../../../tests/support/cluster/cluster_pods.ts";
import { DANM_NAMESPACE, DanmCluster, REMOVAL_MS } from "../../../tests/support/cluster/danm_cluster.ts";
import { findPodTraces, listInstalled, untilNoPodTraces } from "../../../tests/support/cluster/danm_traces.ts";
import type { Cluster } from "../../../tests/support/cluster/running_cluster.ts";
import { shellDeployment } from "../../../tests/support/cluster/shell_deployment.ts";
import { IMAGES } from "../../images/build_images.ts";
import { ROOT } from "../../support/root.ts";
import type { Screen } from "../screen.ts";
import { showInterfaces, showPings } from "./show.ts";

const OVERLAY = "k8s/overlays/production";
const NETWORKS = "tasks/demo/cluster/networks.yaml";
const WEB = "tasks/demo/cluster/web.yaml";
const REPLICAS = 4;
const WEB_PODS = { selector: "app=web" };

/** What the scenes of the demo share. */
interface Scene {
  readonly cluster: Cluster;
  readonly pods: ClusterPods;
  readonly screen: Screen;
}

/**
 * Plays the demo on a cluster of two nodes without DANM: installed, networks, Pods, removed.
 *
 * @throws {Error} when a step fails that the others build on; what is merely wrong is a failed check of the screen
 */
export async function playOnCluster(cluster: Cluster, screen: Screen): Promise<void> {
  const scene: Scene = { cluster, pods: new ClusterPods(cluster), screen };
  await typed(scene, "get", "nodes", "-o", "wide");
  screen.say(`kubeconfig while it runs: ${cluster.lab.admin.kubeconfigPath}`);
  await cluster.apply(shellDeployment({ name: "older", replicas: 2 }));
  await scene.pods.ready(2, { selector: "app=older" });
  const files = await Promise.all(cluster.nodes.map(listInstalled));
  await install(scene);
  const before = await findPodTraces(cluster);
  await makeNetworks(scene);
  await startPods(scene);
  await showObjects(scene);
  await deletePods(scene, before);
  await uninstall(scene, files);
}

async function install(scene: Scene): Promise<void> {
  const { cluster, screen } = scene;
  screen.section("DANM is installed: one command. Two Pods run already, and go on");
  for (const name of IMAGES) await cluster.importImage(join(ROOT, "dist-images", `${name}.tar`));
  const said = await cluster.kubectl(["apply", "-k", join(ROOT, OVERLAY)]);
  screen.command(`kubectl apply -k ${OVERLAY}`, summarize(said));
  await new DanmCluster(cluster).untilReady();
  await typed(scene, "get", "pods", "-n", DANM_NAMESPACE, "-o", "wide");
  await typed(scene, "get", "nodes", "-L", "danm.io/macvlan,danm.io/ipvlan,danm.io/vlan,danm.io/vxlan");
  await typed(scene, "get", "clusternetworks");
  screen.say("The network `default` is what Pods had before: DANM calls the plugin that was there.");
}

async function makeNetworks(scene: Scene): Promise<void> {
  const { screen } = scene;
  screen.section("Two more networks");
  screen.command(`cat ${NETWORKS}`, await Deno.readTextFile(join(ROOT, NETWORKS)));
  await typed(scene, "apply", "-f", NETWORKS);
}

async function startPods(scene: Scene): Promise<void> {
  const { cluster, pods, screen } = scene;
  screen.section("A Deployment whose Pods have three interfaces each");
  screen.command(`cat ${WEB}`, await Deno.readTextFile(join(ROOT, WEB)));
  const begin = performance.now();
  await typed(scene, "apply", "-f", WEB);
  const ready = await pods.ready(REPLICAS, WEB_PODS);
  screen.say(`${REPLICAS} Pods are ready after ${((performance.now() - begin) / 1000).toFixed(1)} s`);
  await typed(scene, "get", "pods", "-l", "app=web", "-o", "wide");
  const [first] = ready;
  await typed(scene, "exec", first?.name ?? "", "--", "ip", "-brief", "address");
  await showInterfaces({ cluster, count: REPLICAS }, screen);
  screen.section("Pings across the nodes, over each network");
  await showPings({ cluster, pods }, screen);
}

async function showObjects(scene: Scene): Promise<void> {
  const { cluster, screen } = scene;
  screen.section("What kubectl shows");
  await typed(scene, "get", "danmeps");
  await typed(scene, "get", "danmips");
  screen.section("A network that Pods use is not deleted: the webhook sees to it");
  try {
    screen.command("kubectl delete clusternetwork red", await cluster.kubectl(["delete", "clusternetwork", "red"]));
    screen.check(false, "the network is kept");
  } catch (error) {
    const said = String(error).replace(/^.*Error from server/s, "Error from server");
    screen.command("kubectl delete clusternetwork red", said);
    screen.check(said.includes("danm.io"), "the network is kept");
  }
}

async function deletePods(scene: Scene, before: readonly string[]): Promise<void> {
  const { cluster, pods, screen } = scene;
  screen.section("The Pods go, and their addresses with them");
  await typed(scene, "delete", "-f", WEB);
  await pods.gone(WEB_PODS);
  await untilNoPodTraces(cluster, { ignore: (trace) => before.includes(trace) });
  await typed(scene, "get", "danmips,danmeps");
  screen.check(true, "API and nodes have nothing left of them: no object, no record, no link, no address");
}

async function uninstall(scene: Scene, files: readonly (readonly string[])[]): Promise<void> {
  const { cluster, pods, screen } = scene;
  screen.section("DANM is removed: one command");
  const said = await cluster.kubectl(["delete", "-k", join(ROOT, OVERLAY)], { timeoutMs: REMOVAL_MS });
  screen.command(`kubectl delete -k ${OVERLAY}`, summarize(said));
  const now = await Promise.all(cluster.nodes.map(listInstalled));
  screen.check(String(now) === String(files), "the nodes have the plugins and configurations that they had before");
  await cluster.apply(shellDeployment({ name: "younger", replicas: 2 }));
  const [from] = await pods.ready(2, { selector: "app=younger" });
  const older = await pods.ready(2, { selector: "app=older" });
  if (!from) throw new TypeError("no Pod is ready");
  for (const { addresses } of older) await pods.exec(from, "ping", "-c", "1", "-W", "5", addresses[0] ?? "");
  screen.check(
    older.every(({ restarts }) => restarts === 0),
    "the Pods from before DANM never noticed; new ones reach them",
  );
}

/** Runs kubectl, and shows it as a person would type it. */
async function typed({ cluster, screen }: Scene, ...argv: string[]): Promise<void> {
  const real = argv.map((word) => word.endsWith(".yaml") ? join(ROOT, word) : word);
  // What kubectl says of an empty list it says on stderr.
  screen.command(`kubectl ${argv.join(" ")}`, await cluster.kubectl(real) || "No resources found");
}

/** The first lines of a long answer, and how many there are. */
function summarize(said: string): string {
  const lines = said.trim().split("\n");
  return [...lines.slice(0, 5), `… ${lines.length} objects`].join("\n");
}
