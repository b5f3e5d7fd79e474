import { assert, assertEquals } from "@std/assert";
import { DanmLab, type TestSandbox } from "../support/danm_lab.ts";
import { startFaultProxy } from "../support/lab/fault_proxy.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import { NodeRelay } from "../support/relay/node_relay.ts";
import { waitFor } from "../support/wait.ts";

const NETWORK = {
  apiVersion: "danm.io/v1",
  kind: "ClusterNetwork",
  metadata: { name: "relayed" },
  spec: {
    NetworkID: "relayed",
    NetworkType: "macvlan",
    Options: { host_device: "eth1", cidr: "10.181.0.0/24", net6: "fd00:181::/64" },
  },
};
const INTERFACES = [{ clusterNetwork: "relayed", ip: "dynamic", ip6: "dynamic" }];
const SANDBOXES = 24;

labTest("plugins use the node's relay, and do without one that is not there, hangs or dies", {}, async (t) => {
  await using lab = await startLab({ nodes: 1, nodeKind: "native" });
  const danm = await DanmLab.install(lab);
  const [node] = lab.nodes;
  assert(node);
  await danm.apply(NETWORK);
  await using proxy = await startFaultProxy(lab);
  // Of two kubeconfigs of one server, only the relay's own goes through the proxy: that shows who uses it.
  await using relay = await NodeRelay.start({ danm, node }, { upstream: await proxy.kubeconfig(danm.user(node)) });
  const { kubeconfig } = relay;
  const requests = async (): Promise<number> => (await proxy.requests()).length;
  const call = async (command: "ADD" | "DEL", sandbox: TestSandbox): Promise<void> => {
    const answer = await danm.call(sandbox, command, { kubeconfig });
    assertEquals(answer.code, 0, JSON.stringify(answer.document));
  };
  const attachAndDetach = async (): Promise<void> => {
    const sandbox = await danm.createSandboxFor(node, INTERFACES);
    await call("ADD", sandbox);
    await call("DEL", sandbox);
  };

  await t.step("all requests of ADD and DEL go through it", async () => {
    await attachAndDetach();
    assert(await requests() >= 8, `${await requests()} requests`);
  });
  await t.step("it hangs", async () => {
    relay.signal("SIGSTOP");
    await attachAndDetach();
    relay.signal("SIGCONT");
  });
  await t.step("it is killed while sandboxes are attached", async () => {
    const sandboxes = await Promise.all(
      Array.from({ length: SANDBOXES }, () => danm.createSandboxFor(node, INTERFACES)),
    );
    const adding = Promise.all(sandboxes.map((sandbox) => danm.call(sandbox, "ADD", { kubeconfig })));
    const before = await requests();
    await waitFor("many to be asking", async () => await requests() >= before + SANDBOXES);
    await relay.kill();
    const answers = await adding;
    // Whose write was on its way is told so, as when an API server dies; a runtime deletes such a sandbox.
    assert(answers.some(({ code }) => code === 0), JSON.stringify(answers));
    for (const sandbox of sandboxes) await call("DEL", sandbox);
  });
  await t.step("it is dead, with its socket in place", attachAndDetach);
  await t.step("nothing is left", async () => {
    assertEquals(await danm.held(), []);
  });
});
