import { assert, assertEquals, assertRejects } from "@std/assert";
import { CniError } from "../shared/errors.ts";
import type { Run } from "../shared/host/run.ts";
import { sandboxRecord, SandboxWorld } from "../tests/support/cni/sandbox_world.ts";
import { delegateAdd, delegateDel } from "./delegate.ts";
import { delegateCheck, delegateGc } from "./delegate_upkeep.ts";
import type { DelegateCall } from "./record.ts";

const SIGNAL = new AbortController().signal;

interface Seen {
  readonly program: string;
  readonly conf: Record<string, unknown>;
}

/** Plugins in a directory, which answer what they are told to. */
class Plugins implements Disposable {
  readonly dir = Deno.makeTempDirSync();
  readonly seen: Seen[] = [];
  readonly #world = new SandboxWorld();
  readonly #answers: string[];

  constructor(types: readonly string[], answers: readonly object[] = []) {
    for (const type of types) Deno.writeTextFileSync(`${this.dir}/${type}`, "");
    this.#answers = answers.map((answer) => JSON.stringify(answer));
  }

  get context(): Parameters<typeof delegateDel>[1] {
    const run: Run = ([program = ""], options) => {
      this.seen.push({ program: program.slice(this.dir.length + 1), conf: JSON.parse(options?.stdin ?? "") });
      return Promise.resolve(this.#answers.shift() ?? "");
    };
    const { log } = this.#world.deps();
    return { ...sandboxRecord(), netns: "", path: [this.dir], run, log, signal: SIGNAL };
  }

  [Symbol.dispose](): void {
    this.#world[Symbol.dispose]();
    Deno.removeSync(this.dir, { recursive: true });
  }
}

function call(plugins: readonly Record<string, unknown>[], result?: Record<string, unknown>): DelegateCall {
  return {
    interface: "eth0",
    plugins: plugins.map((conf) => ({ type: String(conf["type"]), conf })),
    ...(result && { result }),
  };
}

Deno.test("ADD gives each plugin the result of the one before, which has a version even if that one printed none", async () => {
  const ips = [{ address: "10.0.0.5/24" }];
  using plugins = new Plugins(["a", "b"], [{ ips }, { cniVersion: "0.3.1", ips }]);
  const confs = [{ type: "a", cniVersion: "0.4.0" }, { type: "b", cniVersion: "0.4.0" }];
  const { document, result } = await delegateAdd(call(confs), plugins.context);
  assertEquals(plugins.seen.map(({ program, conf }) => [program, conf["prevResult"]]), [
    ["a", undefined],
    ["b", { cniVersion: "0.4.0", ips }],
  ]);
  assertEquals([document["cniVersion"], result], ["0.3.1", { ips }]);
});

Deno.test("DEL goes through the plugins in reverse, with the result where their version has it", async () => {
  using plugins = new Plugins(["a", "b"]);
  const confs = [{ type: "a", cniVersion: "0.3.1" }, { type: "b", cniVersion: "0.4.0" }];
  const result = { cniVersion: "0.4.0" };
  await delegateDel(call(confs, result), plugins.context);
  assertEquals(plugins.seen.map(({ program, conf }) => [program, conf["prevResult"]]), [["b", result], [
    "a",
    undefined,
  ]]);
});

Deno.test("DEL without its namespace passes over a plugin that is gone, unless something of it may be left", async () => {
  using plugins = new Plugins(["a"]);
  const gone = { type: "gone", cniVersion: "1.0.0", ipam: { type: "fakeipam" } };
  await delegateDel(call([{ type: "a", cniVersion: "1.0.0" }, gone]), plugins.context);
  assertEquals(plugins.seen.map(({ program }) => program), ["a"]);
  const leased = call([{ type: "a", cniVersion: "1.0.0" }, { ...gone, ipam: { type: "host-local" } }]);
  const { errors } = await assertRejects(() => delegateDel(leased, plugins.context), AggregateError);
  assert(errors[0] instanceof CniError);
  assertEquals(errors[0].message, `eth0: no executable gone in CNI_PATH ${plugins.dir}`);
  assertEquals(plugins.seen.map(({ program }) => program), ["a", "a"], "the others are executed all the same");
});

Deno.test("CHECK and GC pass over plugins whose list switches them off, or whose version has none", async () => {
  using plugins = new Plugins(["a", "b", "old"]);
  const cniVersion = "1.1.0";
  const skipping = {
    interface: "eth0",
    plugins: [
      { type: "a", conf: { name: "a", cniVersion }, skips: ["CHECK" as const] },
      { type: "b", conf: { name: "b", cniVersion }, skips: ["GC" as const] },
      { type: "old", conf: { name: "old", cniVersion: "0.3.1" } },
    ],
  };
  await delegateCheck(skipping, plugins.context);
  assertEquals(plugins.seen.splice(0).map(({ program }) => program), ["b"]);
  await delegateGc([skipping], { context: plugins.context, valid: [] });
  assertEquals(plugins.seen.map(({ program }) => program), ["a"]);
});
