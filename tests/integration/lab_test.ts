import { assert, assertEquals, assertNotEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { reclaimDeadLabs } from "../support/lab/reclaim.ts";
import { findLeftovers } from "../support/lab/leftovers.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import { killReaper, startRunner } from "../support/lab/runner_process.ts";
import { run, signalProcess } from "../support/run.ts";
import { waitFor } from "../support/wait.ts";

labTest("a lab is a Kubernetes control plane with RBAC", {}, async (t) => {
  await using lab = await startLab();

  await t.step("whose users are what their certificates say, and may do what they were given", async () => {
    const jane = await lab.user("jane", ["devs"]);
    const review = JSON.parse(await lab.kubectl(["auth", "whoami", "-o", "json"], { as: jane }));
    assertEquals(review.status.userInfo.username, "jane");
    assertEquals(review.status.userInfo.groups, ["devs", "system:authenticated"]);
    await assertRejects(() => lab.kubectl(["get", "pods"], { as: jane }), Error, "forbidden");
    await lab.kubectl(["create", "rolebinding", "jane", "--clusterrole=view", "--user=jane"]);
    await lab.kubectl(["get", "pods"], { as: jane });
  });

  await t.step("whose ServiceAccount tokens can be bound to a Node", async () => {
    await lab.kubectl(["create", "-f", "-"], { stdin: '{"apiVersion":"v1","kind":"Node","metadata":{"name":"n1"}}' });
    const agent = await lab.serviceAccount("default", "default", { node: "n1" });
    const review = JSON.parse(await lab.kubectl(["auth", "whoami", "-o", "json"], { as: agent }));
    assertEquals(review.status.userInfo.extra["authentication.kubernetes.io/node-name"], ["n1"]);
  });

  await t.step("whose controllers delete namespaces with all that is in them", async () => {
    await lab.kubectl(["create", "namespace", "gone"]);
    await lab.kubectl(["create", "configmap", "inside", "--namespace", "gone"]);
    await lab.kubectl(["delete", "namespace", "gone", "--timeout=30s"]);
    await assertRejects(() => lab.kubectl(["get", "namespace", "gone"]), Error, "not found");
  });

  await t.step("whose etcd can be stalled: a write hangs, and is done when it goes on", async () => {
    lab.controlPlane.stallEtcd();
    let ended = false;
    const write = lab.kubectl(["create", "configmap", "late"]).finally(() => ended = true);
    try {
      await assertRejects(() => lab.kubectl(["get", "--raw", "/readyz?timeout=1s"], { timeoutMs: 1_500 }), Error);
      assertEquals(ended, false);
    } finally {
      lab.controlPlane.resumeEtcd();
    }
    assertEquals(await write, "configmap/late created\n");
  });

  await t.step("whose data survive a crash of etcd", async () => {
    await lab.controlPlane.restartEtcd();
    assertStringIncludes(await lab.kubectl(["get", "configmap", "late", "-o", "name"]), "configmap/late");
  });

  await t.step("beside which another one runs", async () => {
    await using other = await startLab({ controllerManager: false });
    assertNotEquals(other.server, lab.server);
    await other.kubectl(["create", "namespace", "there"]);
    await assertRejects(() => lab.kubectl(["get", "namespace", "there"]), Error, "not found");
  });
});

labTest("a lab leaves nothing", {}, async (t) => {
  await t.step("when it is disposed of", async () => {
    let name;
    {
      await using lab = await startLab({ nodes: 2, nodeKind: "native", controllerManager: false });
      name = lab.name;
      const path = await lab.nodes[0]?.createNetns("sandbox") ?? "";
      await lab.nodes[0]?.start(["nsenter", `--net=${path}`, "sleep", "1000"]);
      // What is searched for below must be seen here, or its absence there says nothing.
      assertSeesAll(await findLeftovers(name));
    }
    assertEquals(await findLeftovers(name), []);
  });

  const deaths = [
    { how: "its runner is killed with SIGKILL", signal: "SIGKILL", group: false, args: [] },
    { how: "somebody presses Ctrl-C", signal: "SIGINT", group: true, args: [] },
    { how: "its runner is asked to end", signal: "SIGTERM", group: false, args: [] },
    { how: "its runner ends by an error", signal: undefined, group: false, args: ["throw"] },
  ] as const;
  for (const { how, signal, group, args } of deaths) {
    await t.step(`when ${how}`, async () => {
      const runner = await startRunner("2", "native", ...args);
      if (signal !== undefined) signalProcess(group ? -runner.pid : runner.pid, signal);
      await runner.ended;
      await waitFor("the reaper to remove the lab", async () => (await findLeftovers(runner.name)).length === 0);
    });
  }

  await t.step("when everything that could tidy up is killed, once the next lab starts", async () => {
    const runner = await startRunner("2", "native");
    killReaper(runner.name);
    signalProcess(runner.pid, "SIGKILL");
    await runner.ended;
    assertSeesAll(await findLeftovers(runner.name));
    await using _next = await startLab({ controllerManager: false });
    assertEquals(await findLeftovers(runner.name), []);
  });

  await t.step("when it could not start, and says what the part that failed said", async () => {
    const assets = await Deno.makeTempDir();
    const fake =
      `#!/bin/sh\n[ "$1" = --version ] && echo Kubernetes v1.36.0 && exit\necho the disk is on fire >&2\nexit 1\n`;
    await Deno.writeTextFile(`${assets}/kube-apiserver`, fake, { mode: 0o755 });
    const before = Deno.env.get("KUBEBUILDER_ASSETS");
    Deno.env.set("KUBEBUILDER_ASSETS", assets);
    try {
      const lines: string[] = [];
      const error = await assertRejects(() => startLab({ progress: (line) => lines.push(line) }), Error);
      assertStringIncludes(error.message, "kube-apiserver did not start");
      assertStringIncludes(error.message, "the disk is on fire");
      assert(lines.includes(`kube-apiserver: using ${assets}/kube-apiserver`));
      const name = /danm-lab-\d+-[0-9a-f]+/.exec(JSON.stringify(await ownLabs()))?.[0];
      assertEquals(name, undefined);
    } finally {
      if (before === undefined) Deno.env.delete("KUBEBUILDER_ASSETS");
      else Deno.env.set("KUBEBUILDER_ASSETS", before);
      await Deno.remove(assets, { recursive: true });
    }
  });

  await t.step("but leaves the living alone", async () => {
    await using lab = await startLab({ controllerManager: false });
    assertEquals((await reclaimDeadLabs()).includes(lab.name), false);
    assertStringIncludes(await lab.kubectl(["get", "--raw", "/readyz"]), "ok");
  });
});

/** Records of labs that this process runs. */
async function ownLabs(): Promise<string[]> {
  const { stdout } = await run(["grep", "--recursive", "--files-with-matches", `"pid":${Deno.pid},`, "/run/danm-lab"], {
    check: false,
  });
  return stdout.split("\n").filter((line) => line !== "");
}

function assertSeesAll(leftovers: readonly string[]): void {
  // In a sandbox of a node: neither its arguments nor its network namespace have the lab's name.
  assert(leftovers.some((line) => /^process \d+ sleep 1000$/.test(line)), leftovers.join("\n"));
  const kinds = new Set(leftovers.map((line) => line.split(" ")[0]));
  assertEquals(kinds, new Set(["namespace", "record", "files", "mount", "link", "process"]));
}
