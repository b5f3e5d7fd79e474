import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { findLeftovers } from "../support/lab/leftovers.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import type { Node } from "../support/lab/node.ts";
import { bestKind } from "../support/lab/nodes.ts";
import { killReaper, startRunner } from "../support/lab/runner_process.ts";
import { CommandFailed, signalProcess } from "../support/run.ts";
import { waitFor } from "../support/wait.ts";

const kind = await bestKind();
const needs = { uml: kind === "uml" };

labTest(`two ${kind} nodes`, needs, async (t) => {
  await using lab = await startLab({ nodes: 2, nodeKind: kind });
  const [first, second] = lab.nodes;
  assert(first && second);

  await t.step("can make all that DANM makes", () => {
    for (const { supports } of lab.nodes) {
      assertEquals(supports, { ipvlan: true, macvlan: true, vlan: true, vxlan: true, dummy: true });
    }
  });
  await commands(t, first);
  await t.step("are known to the API server by their names, and reach it", async () => {
    const argv = [lab.kubectlPath, "--kubeconfig", lab.admin.kubeconfigPath, "get", "nodes", "-o", "name"];
    assertEquals((await first.run(argv)).stdout, "node/node1\nnode/node2\n");
  });
  await t.step("see the machine's files, but /run, /var/lib and /var/log are their own", async () => {
    assertEquals((await first.run(["cat", lab.admin.caPath])).stdout, await Deno.readTextFile(lab.admin.caPath));
    await first.run(["sh", "-c", "mkdir -p /var/lib/cni; echo here | tee /run/mine /var/lib/cni/mine /var/log/mine"]);
    for (const path of ["/run/mine", "/var/lib/cni/mine", "/var/log/mine"]) {
      assertEquals((await first.run(["cat", path])).stdout, "here\n");
      assertEquals((await second.run(["cat", path], { check: false })).code, 1);
      await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
    }
  });
  await networks(t, first, second);
});

async function commands(t: Deno.TestContext, node: Node): Promise<void> {
  await t.step("run commands: input, variables, both outputs, code", async () => {
    const script = 'read word; echo "$word $SPECIAL"; echo "secret=$DANM_LAB_TEST" >&2; exit 3';
    Deno.env.set("DANM_LAB_TEST", "of the test process");
    const options = { stdin: "hello\n", env: { SPECIAL: "wörld" }, check: false };
    const result = await node.run(["sh", "-c", script], options);
    assertEquals(result, { code: 3, stdout: "hello wörld\n", stderr: "secret=\n" });
  });

  await t.step("say what failed", async () => {
    const error = await assertRejects(() => node.run(["ip", "link", "show", "nosuch"]), CommandFailed);
    assertStringIncludes(error.message, "node1: ip link show nosuch: exit code 1: ");
    assertStringIncludes(error.message, "does not exist");
    await assertRejects(() => node.run(["no-such-program"]), CommandFailed);
  });

  await t.step("carry a megabyte in and out, many commands at once", async () => {
    const text = "0123456789abcdef".repeat(65_536);
    assertEquals((await node.run(["cat"], { stdin: text })).stdout === text, true);
    const numbers = Array.from({ length: 8 }, (_, number) => `${number}`);
    const results = await Promise.all(numbers.map((stdin) => node.run(["cat"], { stdin })));
    assertEquals(results.map((result) => result.stdout), numbers);
  });

  await t.step("kill a command that takes too long, with what it started", async () => {
    const argv = ["sh", "-c", "sleep 1234 & sleep 1234"];
    const error = await assertRejects(() => node.run(argv, { timeoutMs: 500 }), CommandFailed);
    assertEquals(error.reason, "killed after 500 ms");
    await waitFor(
      "both to be gone",
      async () => (await node.run(["pgrep", "-fx", "sleep 1234"], { check: false })).code === 1,
    );
  });

  await t.step("kill a command alone, at any time, as a crash would", async () => {
    const command = await node.start(["sh", "-c", "echo started; sleep 4321 & wait"]);
    const comm = ["cat", `/proc/${command.pid}/comm`];
    await waitFor("the command itself to run", async () => (await node.run(comm)).stdout === "sh\n");
    await waitFor(
      "its child",
      async () => (await node.run(["pgrep", "-fx", "sleep 4321"], { check: false })).code === 0,
    );
    await command.kill();
    await waitFor(
      "its end",
      async () => (await node.run(["test", "-e", `/proc/${command.pid}/exe`], { check: false })).code === 1,
    );
    const child = (await node.run(["pgrep", "-fx", "sleep 4321"])).stdout.trim();
    await node.run(["kill", child]);
    assertEquals(await command.result, { code: 137, stdout: "started\n", stderr: "" });
  });
}

async function networks(t: Deno.TestContext, first: Node, second: Node): Promise<void> {
  const nodes = [first, second];
  const ping = (node: Node, netns: string, address: string): Promise<unknown> =>
    node.run(["nsenter", `--net=${netns}`, "ping", "-c", "1", "-W", "5", address]);

  await t.step("reach each other over the plain bridge", async () => {
    await first.run(["ping", "-c", "1", "-W", "5", second.address]);
  });

  await t.step("reach each other over VLAN 100, and not across VLANs", async () => {
    for (const [index, node] of nodes.entries()) {
      await node.run(["ip", "link", "add", "link", node.uplink, "name", "v100", "type", "vlan", "id", "100"]);
      await node.run(["ip", "address", "add", `10.100.0.${index + 1}/24`, "dev", "v100"]);
      await node.run(["ip", "link", "set", "v100", "up"]);
    }
    await first.run(["ping", "-c", "1", "-W", "5", "10.100.0.2"]);
    await second.run(["ip", "link", "set", "v100", "down"]);
    await second.run(["ip", "link", "add", "link", "eth1", "name", "v101", "up", "type", "vlan", "id", "101"]);
    await second.run(["ip", "address", "add", "10.100.0.3/24", "dev", "v101"]);
    const astray = await first.run(["ping", "-c", "1", "-W", "1", "10.100.0.3"], { check: false });
    assertEquals(astray.code, 1);
    await second.run(["ip", "link", "set", "v100", "up"]);
  });

  for (const [parent, subnet] of [["eth1", "10.1.0"], ["v100", "10.2.0"]] as const) {
    await t.step(`join sandboxes over ipvlan on ${parent}`, async () => {
      const paths: string[] = [];
      for (const [index, node] of nodes.entries()) {
        const path = await node.createNetns(`pod-${parent}`);
        await node.run([
          "ip",
          "link",
          "add",
          "link",
          parent,
          "name",
          "net1",
          "netns",
          path,
          "type",
          "ipvlan",
          "mode",
          "l2",
        ]);
        const lines = `address add ${subnet}.${index + 1}/24 dev net1\nlink set net1 up\n`;
        await node.run(["nsenter", `--net=${path}`, "ip", "-batch", "-"], { stdin: lines });
        paths.push(path);
      }
      await ping(first, paths[0] ?? "", `${subnet}.2`);
      for (const [index, node] of nodes.entries()) await node.deleteNetns(paths[index] ?? "");
      assertEquals((await first.run(["ls", "/run/netns"])).stdout, "");
    });
  }

  await t.step("join sandboxes over a multicast VxLAN", async () => {
    for (const [index, node] of nodes.entries()) {
      const link = "link add vx7 type vxlan id 7 group 239.0.0.7 dev eth1 dstport 4789\n";
      const lines = `${link}address add 10.7.0.${index + 1}/24 dev vx7\nlink set vx7 up\n`;
      await node.run(["ip", "-batch", "-"], { stdin: lines });
    }
    await first.run(["ping", "-c", "1", "-W", "5", "10.7.0.2"]);
  });
}

if (kind !== "native") {
  labTest("a native node, for what needs no more than this machine's kernel has", {}, async (t) => {
    await using lab = await startLab({ nodes: 1, nodeKind: "native", controllerManager: false });
    const [node] = lab.nodes;
    assert(node);
    await commands(t, node);
  });
}

labTest(`${kind} nodes leave nothing when everything that could tidy up is killed`, needs, async () => {
  const runner = await startRunner("2", kind);
  killReaper(runner.name);
  signalProcess(runner.pid, "SIGKILL");
  await runner.ended;
  assert((await findLeftovers(runner.name)).length > 0);
  await using _next = await startLab({ controllerManager: false });
  assertEquals(await findLeftovers(runner.name), []);
});
