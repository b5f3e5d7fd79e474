import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { callUnary, GrpcError, GrpcStatus } from "../../cni/devices/grpc_call.ts";
import { planDevices } from "../../cni/devices/plan_devices.ts";
import { getAssignedDevices, type PodDevicesDeps } from "../../cni/devices/pod_devices.ts";
import type { ContainerDevices } from "../../cni/devices/pod_resources_messages.ts";
import { getPodResources, listPodResources } from "../../cni/devices/pod_resources.ts";
import { createLogger } from "../../shared/log.ts";
import { DevicePlugin } from "../support/kubelet/device_plugin.ts";
import { PodNode } from "../support/kubelet/pod_node.ts";
import { type Lab, startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import { waitFor } from "../support/wait.ts";

const [A, B] = ["vendor.com/sriov_a", "vendor.com/sriov_b"];
const DEVICES_OF_A = ["0000:05:10.0", "0000:05:10.1", "0000:05:10.2", "0000:05:10.3"];
const DEVICES_OF_B = ["0000:06:10.0"];

/** What one way of asking says: devices by resource, and what was logged. */
interface Answer {
  readonly devices: Record<string, readonly string[]>;
  readonly warnings: readonly string[];
}

interface Pod {
  readonly podNamespace: string;
  readonly podName: string;
  readonly podUID: string;
}

async function ask(pod: Pod, deps: Omit<PodDevicesDeps, "log">): Promise<Answer> {
  const warnings: string[] = [];
  const log = createLogger((line) => warnings.push(JSON.parse(line).error), { level: "warn" });
  const devices = await getAssignedDevices({ ...pod, signal: new AbortController().signal }, { ...deps, log });
  return { devices: Object.fromEntries(devices), warnings };
}

/** Makes a Pod whose containers have these limits, and waits until the runtime calls for its network. */
async function createPod(
  podName: string,
  containers: readonly Record<string, string>[],
  { lab, podNode }: { lab: Lab; podNode: PodNode },
): Promise<Pod> {
  const spec = {
    nodeName: lab.nodes[0]?.name,
    automountServiceAccountToken: false,
    containers: containers.map((limits, index) => ({
      name: `container${index}`,
      image: "lab.local/none:1",
      imagePullPolicy: "Never",
      resources: { limits },
    })),
  };
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: podName, namespace: "default" }, spec };
  await lab.kubectl(["create", "--filename", "-"], { stdin: JSON.stringify(pod) });
  return await waitFor(`the runtime to call for the network of ${podName}`, async () => {
    const args = (await podNode.cniArgs()).find((call) => call["K8S_POD_NAME"] === podName);
    return args && { podNamespace: "default", podName, podUID: args["K8S_POD_UID"] ?? "" };
  });
}

labTest("devices that a kubelet assigned to Pods", {}, async (t) => {
  await using lab = await startLab({ nodes: 1, nodeKind: "native" });
  const [node] = lab.nodes;
  assert(node);
  const podNode = await PodNode.start(lab, node);
  await using pluginA = await DevicePlugin.start({ dir: podNode.pluginDir, resource: A, devices: DEVICES_OF_A });
  await using pluginB = await DevicePlugin.start({ dir: podNode.pluginDir, resource: B, devices: DEVICES_OF_B });
  await waitFor("the node to offer the devices", async () => {
    const { status } = JSON.parse(await lab.kubectl(["get", "node", node.name, "-o", "json"]));
    return status.allocatable?.[A] === "4" && status.allocatable?.[B] === "1";
  });

  const api = { socketPath: podNode.socketPath, checkpointPath: "/nonexistent", deadlineMs: 3000 };
  const file = { ...api, socketPath: "/nonexistent", checkpointPath: podNode.checkpointPath };
  const web = await createPod("web", [{ [A]: "2" }, { [B]: "1" }], { lab, podNode });
  const ofWeb = { [A]: pluginA.allocated[0] ?? [], [B]: DEVICES_OF_B };
  assertEquals(pluginA.allocated.map(({ length }) => length), [2]);
  assertEquals(pluginB.allocated, [DEVICES_OF_B]);

  await t.step("are told by the PodResources API while the Pod's sandbox is made", async () => {
    assertEquals(await ask(web, api), { devices: ofWeb, warnings: [] });
  });

  await t.step("are told by List as by Get", async () => {
    const options = { socketPath: podNode.socketPath, signal: AbortSignal.timeout(10_000) };
    // The kubelet has an entry for each device, in another order each time.
    const sorted = (devices: readonly ContainerDevices[]): string[] =>
      devices.flatMap(({ resourceName, deviceIDs }) => deviceIDs.map((id) => `${resourceName} ${id}`)).sort();
    const got = sorted(await getPodResources(web, options));
    assertEquals(got, Object.entries(ofWeb).flatMap(([resource, ids]) => ids.map((id) => `${resource} ${id}`)));
    assertEquals(sorted(await listPodResources(web, options)), got);
  });

  await t.step("could be asked for by a method that the kubelet lacks: that is seen as such", async () => {
    const options = { socketPath: podNode.socketPath, message: new Uint8Array(), signal: AbortSignal.timeout(10_000) };
    const error = await assertRejects(() => callUnary("/v1.PodResourcesLister/Nothing", options), GrpcError);
    assertEquals(error.status, GrpcStatus.Unimplemented);
  });

  await t.step("are told by the checkpoint, too", async () => {
    const { devices, warnings } = await ask(web, file);
    assertEquals(devices, ofWeb);
    assertEquals(warnings.length, 1);
    assertMatch(warnings[0] ?? "", /No such file/);
  });

  await t.step("are enough for the Pod's interfaces, another one for each", async () => {
    const assigned = new Map(Object.entries((await ask(web, api)).devices));
    const requests = [A, B, A].map((pool, index) => ({ interface: `eth${index}`, pool }));
    const [first, second] = ofWeb[A] ?? [];
    assertEquals(planDevices(requests, assigned), [first, DEVICES_OF_B[0], second]);
  });

  await t.step("are told Pod by Pod", async () => {
    const other = await createPod("other", [{ [A]: "1" }], { lab, podNode });
    const plain = await createPod("plain", [{}], { lab, podNode });
    const ofOther = { [A]: pluginA.allocated[1] ?? [] };
    assertEquals(new Set([...ofWeb[A] ?? [], ...ofOther[A] ?? []]).size, 3);
    for (const source of [api, file]) {
      assertEquals((await ask(web, source)).devices, ofWeb);
      assertEquals((await ask(other, source)).devices, ofOther);
      assertEquals((await ask(plain, source)).devices, {});
    }
  });

  await t.step("are none for a Pod that the kubelet does not know", async () => {
    const unknown = { podNamespace: "default", podName: "unknown", podUID: "unknown" };
    const { devices, warnings } = await ask(unknown, { ...api, checkpointPath: podNode.checkpointPath });
    assertEquals(devices, {});
    assertMatch(warnings[0] ?? "", /pod unknown in namespace default not found; .*lists no Pod default\/unknown/);
  });

  await t.step("are told by the checkpoint while the kubelet hangs", async () => {
    await podNode.stall();
    const { devices, warnings } = await ask(web, { ...file, socketPath: podNode.socketPath, deadlineMs: 500 });
    podNode.resume();
    assertEquals(devices, ofWeb);
    assertEquals(warnings, ["no answer within 500 ms"]);
  });
});
