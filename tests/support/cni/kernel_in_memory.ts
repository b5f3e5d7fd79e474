import { CommandError, type RunOptions } from "../../../shared/host/run.ts";

interface Link {
  readonly ifname: string;
  readonly group: string;
  readonly mtu: number;
  readonly address: string;
}

/** Links and rules of a host and one sandbox, as far as `ip -batch` of the plugin makes, shows and deletes them. */
export class KernelInMemory {
  readonly #host: readonly Link[];
  readonly #links = new Map<string, Link>();
  readonly #rules = new Set<string>();

  /** @param devices names of the host's devices */
  constructor(devices: readonly string[]) {
    this.#host = devices.map((ifname) => ({ ifname, group: "0", mtu: 1500, address: "02:00:00:00:00:01" }));
  }

  /** Names of the sandbox's links, and its rules. */
  get contents(): string[] {
    return [...this.#links.keys(), ...this.#rules];
  }

  addLink(ifname: string, options: { group?: string; address?: string } = {}): void {
    const { group = "0", address = "02:00:00:00:00:02" } = options;
    this.#links.set(ifname, { ifname, group, mtu: 1500, address });
  }

  removeLink(ifname: string): void {
    this.#links.delete(ifname);
  }

  /**
   * Runs a batch as ip(8) does.
   *
   * @throws {CommandError} with what failed, as ip(8) says it
   */
  runBatch(argv: readonly string[], { stdin = "" }: RunOptions = {}): string {
    const stdout: string[] = [];
    const stderr: string[] = [];
    for (const [index, line] of stdin.trimEnd().split("\n").entries()) {
      const answer = this.#execute(line.split(" "), argv[0] === "nsenter");
      if (typeof answer === "object") stdout.push(JSON.stringify(answer));
      if (typeof answer === "string") {
        stderr.push(answer, `Command failed -:${index + 1}`);
        if (!argv.includes("-force")) break;
      }
    }
    if (stderr.length === 0) return stdout.join("\n");
    throw new CommandError(argv, { code: 1, stdout: stdout.join("\n"), stderr: stderr.join("\n") });
  }

  /** @returns links to show, or why it failed */
  #execute([object, action, ...words]: readonly string[], inSandbox: boolean): readonly Link[] | string | undefined {
    const valueOf = (key: string): string => words[words.indexOf(key) + 1] ?? "";
    if (object === "rule") return this.#changeRule(action, words.join(" "));
    if (object !== "link") return undefined;
    const links = inSandbox ? [...this.#links.values()] : this.#host;
    if (action === "show") {
      const shown = words.length === 0 ? links : links.filter(({ ifname }) => ifname === valueOf("dev"));
      return words.length > 0 && shown.length === 0 ? `Device "${valueOf("dev")}" does not exist.` : shown;
    }
    if (action === "add") {
      return this.#addIpvlan({ on: valueOf("link"), name: valueOf("name"), group: valueOf("group") });
    }
    if (action === "del") return this.#deleteGroup(valueOf("group"));
    return words.includes("name") ? this.#rename(valueOf("dev"), valueOf("name")) : undefined;
  }

  #changeRule(action: string | undefined, rule: string): string | undefined {
    if (action === "add") this.#rules.add(rule);
    else if (!this.#rules.delete(rule)) return "RTNETLINK answers: No such file or directory";
    return undefined;
  }

  #addIpvlan({ on, name, group }: { on: string; name: string; group: string }): string | undefined {
    if (!this.#host.some(({ ifname }) => ifname === on)) return `Cannot find device "${on}"`;
    this.addLink(name, { group });
    return undefined;
  }

  #deleteGroup(group: string): string | undefined {
    const own = [...this.#links.values()].filter((link) => link.group === group);
    for (const { ifname } of own) this.#links.delete(ifname);
    return own.length === 0 ? "RTNETLINK answers: No such device" : undefined;
  }

  #rename(before: string, after: string): string | undefined {
    const link = this.#links.get(before);
    if (!link) return `Cannot find device "${before}"`;
    if (this.#links.has(after)) return "RTNETLINK answers: File exists";
    this.#links.delete(before);
    this.#links.set(after, { ...link, ifname: after });
    return undefined;
  }
}
