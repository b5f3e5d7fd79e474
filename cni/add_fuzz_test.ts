import { assert, assertEquals, assertRejects } from "@std/assert";
import { toCniError } from "../shared/cni/to_cni_error.ts";
import { ErrorCode, messageOf } from "../shared/errors.ts";
import { CommandError, type Run } from "../shared/host/run.ts";
import { apiError } from "../shared/kube/api_error.ts";
import type { KubeClient } from "../shared/kube/client.ts";
import { NetConf } from "../shared/schema/netconf.ts";
import { DEVICE, type FuzzedInput, fuzzedInput } from "../tests/support/cni/fuzzed_inputs.ts";
import { KernelInMemory } from "../tests/support/cni/kernel_in_memory.ts";
import { SandboxWorld } from "../tests/support/cni/sandbox_world.ts";
import { add, type AddDeps } from "./add.ts";
import { del } from "./del.ts";

const CALLS = 2000;
const SEED = 20261121;

/** Long enough for any machine, and far from `timeoutMs`: what takes longer does not end. */
const HANGS_MS = 20_000;

/** A path that is on another file system than its directory, as a namespace is. */
const NETNS = "/proc";

/** What rubbish is answered with, whoever wrote it; anything else is a mistake of ours. */
const EXPECTED: readonly number[] = [
  ErrorCode.InvalidEnvironment,
  ErrorCode.DecodingFailure,
  ErrorCode.InvalidConfig,
  ErrorCode.TryAgain,
  ErrorCode.PoolExhausted,
  ErrorCode.AddressInUse,
  ErrorCode.NetworkMissing,
  ErrorCode.NetworkForbidden,
  ErrorCode.InvalidRequest,
  ErrorCode.DelegateFailed,
  ErrorCode.HostLinkFailed,
];

/** What may be wrong with us, to see that the fuzz finds it. */
type Defect = "throws a TypeError" | "leaves a link" | "acts before its record" | "keeps an address";

/** A node, its kernel, its delegates and its API server, for ADDs of one sandbox each. */
class FuzzWorld extends SandboxWorld {
  readonly kernel = new KernelInMemory([DEVICE]);
  /** Commands that changed something while no record said so. */
  readonly unrecorded: string[] = [];
  readonly #input: FuzzedInput;
  readonly #defect: Defect | undefined;

  constructor(input: FuzzedInput, defect?: Defect) {
    super();
    this.#input = input;
    this.#defect = defect;
    for (const dir of ["bin", "conf"]) Deno.mkdirSync(`${this.dir}/${dir}`);
    for (const type of ["macvlan", "bridge", "tuning"]) Deno.writeTextFileSync(`${this.dir}/bin/${type}`, "");
    for (const [name, text] of Object.entries(input.files)) Deno.writeTextFileSync(`${this.dir}/conf/${name}`, text);
  }

  get addDeps(): AddDeps {
    let elapsedMs = 0;
    const keeps = this.#defect === "keeps an address";
    return {
      ...this.deps({ run: this.#run, monotonicMs: () => elapsedMs += 1000 }),
      ...(keeps && { objects: this.serverWith({ remove: () => Promise.resolve(true) }) }),
      client: () => Promise.resolve(this.#client()),
      assignedDevices: () => Promise.resolve(new Map()),
      sysfsRoot: `${this.dir}/sys`,
    };
  }

  #client(): KubeClient {
    const client: Pick<KubeClient, "get" | "create" | "patch"> = {
      get: <T>(path: string) => Promise.resolve().then(() => this.#get(path) as T),
      create: <T>() => Promise.resolve({} as T),
      patch: <T>() => Promise.resolve({} as T),
    };
    return client as KubeClient;
  }

  #get(path: string): unknown {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (this.#defect === "throws a TypeError" && name === "ipv") throw new TypeError("cannot read undefined");
    if (this.#defect === "acts before its record" && name === "ipv") this.#note("early");
    if (name === "web") return { metadata: { name, uid: "p1", annotations: this.#input.annotations }, spec: {} };
    const text = this.#input.objects[name];
    if (text !== undefined) return JSON.parse(text);
    throw apiError({ verb: "GET", path, status: 404, reason: "NotFound", text: name, effect: "none" });
  }

  readonly #run: Run = async (argv, options) => {
    await Promise.resolve();
    const [program = ""] = argv;
    if (program.startsWith(`${this.dir}/bin/`)) return this.#delegate(argv, options?.env ?? {}, options?.stdin ?? "");
    if (argv.includes("sysctl")) {
      this.#note(argv.join(" "));
      return "";
    }
    if (!/^(link show.*\n)*$/.test(options?.stdin ?? "")) this.#note(options?.stdin ?? "");
    return this.kernel.runBatch(argv, options);
  };

  #note(what: string): void {
    if (this.records.list().length === 0) this.unrecorded.push(what);
  }

  #delegate(argv: readonly string[], env: Readonly<Record<string, string>>, stdin: string): string {
    const { CNI_COMMAND: command = "", CNI_IFNAME: ifname = "", CNI_NETNS: netns = "" } = env;
    this.#note(`${command} ${ifname}`);
    if (command === "DEL") {
      if (this.#defect !== "leaves a link") this.kernel.removeLink(ifname);
      return "not even JSON";
    }
    const { makesLink, prints, fails } = this.#input.answer({ ifname, netns });
    const { mac, prevResult } = JSON.parse(stdin);
    if (makesLink && !prevResult) this.kernel.addLink(ifname, typeof mac === "string" ? { address: mac } : {});
    if (fails) throw new CommandError(argv, { code: 1, stdout: prints, stderr: "" });
    return prints;
  }
}

/** @returns "ok" or the error's code; @throws {AssertionError} when anything is not as it should be */
async function callOnce(seed: number, defect?: Defect): Promise<string> {
  using world = new FuzzWorld(fuzzedInput(seed), defect);
  const deps = world.addDeps;
  const request = {
    ...{ cniVersion: "1.1.0", networkName: "danm", containerID: "c1", ifname: "eth0", netns: NETNS, conf: {} } as const,
    args: "K8S_POD_NAMESPACE=default;K8S_POD_NAME=web",
    path: [`${world.dir}/bin`],
    netconf: NetConf.parse({ name: "danm", kubeconfig: "/none", nadSupport: true, cniDir: `${world.dir}/conf` }),
    identity: { namespace: "default", name: "web", uid: "p1" },
    ...{ hostname: "node-1", confDir: "/none", startedAt: 1000, signal: AbortSignal.timeout(HANGS_MS) },
  };
  const answer = await add(request, deps).then(() => "ok", (error) => {
    const { code, message } = toCniError(error, "ADD");
    if (!EXPECTED.includes(code)) {
      throw new Error(`code ${code}: ${message.slice(0, 500)}`, {
        cause: error instanceof AggregateError ? error.errors[0] : error,
      });
    }
    assert(!request.signal.aborted && message !== "", `${message} is no answer`);
    return String(code);
  });
  assertEquals(world.unrecorded, [], "done without a record");
  if (answer !== "ok") assertEquals(leftOf(world), [], `left after ${answer}`);
  await del(request, deps);
  assertEquals(leftOf(world), [], "left after DEL");
  return answer;
}

function leftOf(world: FuzzWorld): string[] {
  const records = world.records.list().map(({ path }) => path);
  return [...world.kernel.contents, ...world.server.objects.map(({ ref }) => ref.name), ...records];
}

async function fuzz(options: { calls: number; defect?: Defect }): Promise<Map<string, number>> {
  const seen = new Map<string, number>();
  for (let seed = SEED; seed < SEED + options.calls; seed++) {
    try {
      const answer = await callOnce(seed, options.defect);
      seen.set(answer, (seen.get(answer) ?? 0) + 1);
    } catch (cause) {
      throw new Error(`seed ${seed}: ${messageOf(cause)}`, { cause });
    }
  }
  return seen;
}

Deno.test("whatever annotations, networks, delegates' files and results say, ADD does all or nothing, and says why", async () => {
  const seen = await fuzz({ calls: CALLS });
  const often = ["ok", ...[ErrorCode.InvalidConfig, ErrorCode.InvalidRequest, ErrorCode.DelegateFailed].map(String)];
  // Otherwise the inputs have become too wild, or too tame.
  assertEquals(often.filter((answer) => (seen.get(answer) ?? 0) < CALLS / 30), [], JSON.stringify([...seen]));
});

Deno.test("the fuzz finds what it is for", async (t) => {
  const defects: Record<Defect, RegExp> = {
    "throws a TypeError": /code 999/,
    "leaves a link": /left after/,
    "acts before its record": /done without a record/,
    "keeps an address": /left after/,
  };
  for (const [defect, says] of Object.entries(defects)) {
    await t.step(defect, async () => {
      const error = await assertRejects(() => fuzz({ calls: 100, defect: defect as Defect }), Error);
      assert(says.test(error.message), error.message);
    });
  }
});
