import type { AllocationRecord } from "../../../ipam/allocation_record.ts";
import type { ObjectStore } from "../../../ipam/object_store.ts";
import type { NodeDeps } from "../../../ipam/record_keeper.ts";
import { RecordStore } from "../../../ipam/record_store.ts";
import { createLogger } from "../../../shared/log.ts";
import { MemoryObjectStore } from "./memory_object_store.ts";
import type * as z from "zod/mini";

/** A node in a temporary directory: real records and locks, a clock to set, an API server in memory. */
export class NodeWorld<R extends AllocationRecord> implements Disposable {
  readonly dir = Deno.makeTempDirSync({ prefix: "danm-records-" });
  readonly server = new MemoryObjectStore();
  readonly records: RecordStore<R>;
  readonly logged: string[] = [];
  now = 1000;

  constructor(schema: z.ZodMiniType<R>) {
    this.records = new RecordStore(this.dir, { clock: () => this.now, schema });
  }

  /** What taking and releasing addresses is given; parts may be replaced. */
  nodeDeps(changes: Partial<NodeDeps<R>> = {}): NodeDeps<R> {
    return {
      clock: () => this.now,
      records: this.records,
      hints: { take: (_pool, choose) => choose(undefined), remember: () => {}, freed: () => [], noteFreed: () => {} },
      objects: this.server,
      log: createLogger((line) => void this.logged.push(line), { level: "debug" }),
      random: () => 0,
      delay: () => Promise.resolve(),
      ...changes,
    };
  }

  /** The API server, with some of what it does done otherwise. */
  serverWith(changes: Partial<ObjectStore>): ObjectStore {
    const { server } = this;
    return {
      create: (ref, spec, signal) => server.create(ref, spec, signal),
      find: (ref, signal) => server.find(ref, signal),
      remove: (ref, options) => server.remove(ref, options),
      listAddresses: (space, signal) => server.listAddresses(space, signal),
      listOwned: (sandbox, signal) => server.listOwned(sandbox, signal),
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
