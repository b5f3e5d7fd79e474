import { assert, assertEquals } from "@std/assert";
import { assertAttached, type DanmWorld } from "../../support/cluster/danm_world.ts";
import { NETWORKED } from "../../support/cluster/danm_workload.ts";
import { shellDeployment } from "../../support/cluster/shell_deployment.ts";

/** A Pod that comes back under its name on another node has its own interfaces, and its predecessor has none. */
export async function moveStatefulSet(world: DanmWorld): Promise<void> {
  const { cluster } = world;
  await cluster.apply(statefulSet("db", 2));
  const { pods: [first] } = await assertAttached(world, { app: "db", count: 2 });
  assert(first);
  await cluster.kubectl(["cordon", first.node]);
  await cluster.kubectl(["delete", "pod", first.name]);
  await world.pods.ready(2, { selector: "app=db" });
  await cluster.kubectl(["uncordon", first.node]);
  const { pods, endpoints } = await assertAttached(world, { app: "db", count: 2 });
  const moved = pods.find(({ name }) => name === first.name);
  assert(moved && moved.node !== first.node && moved.uid !== first.uid);
  const nodes = endpoints.filter(({ pod }) => pod === first.name).map(({ node }) => node);
  assertEquals(new Set(nodes), new Set([moved.node]));
}

function statefulSet(name: string, replicas: number): object {
  const { metadata, spec } = shellDeployment({ name, replicas, annotations: NETWORKED }) as Record<string, object>;
  const { template } = spec as { template: { spec: { topologySpreadConstraints: unknown } } };
  // Both on one node, when the other one takes none.
  const { topologySpreadConstraints: _spread, ...podSpec } = template.spec;
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata,
    spec: { ...spec, serviceName: name, podManagementPolicy: "Parallel", template: { ...template, spec: podSpec } },
  };
}
