import { assertEquals, assertRejects } from "@std/assert";
import { CommandError } from "../shared/host/run.ts";
import { sandboxRecord, SandboxWorld } from "../tests/support/cni/sandbox_world.ts";
import { del, type DelRequest } from "./del.ts";

const FILE = {
  cniVersion: "0.4.0",
  name: "mynet",
  plugins: [
    { type: "bridge", ipam: { type: "host-local" } },
    { type: "portmap", capabilities: { portMappings: true } },
  ],
};

/** A world with that file and its plugins. */
function worldWith(file: string): { world: SandboxWorld; request: DelRequest } {
  const world = new SandboxWorld();
  Deno.mkdirSync(`${world.dir}/bin`);
  for (const type of ["bridge", "portmap"]) Deno.writeTextFileSync(`${world.dir}/bin/${type}`, "", { mode: 0o755 });
  Deno.writeTextFileSync(`${world.dir}/10-bridge.conflist`, file);
  const request = {
    containerID: "c1",
    ifname: "eth0",
    netns: "",
    args: "K8S_POD_NAME=web",
    path: [`${world.dir}/bin`],
    conf: {},
    networkName: "danm",
    cniVersion: "1.0.0",
    signal: AbortSignal.timeout(10_000),
    former: {
      formerConf: `${world.dir}/10-bridge.conflist`,
      cniVersion: "1.0.0",
      runtimeConfig: { portMappings: [{ hostPort: 80 }] },
    },
  } as const;
  return { world, request: request as unknown as DelRequest };
}

/** The plugins that were executed, and with what, in their order. */
function executed(world: SandboxWorld): [string, Record<string, unknown>][] {
  return world.commands.map((command) => {
    const [program = "", stdin = "{}"] = command.split(" < ");
    return [program.slice(program.lastIndexOf("/") + 1), JSON.parse(stdin)];
  });
}

Deno.test("a sandbox without record is detached by the plugins before ours, with their configuration", async () => {
  const { world, request } = worldWith(JSON.stringify(FILE));
  using _world = world;
  await del(request, world.deps());
  const [portmap, bridge] = executed(world);
  assertEquals(portmap, ["portmap", {
    type: "portmap",
    capabilities: { portMappings: true },
    runtimeConfig: { portMappings: [{ hostPort: 80 }] },
    cniVersion: "0.4.0",
    name: "mynet",
  }]);
  assertEquals(bridge, ["bridge", { ...FILE.plugins[0], cniVersion: "0.4.0", name: "mynet" }]);
  await del(request, world.deps());
  assertEquals(world.commands.length, 2, "once it is detached nobody is asked again");
});

Deno.test("a sandbox of ours is none of theirs", async () => {
  const { world, request } = worldWith(JSON.stringify(FILE));
  using _world = world;
  world.records.write(sandboxRecord());
  await del(request, world.deps());
  assertEquals(world.commands, []);
});

Deno.test("DEL fails when they fail, so that the runtime calls again", async () => {
  const { world, request } = worldWith(JSON.stringify(FILE));
  using _world = world;
  const failing = (argv: readonly string[]): Promise<string> =>
    Promise.reject(new CommandError(argv, { code: 1, stdout: `{"code": 11, "msg": "later"}`, stderr: "" }));
  await assertRejects(() => del(request, world.deps({ run: failing })), AggregateError);
  await del(request, world.deps());
  assertEquals(world.commands.length, 2);
});

Deno.test("a configuration that cannot be used keeps no Pod from going", async (t) => {
  for (const file of ["{", "[]", "{}", `{"type": "danm"}`, `{"plugins": []}`]) {
    await t.step(file, async () => {
      const { world, request } = worldWith(file);
      using _world = world;
      await del(request, world.deps());
      assertEquals(world.commands, []);
      assertEquals(world.logged.some((line) => line.includes("the configuration before ours cannot be used")), true);
    });
  }
});
