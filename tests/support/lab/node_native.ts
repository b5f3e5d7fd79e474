/** A node that is a set of namespaces of the machine's own kernel. */
import { run, type RunningCommand, signalProcess, start } from "../run.ts";
import { waitFor } from "../wait.ts";
import { Host, ipBatch } from "./network.ts";
import { BaseNode, type Node, NODE_ENV, type NodeRunOptions, type NodeSupport, probeSupport } from "./node.ts";
import { NODE_MARKER } from "./reclaim.ts";
import { addressIn, type LabRecord } from "./registry.ts";

/**
 * Gives the node its own view of the machine, then waits for the end of its input: the node ends with its runner.
 * Arguments: the lab's name, the node's directory.
 */
const HOLDER = `
set -e
mkdir -p "$2/cgroup"
mount --rbind /sys/fs/cgroup "$2/cgroup"
mount -t sysfs sysfs /sys
mount --rbind "$2/cgroup" /sys/fs/cgroup
umount --recursive --lazy "$2/cgroup"
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=755 tmpfs /var/lib
mount -t tmpfs -o mode=755 tmpfs /var/log
mkdir -p /run/netns /run/lock
ip link set lo up
printf %s "$1" >${NODE_MARKER}
exec cat
`;

/** A running native node. */
export class NativeNode extends BaseNode implements Node {
  readonly kind = "native";
  readonly uplink = "eth1";
  readonly name: string;
  readonly address: string;
  readonly supports: NodeSupport;
  readonly #holder: Deno.ChildProcess;

  private constructor(
    { name, address, supports }: Pick<Node, "name" | "address" | "supports">,
    holder: Deno.ChildProcess,
  ) {
    super();
    this.name = name;
    this.address = address;
    this.supports = supports;
    this.#holder = holder;
  }

  /**
   * Makes node number `index` (from 0) of a lab whose network exists.
   *
   * @throws {Error} when the kernel refuses a namespace, a mount or a link
   */
  static async start(lab: LabRecord, index: number): Promise<NativeNode> {
    const name = `node${index + 1}`;
    const netns = `${lab.name}-${name}`;
    const address = addressIn(lab, Host.firstNode + index);
    await run(["ip", "netns", "add", netns]);
    await ipBatch([
      `link add ${name} type veth peer name eth1 netns ${netns}`,
      `link set ${name} master br0 up`,
    ], lab.name);
    await ipBatch([`address add ${address}/25 dev eth1`, "link set eth1 up"], netns);
    const holder = await startHolder(lab, { netns, dir: `${lab.dir}/${name}` });
    return new NativeNode({ name, address, supports: await probeMachine() }, holder);
  }

  start(argv: readonly string[], options: Pick<NodeRunOptions, "stdin" | "env"> = {}): Promise<RunningCommand> {
    const enter = ["nsenter", `--target=${this.#holder.pid}`, "--mount", "--net", "--"];
    return Promise.resolve(
      start([...enter, ...argv], { ...options, clearEnv: true, env: { ...NODE_ENV, ...options.env } }),
    );
  }

  async stop(): Promise<void> {
    signalProcess(this.#holder.pid, "SIGKILL");
    await this.#holder.stdin.close();
    await this.#holder.status;
  }

  protected killTree(command: RunningCommand): Promise<void> {
    signalProcess(-command.pid, "SIGKILL");
    return Promise.resolve();
  }
}

let machineSupport: Promise<NodeSupport> | undefined;

/** Finds out what the machine's own kernel can make; asked once per process. */
export function probeMachine(): Promise<NodeSupport> {
  machineSupport ??= probeSupport(async (argv, stdin) => (await run(argv, { stdin, check: false })).stderr);
  return machineSupport;
}

async function startHolder(
  lab: LabRecord,
  { netns, dir }: { netns: string; dir: string },
): Promise<Deno.ChildProcess> {
  const logPath = `${dir}/node.log`;
  await Deno.mkdir(dir);
  const redirect = ["sh", "-c", 'log=$1; shift; exec "$@" >>"$log" 2>&1', "sh", logPath];
  const holder = new Deno.Command("nsenter", {
    args: [`--net=/run/netns/${netns}`, ...redirect, "unshare", "--mount", "sh", "-c", HOLDER, "sh", lab.name, dir],
    stdin: "piped",
    stdout: "null",
    stderr: "null",
    detached: true,
  }).spawn();
  const marker = `/proc/${holder.pid}/root${NODE_MARKER}`;
  try {
    await waitFor(`${netns} to be set up`, async () => await Deno.readTextFile(marker) === lab.name);
  } catch (error) {
    throw new Error(`${netns} could not be set up: ${await Deno.readTextFile(logPath)}`, { cause: error });
  }
  return holder;
}
