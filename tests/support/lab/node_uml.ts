/** A node with a kernel of its own: user-mode Linux on the machine's file system. */
import { run, type RunningCommand, signalProcess } from "../run.ts";
import { waitFor } from "../wait.ts";
import { Host, ipBatch, netnsPath } from "./network.ts";
import {
  BaseNode,
  type Node,
  NODE_ENV,
  type NodeOptions,
  type NodeRunOptions,
  type NodeSupport,
  probeSupport,
} from "./node.ts";
import { processorFor } from "./processors.ts";
import { addressIn, type LabRecord } from "./registry.ts";
import { AGENT_READY } from "./uml_agent.ts";
import { AgentClient } from "./uml_client.ts";
import { renderInit } from "./uml_init.ts";

const MODULES_DIR = "/usr/lib/uml/modules";
const AGENT_PORT = 1024;

const DISK_BYTES = 32 * 1024 ** 3;

/** What a kernel is started with, again and again. */
interface Machine {
  readonly lab: LabRecord;
  readonly index: number;
  readonly name: string;
  readonly address: string;
  readonly dir: string;
  readonly disk: boolean;
}

/** A running user-mode node. */
export class UmlNode extends BaseNode implements Node {
  readonly kind = "uml";
  readonly uplink = "eth1";
  readonly #machine: Machine;
  readonly #agent: AgentClient;
  #kernel: Deno.ChildProcess;
  #supports: NodeSupport | undefined;

  private constructor(machine: Machine, { agent, kernel }: { agent: AgentClient; kernel: Deno.ChildProcess }) {
    super();
    this.#machine = machine;
    this.#agent = agent;
    this.#kernel = kernel;
  }

  /**
   * Boots node number `index` (from 0) of a lab whose network exists.
   *
   * @throws {Error} when the kernel does not come up; the message has the end of its console
   */
  static async start(lab: LabRecord, index: number, { disk = false }: NodeOptions = {}): Promise<UmlNode> {
    const name = `node${index + 1}`;
    const machine = {
      lab,
      index,
      name,
      address: addressIn(lab, Host.firstNode + index),
      dir: `${lab.dir}/${name}`,
      disk,
    };
    const hostname = addressIn(lab, Host.firstManaged + index);
    const token = crypto.randomUUID();
    await createTaps(lab, name);
    await prepare(machine, [
      renderInit({
        moduleRoot: `${machine.dir}/modules`,
        uplink: `${machine.address}/25`,
        management: `${hostname}/25`,
        machine: addressIn(lab, Host.machine),
        gateway: addressIn(lab, Host.management),
        agent: [Deno.execPath(), ...agentArguments(hostname, token)],
        ...(disk && { disk: { cpuinfo: `${machine.dir}/cpuinfo` } }),
      }),
    ]);
    const agent = new AgentClient({ hostname, port: AGENT_PORT }, token);
    const node = new UmlNode(machine, { agent, kernel: boot(machine) });
    await node.#untilReady();
    node.#supports = await probeSupport(async (argv, stdin) => (await node.run(argv, { stdin, check: false })).stderr);
    return node;
  }

  get name(): string {
    return this.#machine.name;
  }

  get address(): string {
    return this.#machine.address;
  }

  get supports(): NodeSupport {
    if (this.#supports === undefined) throw new Error(`${this.name} is not up yet`);
    return this.#supports;
  }

  async start(argv: readonly string[], options: Pick<NodeRunOptions, "stdin" | "env"> = {}): Promise<RunningCommand> {
    return await this.#agent.start({ argv, ...options, env: { ...NODE_ENV, ...options.env } });
  }

  async reboot(): Promise<void> {
    await this.stop();
    await Deno.remove(consolePath(this.#machine));
    this.#kernel = boot(this.#machine);
    await this.#untilReady();
  }

  async stop(): Promise<void> {
    // The whole group: the kernel keeps a process of the machine for each address space of its own.
    signalProcess(-this.#kernel.pid, "SIGKILL");
    await this.#kernel.status;
    this.#agent.disconnect();
  }

  protected async killTree(command: RunningCommand): Promise<void> {
    await this.#agent.kill(-command.pid, "SIGKILL");
  }

  async #untilReady(): Promise<void> {
    await untilReady(this.#kernel, { name: this.name, console: consolePath(this.#machine) });
  }
}

function consolePath({ dir }: Machine): string {
  return `${dir}/console.log`;
}

async function createTaps(lab: LabRecord, name: string): Promise<void> {
  const taps = [{ tap: `${name}m`, bridge: "br1" }, { tap: name, bridge: "br0" }];
  await ipBatch(
    taps.flatMap(({ tap, bridge }) => [
      `tuntap add ${tap} mode tap`,
      // One segment per packet: the node's driver cuts off what is longer than its buffers, and a megabyte that has
      // to be sent again and again takes 20 s instead of 0.4.
      `link set ${tap} gso_max_segs 1 master ${bridge} up`,
    ]),
    lab.name,
  );
}

async function prepare({ dir, disk }: Machine, [init]: readonly [string]): Promise<void> {
  await Deno.mkdir(`${dir}/modules/lib`, { recursive: true });
  await Deno.symlink(MODULES_DIR, `${dir}/modules/lib/modules`);
  await Deno.writeTextFile(`${dir}/init`, init, { mode: 0o755 });
  if (!disk) return;
  await Deno.writeTextFile(`${dir}/cpuinfo`, await Deno.readTextFile("/proc/cpuinfo"));
  using image = await Deno.create(diskPath(dir));
  await image.truncate(DISK_BYTES);
  await run(["mkfs.ext4", "-q", "-E", "lazy_itable_init=1,lazy_journal_init=1,nodiscard", diskPath(dir)]);
}

/** A file full of holes. */
function diskPath(dir: string): string {
  return `${dir}/disk.img`;
}

function agentArguments(hostname: string, token: string): string[] {
  const script = new URL("./uml_agent.ts", import.meta.url).pathname;
  const flags = ["--quiet", "--no-config", "--no-lock", "--no-remote", "--no-npm", "--allow-net", "--allow-run"];
  return ["run", ...flags, script, hostname, String(AGENT_PORT), token];
}

function boot(machine: Machine): Deno.ChildProcess {
  const { lab, index, name, dir, disk } = machine;
  const hex = (value: number): string => value.toString(16).padStart(2, "0");
  // Said outright: kernels that boot at the same moment have been seen to pick the same random ones.
  const mac = (nic: number): string => `02:da:${hex(lab.slot >> 8)}:${hex(lab.slot & 255)}:${hex(index)}:${hex(nic)}`;
  const nic = (number: number, tap: string): string =>
    `vec${number}:transport=tap,ifname=${tap},depth=64,gro=0,mac=${mac(number)}`;
  // Kernel and processes take turns tens of thousands of times a second. Where each turn wakes another processor, which
  // on a virtual machine is a call of the hypervisor, starting a process takes three times as long.
  const pin = ["taskset", "--cpu-list", String(processorFor(lab.slot + index))];
  const redirect = ["sh", "-c", 'log=$1; shift; exec "$@" >>"$log" 2>&1', "sh", consolePath(machine)];
  const kernel = [
    "linux.uml",
    // Of a sparse file: what is never used costs nothing.
    disk ? "mem=4G" : "mem=2G",
    ...(disk ? [`ubd0=${diskPath(dir)}`] : []),
    "root=/dev/root",
    "rootfstype=hostfs",
    "rootflags=/",
    "rw",
    "quiet",
    "devtmpfs.mount=1",
  ];
  const own = [`umid=${name}`, `uml_dir=${dir}/`, `init=${dir}/init`, "con=null", "con0=null,fd:1"];
  return new Deno.Command("nsenter", {
    args: [`--net=${netnsPath(lab)}`, ...redirect, ...pin, ...kernel, ...own, nic(0, `${name}m`), nic(1, name)],
    stdin: "null",
    stdout: "null",
    stderr: "null",
    detached: true,
  }).spawn();
}

async function untilReady(
  kernel: Deno.ChildProcess,
  { name, console }: { name: string; console: string },
): Promise<void> {
  const ended = new AbortController();
  void kernel.status.then(({ code }) => ended.abort(new Error(`its kernel ended with code ${code}`)));
  const probe = async (): Promise<boolean> => (await Deno.readTextFile(console)).includes(AGENT_READY);
  try {
    await waitFor(`${name} to boot`, probe, { timeoutMs: 90_000, signal: ended.signal });
  } catch (error) {
    const text = await Deno.readTextFile(console).catch(() => "(no console output)");
    const end = text.split("\nStack:")[0]?.trim().split("\n").slice(-15).join("\n");
    throw new Error(`${name} did not boot; the end of its console:\n${end}`, { cause: error });
  }
}

/** Makes the bridge over which test processes reach the agents; nodes' own traffic stays off it. */
export async function createManagementBridge(lab: LabRecord): Promise<void> {
  await ipBatch([
    "link add br1 type bridge forward_delay 0 stp_state 0 mcast_snooping 0",
    `address add ${addressIn(lab, Host.management)}/25 dev br1`,
    "link set br1 up",
  ], lab.name);
}
