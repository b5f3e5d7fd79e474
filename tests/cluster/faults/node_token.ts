import { assert, assertEquals, assertNotEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Forbidden } from "../../../shared/kube/api_error.ts";
import { KubeClient } from "../../../shared/kube/client.ts";
import { loadKubeconfig } from "../../../shared/kube/kubeconfig.ts";
import type { DanmEp } from "../../../shared/schema/danm_ep.ts";
import type { DanmIp } from "../../../shared/schema/danm_ip.ts";
import { resourcePath } from "../../../shared/schema/resources.ts";
import { assertAttached, type DanmWorld } from "../../support/cluster/danm_world.ts";
import { networkedDeployment } from "../../support/cluster/danm_workload.ts";

/** What the installer gave to the plugins of one node is worth nothing against the objects of another node's Pods. */
export async function useTokenOfAnotherNode(world: DanmWorld): Promise<void> {
  const { cluster } = world;
  const [thief, victim] = cluster.nodes;
  assert(thief && victim);
  await cluster.apply(networkedDeployment("owned", 2));
  const { endpoints } = await assertAttached(world, { app: "owned", count: 2 });
  const { stdout } = await thief.exec(["cat", "/etc/cni/net.d/danm.d/kubeconfig.json"]);
  const path = `${cluster.lab.dir}/stolen.json`;
  await Deno.writeTextFile(path, JSON.stringify(withServer(stdout, cluster.lab.server)), { mode: 0o600 });
  using client = new KubeClient(await loadKubeconfig(path));
  const addresses = await cluster.client.list<DanmIp>(resourcePath("DanmIp"));
  const held = addresses.find(({ spec }) => spec.node === victim.name);
  assert(held);
  const namespace = "default";
  const interfaces = await cluster.client.list<DanmEp>(resourcePath("DanmEp", { namespace }));
  const attached = interfaces.find(({ spec }) => spec.Host === victim.name);
  assert(attached);
  const tries = [
    () => client.delete(resourcePath("DanmIp", { name: held.metadata.name })),
    () => client.delete(resourcePath("DanmEp", { namespace, name: attached.metadata.name })),
    () => client.create(resourcePath("DanmEp", { namespace }), renamed(attached)),
  ];
  for (const attempt of tries) {
    const { message } = await assertRejects(attempt, Forbidden);
    assertStringIncludes(message, thief.name);
  }
  await assertRejects(() => client.get(`/api/v1/namespaces/${namespace}/secrets`), Forbidden);
  const left = await cluster.client.list<DanmEp>(resourcePath("DanmEp", { namespace }));
  assertNotEquals(left.length, 0);
  assertEquals(left.length, endpoints.length);
}

/** An object that could be created but for its node. */
function renamed({ spec }: DanmEp): object {
  return { apiVersion: "danm.io/v1", kind: "DanmEp", metadata: { name: "stolen", namespace: "default" }, spec };
}

/** The nodes reach the API server as a Service, which nobody else does. */
function withServer(text: string, server: string): object {
  const kubeconfig = JSON.parse(text);
  for (const { cluster } of kubeconfig.clusters) cluster.server = server;
  return kubeconfig;
}
