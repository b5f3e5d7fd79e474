import type { BootClock } from "../shared/host/boot_clock.ts";
import { CniError, ErrorCode, messageOf } from "../shared/errors.ts";
import { parse } from "../shared/schema/describe_issues.ts";
import type { AllocationRecord } from "./allocation_record.ts";
import { lockSandbox, type SandboxLock, tryLockSandbox } from "./sandbox_lock.ts";
import type * as z from "zod/mini";

/** What names a sandbox: the attachment that the runtime asked for. */
export interface SandboxKey {
  readonly containerID: string;
  readonly ifname: string;
}

/** A record's file, as its name tells without reading it. */
export interface RecordFile extends SandboxKey {
  readonly path: string;
  readonly podUID: string;
  readonly state: AllocationRecord["state"];
}

/**
 * How many locks a DEL looks at. It leaves one, and ids of containers are random, so that every lock is looked at again
 * and again; looking at all of the last five minutes made each of a thousand DELs longer by all the others.
 */
const MAX_LOCKS_LOOKED_AT = 16;

const FILE_NAME = /^([^~]*)~([^~]*)~(.*)\.(attaching|attached|detaching|doubtful)$/;

/**
 * The records of this node: JSON files `<podUID>~<containerID>~<ifname>.<state>`, so that one look at the directory
 * finds a sandbox, a Pod's older sandboxes, and what somebody left behind.
 */
export class RecordStore<R extends AllocationRecord> {
  readonly #dir: string;
  readonly #clock: BootClock;
  readonly #schema: z.ZodMiniType<R>;

  /** @throws {CniError} code 5 when the directory cannot be made */
  constructor(dir: string, options: { clock: BootClock; schema: z.ZodMiniType<R> }) {
    this.#dir = dir;
    this.#clock = options.clock;
    this.#schema = options.schema;
    try {
      Deno.mkdirSync(`${dir}/locks`, { recursive: true, mode: 0o700 });
    } catch (cause) {
      throw new CniError(ErrorCode.IoFailure, `record directory ${dir} cannot be made: ${messageOf(cause)}`, { cause });
    }
  }

  /** Locks a sandbox. @throws {CniError} code 11 when it stays busy */
  lock(key: SandboxKey, signal: AbortSignal): Promise<SandboxLock> {
    return lockSandbox(this.#lockPath(key), { clock: this.#clock, signal });
  }

  /**
   * Locks a Pod, so that its sandboxes are attached one after the other; the lock leaves nothing behind.
   *
   * @throws {CniError} code 11 when it stays busy
   */
  async lockPod(uid: string, signal: AbortSignal): Promise<Disposable> {
    const lock = await lockSandbox(`${this.#dir}/locks/${uid}`, { clock: this.#clock, signal });
    return {
      [Symbol.dispose](): void {
        lock.remove();
        lock[Symbol.dispose]();
      },
    };
  }

  /** Locks a sandbox unless another process has it. */
  tryLock(key: SandboxKey): SandboxLock | undefined {
    return tryLockSandbox(this.#lockPath(key), this.#clock);
  }

  /** All records, by their names. */
  list(): RecordFile[] {
    const files: RecordFile[] = [];
    for (const { name } of Deno.readDirSync(this.#dir)) {
      const [, podUID, containerID, ifname, state] = FILE_NAME.exec(name) ?? [];
      if (podUID === undefined || containerID === undefined || ifname === undefined) continue;
      files.push({ path: `${this.#dir}/${name}`, podUID, containerID, ifname, state: state as RecordFile["state"] });
    }
    return files;
  }

  /**
   * Reads a record. Its state is that of the file's name: a process that dies while it changes the state leaves the
   * old name over the new content.
   *
   * @throws {CniError} code 6 when it is damaged; the message says where it is
   */
  read(file: RecordFile): R {
    try {
      const record = parse(this.#schema, JSON.parse(Deno.readTextFileSync(file.path)), `record ${file.path}`);
      return { ...record, state: file.state };
    } catch (cause) {
      throw new CniError(ErrorCode.DecodingFailure, `record ${file.path} cannot be read: ${messageOf(cause)}`, {
        cause,
        details: "what its sandbox owns is looked up in the API server instead, as soon as that answers",
      });
    }
  }

  /** Whether a record is still there, in that state. */
  has(file: RecordFile): boolean {
    try {
      return Deno.statSync(file.path).isFile;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }

  /** The records of one sandbox; more than one where writes of an attached one are in doubt, or its Pod's name went to another. */
  find(key: SandboxKey): RecordFile[] {
    return this.list().filter(({ containerID, ifname }) => containerID === key.containerID && ifname === key.ifname);
  }

  /**
   * Writes a record: at once or not at all, also when the process dies. One that is on disk in another state takes on
   * the new one in one step.
   *
   * @param previous the state it has on disk
   * @throws {CniError} code 5
   */
  write(record: R, previous: R["state"] = record.state): void {
    const path = this.#path(record, record.state);
    const before = this.#path(record, previous);
    const temporary = `${before}.new`;
    try {
      Deno.writeTextFileSync(temporary, JSON.stringify(record), { mode: 0o600 });
      Deno.renameSync(temporary, before);
      if (path !== before) Deno.renameSync(before, path);
    } catch (cause) {
      removeIfThere(temporary);
      throw new CniError(ErrorCode.IoFailure, `record ${path} cannot be written: ${messageOf(cause)}`, { cause });
    }
  }

  /**
   * Keeps a second name, `<file>.damaged`, for a record that cannot be read, so that its content is not lost when
   * another takes its place.
   *
   * @returns the second name
   * @throws {CniError} code 5
   */
  keepDamaged(file: RecordFile): string {
    for (let count = 1;; count++) {
      const kept = `${file.path}${count === 1 ? "" : `.${count}`}.damaged`;
      try {
        Deno.linkSync(file.path, kept);
        return kept;
      } catch (cause) {
        if (cause instanceof Deno.errors.AlreadyExists) continue;
        throw new CniError(ErrorCode.IoFailure, `damaged record ${file.path} cannot be kept: ${messageOf(cause)}`, {
          cause,
        });
      }
    }
  }

  /**
   * Gives a record that is on disk another state, without writing anything: that works on a full disk, too.
   *
   * @returns the record in its new state
   * @throws {Deno.errors} of the file system
   */
  move(record: R, state: R["state"]): R {
    Deno.renameSync(this.#path(record, record.state), this.#path(record, state));
    return { ...record, state };
  }

  /** Removes a record that is on disk in that state. */
  remove(record: R): void {
    removeIfThere(this.#path(record, record.state));
  }

  /**
   * Removes the lock files of sandboxes that were detached long ago, or never attached, and what processes that died
   * while they wrote a record left of it.
   *
   * @param own the sandbox that the caller has locked. It looks at no more than {@linkcode MAX_LOCKS_LOOKED_AT} locks,
   *   from that one's on: for a command that is one of many, each of which leaves one
   */
  removeTombstones(own?: SandboxKey): void {
    for (const { name } of Deno.readDirSync(this.#dir)) if (name.endsWith(".new")) this.#removeUnfinished(name, own);
    const known = new Set(this.list().map(lockName));
    const names = Array.from(Deno.readDirSync(`${this.#dir}/locks`), ({ name }) => name)
      .filter((name) => !known.has(name));
    for (const name of own ? following(names, lockName(own)) : names) {
      using lock = tryLockSandbox(`${this.#dir}/locks/${name}`, this.#clock);
      if (lock && lock.detachedFor === undefined) lock.remove();
    }
  }

  #removeUnfinished(name: string, own: SandboxKey | undefined): void {
    const [, , containerID, ifname] = FILE_NAME.exec(name.slice(0, -".new".length)) ?? [];
    if (containerID === undefined || ifname === undefined) return;
    const path = `${this.#dir}/${name}`;
    if (containerID === own?.containerID && ifname === own.ifname) return removeIfThere(path);
    // Who writes a record has its lock.
    const lock = this.tryLock({ containerID, ifname });
    if (!lock) return;
    using _held = lock;
    removeIfThere(path);
  }

  #lockPath(key: SandboxKey): string {
    return `${this.#dir}/locks/${lockName(key)}`;
  }

  #path(record: R, state: R["state"]): string {
    return `${this.#dir}/${record.pod.uid}~${record.containerID}~${record.ifname}.${state}`;
  }
}

/** The names that come after one, in order and as if the first came after the last. */
function following(names: readonly string[], one: string): string[] {
  const sorted = names.toSorted();
  const start = sorted.findIndex((name) => name > one);
  return (start < 0 ? sorted : [...sorted.slice(start), ...sorted.slice(0, start)]).slice(0, MAX_LOCKS_LOOKED_AT);
}

function lockName(key: SandboxKey): string {
  return `${key.containerID}~${key.ifname}`;
}

function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
