import { CommandFailed, type CommandResult, type RunningCommand } from "../run.ts";

/** How a command is run inside a node. */
export interface NodeRunOptions {
  readonly stdin?: string;
  /** All variables there are, besides PATH, HOME and LANG. */
  readonly env?: Readonly<Record<string, string>>;
  /** After this time the command and all that it started is killed and `run` throws. Default 60,000. */
  readonly timeoutMs?: number;
  /** Throw when the exit code is not 0. Default true. */
  readonly check?: boolean;
}

/** What a node is made with. */
export interface NodeOptions {
  /**
   * /var/lib, /var/log and changes of /etc and /opt are the node's own and outlive a {@linkcode Node.reboot}. Default
   * false: they are lost, and changes of /etc and /opt would be the machine's.
   */
  readonly disk?: boolean;
}

/** What the node's kernel can make, found out by making it. */
export interface NodeSupport {
  readonly ipvlan: boolean;
  readonly macvlan: boolean;
  readonly vlan: boolean;
  readonly vxlan: boolean;
  readonly dummy: boolean;
}

/**
 * A machine of the lab: network namespace, /run, /var/lib, /var/log and /sys of its own (with a disk also /etc and
 * /opt); the rest of the file system is the host's, so paths in `lab.dir` and in the repository mean the same inside and
 * outside.
 */
export interface Node {
  /** As in the API: `node1`, `node2`, … */
  readonly name: string;
  /** A namespace of the machine's kernel, or a kernel of its own in user mode. */
  readonly kind: "native" | "uml";
  /** The interface on the lab's bridge; frames of all VLANs pass. */
  readonly uplink: string;
  /** IPv4 address on {@linkcode Node.uplink}. */
  readonly address: string;
  readonly supports: NodeSupport;

  /**
   * Runs a command in the node to its end. Several may run at once.
   *
   * @throws {CommandFailed} when it cannot be started, runs too long, or fails while `check` is not false
   */
  run(argv: readonly string[], options?: NodeRunOptions): Promise<CommandResult>;

  /** Starts a command in the node; `pid` is its number there. Timeout and check are the caller's. */
  start(argv: readonly string[], options?: Pick<NodeRunOptions, "stdin" | "env">): Promise<RunningCommand>;

  /** Makes a network namespace, as a runtime does for a Pod, and gives its path in the node. */
  createNetns(name: string): Promise<string>;

  /** Removes a network namespace by its path; what still runs in it keeps it alive, without a name. */
  deleteNetns(path: string): Promise<void>;

  /**
   * Cuts the node's power and starts it again: what ran is gone, and so is all that is not on a disk. Returns when
   * commands can be run again.
   */
  reboot(): Promise<void>;

  /** Ends the node and all that runs in it. */
  stop(): Promise<void>;
}

/** The environment of every command in a node; what a test adds comes on top. */
export const NODE_ENV: Readonly<Record<string, string>> = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: "/root",
  LANG: "C.UTF-8",
};

const NETNS_DIR = "/run/netns";

/** What all kinds of nodes have in common, on top of a way to start commands. */
export abstract class BaseNode {
  abstract readonly name: string;

  abstract start(argv: readonly string[], options?: Pick<NodeRunOptions, "stdin" | "env">): Promise<RunningCommand>;

  /** Kills the command and all that it started. */
  protected abstract killTree(command: RunningCommand): Promise<void>;

  async run(argv: readonly string[], options: NodeRunOptions = {}): Promise<CommandResult> {
    const timeoutMs = options.timeoutMs ?? 60_000;
    const command = await this.start(argv, options);
    let killing: Promise<void> | undefined;
    const timer = setTimeout(() => killing = this.killTree(command), timeoutMs);
    try {
      const result = await command.result;
      await killing;
      const reason = killing === undefined ? `exit code ${result.code}` : `killed after ${timeoutMs} ms`;
      const failed = killing !== undefined || (options.check !== false && result.code !== 0);
      if (failed) throw new CommandFailed([`${this.name}:`, ...argv], reason, result);
      return result;
    } finally {
      clearTimeout(timer);
    }
  }

  async createNetns(name: string): Promise<string> {
    await this.run(["ip", "netns", "add", name]);
    return `${NETNS_DIR}/${name}`;
  }

  async deleteNetns(path: string): Promise<void> {
    await this.run(["ip", "netns", "delete", path.slice(NETNS_DIR.length + 1)]);
  }
}

// A device cannot carry both ipvlan and macvlan, hence the two ends of the pair.
const PROBES: readonly (readonly [keyof NodeSupport, string])[] = [
  ["ipvlan", "link add link probe0 name probe1 type ipvlan mode l2"],
  ["macvlan", "link add link probe9 name probe2 type macvlan"],
  ["vlan", "link add link probe0 name probe3 type vlan id 7"],
  ["vxlan", "link add name probe4 type vxlan id 7 dstport 4789"],
  ["dummy", "link add name probe5 type dummy"],
];

/**
 * Finds out what a kernel can make, in a network namespace that lives no longer than the question.
 *
 * @param run runs a command on that kernel and gives its standard error, whatever its exit code
 */
export async function probeSupport(run: (argv: string[], stdin: string) => Promise<string>): Promise<NodeSupport> {
  const lines = ["link add probe0 type veth peer name probe9", ...PROBES.map(([, line]) => line)];
  const said = await run(["unshare", "--net", "ip", "-force", "-batch", "-"], lines.join("\n") + "\n");
  const failed = new Set([...said.matchAll(/Command failed -:(\d+)/g)].map((match) => Number(match[1])));
  // Line 1 makes the pair, so the first probe is line 2.
  const results = PROBES.map(([what], index) => [what, !failed.has(1) && !failed.has(index + 2)] as const);
  return Object.fromEntries(results) as unknown as NodeSupport;
}
