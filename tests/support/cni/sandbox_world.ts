import { SandboxRecord } from "../../../cni/record.ts";
import { RecordStore } from "../../../ipam/record_store.ts";
import type { SandboxDeps } from "../../../cni/sandbox_deps.ts";
import type { Run } from "../../../shared/host/run.ts";
import { createLogger } from "../../../shared/log.ts";
import { MemoryObjectStore } from "../ipam/memory_object_store.ts";

/** A node in a temporary directory: real records and locks, a clock to set, an API server in memory, no commands. */
export class SandboxWorld implements Disposable {
  readonly dir = Deno.makeTempDirSync({ prefix: "danm-records-" });
  readonly server = new MemoryObjectStore();
  readonly records: RecordStore<SandboxRecord>;
  readonly commands: string[] = [];
  readonly logged: string[] = [];
  now = 1000;

  constructor() {
    this.records = new RecordStore(this.dir, { clock: () => this.now, schema: SandboxRecord });
  }

  /** What the plugin's verbs are given; parts may be replaced. */
  deps(changes: Partial<SandboxDeps> = {}): SandboxDeps {
    const run: Run = (argv, options) => {
      this.commands.push(`${argv.join(" ")}${options?.stdin === undefined ? "" : ` < ${options.stdin}`}`);
      return Promise.resolve("");
    };
    return {
      run,
      clock: () => this.now,
      records: this.records,
      hints: { take: (_pool, choose) => choose(undefined), remember: () => {} },
      objects: this.server,
      log: createLogger((line) => void this.logged.push(line), { level: "debug" }),
      random: () => 0,
      monotonicMs: () => 0,
      delay: () => Promise.resolve(),
      ...changes,
    };
  }

  /** Names of the files in the directory of records, and of locks below `locks/`, sorted. */
  files(): string[] {
    const names = (dir: string): string[] =>
      [...Deno.readDirSync(`${this.dir}/${dir}`)].filter(({ isFile }) => isFile).map(({ name }) => dir + name);
    return [...names(""), ...names("locks/")].sort();
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.dir, { recursive: true });
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
