import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { CniError, ErrorCode } from "../../shared/errors.ts";
import { createLogger } from "../../shared/log.ts";
import { type GrpcAnswer, type GrpcMethods, GrpcServer } from "../support/kubelet/grpc_server.ts";
import { encodeMessage, podMessage } from "../support/kubelet/messages.ts";
import { getAssignedDevices, type PodDevicesDeps } from "../../cni/devices/pod_devices.ts";

const GET = "/v1.PodResourcesLister/Get";
const LIST = "/v1.PodResourcesLister/List";
const POD = { podNamespace: "default", podName: "web", podUID: "uid-1" };
const CHECKPOINT = JSON.stringify({
  Data: {
    PodDeviceEntries: [{ PodUID: "uid-1", ContainerName: "c", ResourceName: "v/a", DeviceIDs: { "0": ["file"] } }],
  },
});

/** A kubelet of these methods (none: no socket) and this checkpoint (none: no file). */
class World implements AsyncDisposable {
  readonly warnings: Record<string, unknown>[] = [];
  readonly deps: PodDevicesDeps;
  readonly server: GrpcServer | undefined;

  private constructor(readonly dir: string, server: GrpcServer | undefined) {
    this.server = server;
    const log = createLogger((line) => this.warnings.push(JSON.parse(line)), { level: "warn" });
    this.deps = { socketPath: `${dir}/sock`, checkpointPath: `${dir}/checkpoint`, deadlineMs: 5000, log };
  }

  static async create({ methods, checkpoint }: { methods?: GrpcMethods; checkpoint?: string }): Promise<World> {
    const dir = await Deno.makeTempDir({ prefix: "danm-kubelet-" });
    if (checkpoint !== undefined) await Deno.writeTextFile(`${dir}/checkpoint`, checkpoint);
    return new World(dir, methods && GrpcServer.start(`${dir}/sock`, methods));
  }

  /** The Pod's devices as an object. */
  async get(more: Partial<PodDevicesDeps & { signal: AbortSignal }> = {}): Promise<Record<string, readonly string[]>> {
    const { signal = new AbortController().signal, ...deps } = more;
    return Object.fromEntries(await getAssignedDevices({ ...POD, signal }, { ...this.deps, ...deps }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server?.[Symbol.asyncDispose]();
    await Deno.remove(this.dir, { recursive: true });
  }
}

/** An answer of Get or List with these Pods. */
function pods(...messages: Uint8Array[]): () => GrpcAnswer {
  return () => encodeMessage(...messages.map((message) => [1, message] as const));
}

Deno.test("getAssignedDevices asks the PodResources API", async (t) => {
  const ours = podMessage("default", "web", [[["v/b", ["b1", "b0"]], ["v/a", ["a1"]]], [], [["v/b", ["b2", "b0"]]]]);
  const others = [podMessage("other", "web", [[["v/a", ["x"]]]]), podMessage("default", "web2", [[["v/a", ["y"]]]])];
  const devices = { "v/a": ["a1"], "v/b": ["b0", "b1", "b2"] };
  const cases: { name: string; methods: GrpcMethods; devices: Record<string, string[]>; calls: string[] }[] = [
    {
      name: "devices of all containers and NUMA nodes, each once, in ascending order",
      methods: { [GET]: pods(ours) },
      devices,
      calls: [GET],
    },
    {
      name: "a Pod without devices",
      methods: { [GET]: pods(podMessage("default", "web", [[]])) },
      devices: {},
      calls: [GET],
    },
    {
      name: "the one of many Pods, where Get is not implemented",
      methods: { [LIST]: pods(others[0]!, ours, others[1]!) },
      devices,
      calls: [GET, LIST],
    },
    {
      name: "the same where Get is switched off",
      methods: { [GET]: () => ({ status: 2, message: "PodResources API Get method disabled" }), [LIST]: pods(ours) },
      devices,
      calls: [GET, LIST],
    },
  ];
  for (const { name, methods, devices, calls } of cases) {
    await t.step(name, async () => {
      await using world = await World.create({ methods, checkpoint: CHECKPOINT });
      assertEquals(await world.get(), devices);
      assertEquals(world.server?.calls, calls);
      assertEquals(world.warnings, []);
    });
  }
});

Deno.test("getAssignedDevices sends the Pod's name and namespace", async () => {
  const asked: Uint8Array[] = [];
  const get = (message: Uint8Array): GrpcAnswer => {
    asked.push(message);
    return pods(podMessage("default", "web", []))();
  };
  await using world = await World.create({ methods: { [GET]: get } });
  await world.get();
  assertEquals(asked, [encodeMessage([1, "web"], [2, "default"])]);
});

Deno.test("getAssignedDevices falls back to the checkpoint, and says why; without one it fails", async (t) => {
  const grpc = { "content-type": "application/grpc" };
  const ours = podMessage("default", "web", []);
  const cases: { name: string; methods?: GrpcMethods; why: string; deadlineMs?: number }[] = [
    { name: "no socket", why: "No such file" },
    { name: "hang", methods: { [GET]: () => "hang" }, why: "no answer within 300 ms", deadlineMs: 300 },
    {
      name: "a List that hangs",
      methods: { [LIST]: () => "hang" },
      why: "no answer within 300 ms",
      deadlineMs: 300,
    },
    {
      name: "too many calls",
      methods: { [GET]: () => ({ status: 8, message: "rate 100% é" }) },
      why: "8: rate 100% é",
    },
    { name: "neither method", methods: {}, why: `${GET}: gRPC status 12; ${LIST}: gRPC status 12` },
    {
      name: "no message",
      methods: { [GET]: () => ({ headers: grpc, bytes: new Uint8Array() }) },
      why: "the answer has no message",
    },
    {
      name: "not gRPC",
      methods: { [GET]: () => ({ headers: { "content-type": "text/html" }, bytes: new Uint8Array(9) }) },
      why: 'no gRPC answer: HTTP status 200, content type "text/html"',
    },
    {
      name: "a message that is cut short",
      methods: { [GET]: () => ({ headers: grpc, bytes: Uint8Array.of(0, 0, 0, 0, 9, 1) }) },
      why: "not one whole, uncompressed message",
    },
    {
      name: "a compressed message",
      methods: { [GET]: () => ({ headers: grpc, bytes: Uint8Array.of(1, 0, 0, 0, 0) }) },
      why: "not one whole, uncompressed message",
    },
    {
      name: "a message of another kind",
      methods: { [GET]: () => Uint8Array.of(0x0a, 0x7f, 1, 2, 3) },
      why: "is no message of the PodResources API",
    },
    { name: "no Pod", methods: { [GET]: () => new Uint8Array() }, why: "lists no Pod default/web" },
    {
      name: "another Pod",
      methods: { [GET]: pods(podMessage("default", "other", [])) },
      why: "lists no Pod default/web",
    },
    { name: "two Pods of the name", methods: { [LIST]: pods(ours, ours) }, why: "lists several Pods default/web" },
  ];
  for (const { name, methods, why, deadlineMs } of cases) {
    await t.step(name, async () => {
      const more = deadlineMs === undefined ? {} : { deadlineMs };
      await using world = await World.create({ ...(methods && { methods }), checkpoint: CHECKPOINT });
      assertEquals(await world.get(more), { "v/a": ["file"] });
      assertEquals(world.warnings.length, 1);
      assertStringIncludes(String(world.warnings[0]?.["error"]), why);

      await Deno.remove(world.deps.checkpointPath);
      const error = await assertRejects(() => world.get(more), CniError);
      assertEquals(error.code, ErrorCode.TryAgain);
      const [api = "", file = ""] = error.message.split(`; ${world.deps.checkpointPath}: `);
      assertStringIncludes(
        api,
        `Pod default/web cannot be read from the kubelet: PodResources API ${world.dir}/sock: `,
      );
      assertStringIncludes(api, why);
      assertStringIncludes(file, "No such file");
    });
  }
});

Deno.test("getAssignedDevices finds a server that takes connections and says nothing too slow", async () => {
  await using world = await World.create({ checkpoint: CHECKPOINT });
  using _mute = Deno.listen({ transport: "unix", path: world.deps.socketPath });
  const startedAt = performance.now();
  assertEquals(await world.get({ deadlineMs: 200 }), { "v/a": ["file"] });
  assert(performance.now() - startedAt < 3000, "it ended long after its deadline");
});

Deno.test("getAssignedDevices falls back when the connection is closed", async () => {
  await using world = await World.create({ checkpoint: CHECKPOINT });
  using listener = Deno.listen({ transport: "unix", path: world.deps.socketPath });
  const closed = listener.accept().then((connection) => connection.close());
  assertEquals(await world.get(), { "v/a": ["file"] });
  assertStringIncludes(String(world.warnings[0]?.["error"]), `${GET}: `);
  await closed;
});

Deno.test("getAssignedDevices says what is wrong with the checkpoint", async () => {
  for (const [checkpoint, why] of [["{", "JSON"], ["{}", "the kubelet's checkpoint: Data"]] as const) {
    await using world = await World.create({ checkpoint });
    const error = await assertRejects(() => world.get(), CniError, why);
    assertStringIncludes(error.message, "No such file");
  }
});

Deno.test("getAssignedDevices ends with its caller's signal, without another source", async () => {
  const controller = new AbortController();
  const reason = new Error("the runtime's time is up");
  const abort = (): GrpcAnswer => {
    controller.abort(reason);
    return "hang";
  };
  await using world = await World.create({ methods: { [GET]: abort }, checkpoint: CHECKPOINT });
  assertEquals(await assertRejects(() => world.get({ signal: controller.signal })), reason);
  assertEquals(world.warnings, []);
});
