import { assert, assertEquals, assertMatch } from "@std/assert";
import { answerOf, type CniErrorDocument, DanmLab } from "../support/danm_lab.ts";
import { startFaultProxy } from "../support/lab/fault_proxy.ts";
import { startLab } from "../support/lab/lab.ts";
import { waitFor } from "../support/wait.ts";

Deno.test("an ADD that hung while a newer sandbox of its Pod was attached gives way", async () => {
  await using lab = await startLab({ nodes: 1, nodeKind: "native" });
  const danm = await DanmLab.install(lab);
  const [node] = lab.nodes;
  assert(node);
  await danm.apply({
    apiVersion: "danm.io/v1",
    kind: "DanmNet",
    metadata: { name: "net", namespace: "default" },
    spec: { NetworkID: "net", NetworkType: "macvlan", Options: { host_device: node.uplink, cidr: "10.100.0.0/24" } },
  });
  await using proxy = await startFaultProxy(lab);
  const pod = await danm.createPod(node, { interfaces: [{ network: "net", ip: "10.100.0.7" }] });
  const older = await danm.createSandbox(node, pod);
  const newer = await danm.createSandbox(node, pod);

  await proxy.faults.once({ kind: "hold" }, { method: "GET", path: /\/pods\// });
  const began = Deno.osUptime();
  const user = await lab.serviceAccount("danm-system", "danm-cni", { node: node.name });
  const hanging = await danm.start(older, "ADD", { kubeconfig: await proxy.kubeconfig(user) });
  const held = await proxy.waitForRequest(({ path }) => path.includes("/pods/"));
  // The clock of records counts seconds.
  await waitFor("the next second", () => Deno.osUptime() > began + 1);
  const { ips } = await danm.add(newer);
  assertEquals(ips.map(({ address }) => address), ["10.100.0.7/24"]);

  await proxy.release(held);
  const { document } = answerOf(await hanging.result);
  const { code, msg } = document as unknown as CniErrorDocument;
  assertEquals(code, 104);
  assertMatch(msg, new RegExp(`^sandbox ${older.containerID} is superseded by ${newer.containerID}$`));
  await danm.del(older);
  assertEquals((await danm.held()).map(({ containerID }) => containerID), [newer.containerID, newer.containerID]);
  await danm.del(newer);
  assertEquals(await danm.leftovers(newer), []);
});
