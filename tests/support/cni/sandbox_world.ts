import { SandboxRecord } from "../../../cni/record.ts";
import type { SandboxDeps } from "../../../cni/sandbox_deps.ts";
import type { Run } from "../../../shared/host/run.ts";
import { NodeWorld } from "../ipam/node_world.ts";

/** A node of the plugin `danm`, which runs no commands but notes them. */
export class SandboxWorld extends NodeWorld<SandboxRecord> {
  readonly commands: string[] = [];

  constructor() {
    super(SandboxRecord);
  }

  /** What the plugin's verbs are given; parts may be replaced. */
  deps(changes: Partial<SandboxDeps> = {}): SandboxDeps {
    const run: Run = (argv, options) => {
      this.commands.push(`${argv.join(" ")}${options?.stdin === undefined ? "" : ` < ${options.stdin}`}`);
      return Promise.resolve("");
    };
    return { ...this.nodeDeps(), run, monotonicMs: () => 0, ...changes };
  }
}

/** A record of a sandbox that owns nothing. */
export function sandboxRecord(changes: Partial<SandboxRecord> = {}): SandboxRecord {
  return {
    version: 1,
    state: "attached",
    startedAt: 900,
    networkName: "danm",
    containerID: "c1",
    ifname: "eth0",
    netns: "/run/netns/a",
    args: "",
    path: [],
    node: "node-1",
    pod: { namespace: "default", name: "web", uid: "p1" },
    links: [],
    rules: [],
    delegates: [],
    objects: [],
    ...changes,
  };
}
