import { assertEquals } from "@std/assert";
import { CLUSTER_NEEDS, startCluster } from "../support/cluster/cluster.ts";
import { listInstalled } from "../support/cluster/danm_traces.ts";
import { ROOT } from "../../tasks/support/root.ts";
import { deploymentGuideBlocks } from "../support/deployment_guide.ts";
import { buildLabImages } from "../support/images/lab_images.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import { toStderr } from "../support/progress.ts";
import { run } from "../support/run.ts";

/** Time for one block, in milliseconds; it waits for roll-outs. */
const BLOCK_MS = 500_000;

labTest("the commands of the deployment guide, one after the other", CLUSTER_NEEDS, async (t) => {
  const images = await buildLabImages(toStderr);
  await using cluster = await startCluster({ nodes: 2, nodeKind: "native" });
  const before = await Promise.all(cluster.nodes.map(listInstalled));
  for (const { archive } of images) await cluster.importImage(archive);
  const env = { PATH: `${await writeKubectl(cluster.lab)}:${Deno.env.get("PATH") ?? ""}` };
  for (const { section, commands } of await deploymentGuideBlocks()) {
    const [first = ""] = commands.split("\n");
    await t.step(`${section}: ${first}`, async () => {
      await run(["sh", "-eu"], { stdin: commands, cwd: ROOT, env, timeoutMs: BLOCK_MS });
    });
  }
  await t.step("nothing is left on the nodes", async () => {
    assertEquals(await Promise.all(cluster.nodes.map(listInstalled)), before);
    for (const node of cluster.nodes) await node.exec(["rmdir", "/var/lib/danm"]);
    const labels = await cluster.kubectl(["get", "nodes", "-o", "jsonpath={.items[*].metadata.labels}"]);
    assertEquals(labels.match(/danm\.io\/\w+/g), null);
  });
});

/** A `kubectl` for the cluster, and nothing else; the folder that it is in. */
async function writeKubectl({ dir, kubectlPath, admin }: {
  dir: string;
  kubectlPath: string;
  admin: { kubeconfigPath: string };
}): Promise<string> {
  const folder = `${dir}/commands`;
  await Deno.mkdir(folder);
  const text = `#!/bin/sh\nexec '${kubectlPath}' --kubeconfig '${admin.kubeconfigPath}' "$@"\n`;
  await Deno.writeTextFile(`${folder}/kubectl`, text, { mode: 0o755 });
  return folder;
}
