/** A node that is a set of namespaces of the machine's own kernel. */
import { run, type RunningCommand, signalProcess, start } from "../run.ts";
import { waitFor } from "../wait.ts";
import { Host, ipBatch } from "./network.ts";
import { MOUNT_DISK } from "./node_disk.ts";
import {
  BaseNode,
  type Node,
  NODE_ENV,
  type NodeOptions,
  type NodeRunOptions,
  type NodeSupport,
  probeSupport,
} from "./node.ts";
import { findFileOf, hasMountFrom } from "./process_facts.ts";
import { endProcesses, NODE_MARKER } from "./reclaim.ts";
import { addressIn, type LabRecord } from "./registry.ts";

/** A file in the private /run of every native node, with its directory: tells its processes from another node's. */
const NODE_DIR_FILE = "/run/danm-lab-node-dir";

/**
 * Gives the node its own view of the machine, then waits for the end of its input: the node ends with its runner.
 * Arguments: the lab's name, the node's directory, and the one that is its disk, if it has one.
 */
const HOLDER = `
set -e
mkdir -p "$2/cgroup"
mount --rbind /sys/fs/cgroup "$2/cgroup"
mount -t sysfs sysfs /sys
mount --rbind "$2/cgroup" /sys/fs/cgroup
umount --recursive --lazy "$2/cgroup"
mount -t tmpfs -o mode=755 tmpfs /run
if [ "$3" ]; then
disk=$3
${MOUNT_DISK}
else
mount -t tmpfs -o mode=755 tmpfs /var/lib
mount -t tmpfs -o mode=755 tmpfs /var/log
fi
mkdir -p /run/netns /run/lock
ip link set lo up
printf %s "$2" >${NODE_DIR_FILE}
printf %s "$1" >${NODE_MARKER}
exec cat
`;

/** Where a node is, also while it is down. */
interface Place {
  readonly lab: LabRecord;
  readonly name: string;
  readonly address: string;
  /** Name of its network namespace. */
  readonly netns: string;
  readonly dir: string;
  /** The directory that is its disk; empty when it has none. */
  readonly disk: string;
}

/** A running native node. */
export class NativeNode extends BaseNode implements Node {
  readonly kind = "native";
  readonly uplink = "eth1";
  readonly supports: NodeSupport;
  readonly #place: Place;
  #holder: Deno.ChildProcess;

  private constructor(place: Place, { holder, supports }: { holder: Deno.ChildProcess; supports: NodeSupport }) {
    super();
    this.#place = place;
    this.#holder = holder;
    this.supports = supports;
  }

  /**
   * Makes node number `index` (from 0) of a lab whose network exists.
   *
   * @throws {Error} when the kernel refuses a namespace, a mount or a link
   */
  static async start(lab: LabRecord, index: number, { disk = false }: NodeOptions = {}): Promise<NativeNode> {
    const name = `node${index + 1}`;
    const dir = `${lab.dir}/${name}`;
    const address = addressIn(lab, Host.firstNode + index);
    const place = { lab, name, address, netns: `${lab.name}-${name}`, dir, disk: disk ? `${dir}/disk` : "" };
    await Deno.mkdir(dir);
    if (disk) await Deno.mkdir(place.disk);
    return new NativeNode(place, { holder: await powerOn(place), supports: await probeMachine() });
  }

  get name(): string {
    return this.#place.name;
  }

  get address(): string {
    return this.#place.address;
  }

  start(argv: readonly string[], options: Pick<NodeRunOptions, "stdin" | "env"> = {}): Promise<RunningCommand> {
    const enter = ["nsenter", `--target=${this.#holder.pid}`, "--mount", "--net", "--"];
    return Promise.resolve(
      start([...enter, ...argv], { ...options, clearEnv: true, env: { ...NODE_ENV, ...options.env } }),
    );
  }

  async reboot(): Promise<void> {
    const { lab, name, netns, dir } = this.#place;
    await this.stop();
    const isOfNode = (pid: number): boolean =>
      findFileOf(pid, NODE_DIR_FILE) === dir || hasMountFrom(pid, `${lab.name}/${name}`);
    await endProcesses(`${lab.name}/${name}`, isOfNode);
    // With its namespace it would go some time later.
    await ipBatch([`link delete ${name}`], lab.name);
    await run(["ip", "netns", "delete", netns]);
    this.#holder = await powerOn(this.#place);
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

async function powerOn(place: Place): Promise<Deno.ChildProcess> {
  const { lab, name, netns, address } = place;
  await run(["ip", "netns", "add", netns]);
  await ipBatch([
    `link add ${name} type veth peer name eth1 netns ${netns}`,
    `link set ${name} master br0 up`,
  ], lab.name);
  // As a card keeps it when the power fails: other nodes remember it for a while.
  const mac = ["02", "da", ...address.split(".").map((byte) => Number(byte).toString(16).padStart(2, "0"))].join(":");
  await ipBatch([`link set eth1 address ${mac}`, `address add ${address}/25 dev eth1`, "link set eth1 up"], netns);
  return await startHolder(place);
}

async function startHolder({ lab, netns, dir, disk }: Place): Promise<Deno.ChildProcess> {
  const logPath = `${dir}/node.log`;
  const redirect = ["sh", "-c", 'log=$1; shift; exec "$@" >>"$log" 2>&1', "sh", logPath];
  const holder = new Deno.Command("nsenter", {
    args: [
      `--net=/run/netns/${netns}`,
      ...redirect,
      "unshare",
      "--mount",
      "sh",
      "-c",
      HOLDER,
      "sh",
      lab.name,
      dir,
      disk,
    ],
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
