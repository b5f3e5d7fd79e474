import { assertEquals } from "@std/assert";
import { clusterContract } from "./cluster_contract.ts";
import { MemoryCluster } from "./memory_cluster.ts";

Deno.test("the cluster in memory keeps the contract", async (t) => {
  const cluster = new MemoryCluster();
  await clusterContract(t, cluster, (manifest) => Promise.resolve(cluster.put(manifest)));
});

Deno.test("nobody changes what is in a cluster in memory through what it gave him", async () => {
  const { signal } = new AbortController();
  const manifest = { kind: "ClusterNetwork", metadata: { name: "n" }, spec: { NetworkID: "n" } } as const;
  const cluster = new MemoryCluster([manifest]);
  const found = await cluster.findNetwork({ kind: "ClusterNetwork", name: "n" }, signal);
  Object.assign(found?.spec as object, { NetworkID: "changed" });
  const again = await cluster.findNetwork({ kind: "ClusterNetwork", name: "n" }, signal);
  assertEquals(again?.spec, { NetworkID: "n" });
  cluster.remove(manifest);
  assertEquals(await cluster.findNetwork({ kind: "ClusterNetwork", name: "n" }, signal), undefined);
});
