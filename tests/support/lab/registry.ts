/**
 * Which labs exist on this machine, and who runs them.
 *
 * Every lab has a directory under /run/danm-lab, made before anything else of it and removed after everything
 * else. It names the process that runs the lab, so that whoever comes later can tell a living lab from what a
 * killed one left behind. All changes happen under one file lock.
 */
import { isRunning, type ProcessId, thisProcess } from "./process_facts.ts";

const REGISTRY = "/run/danm-lab";

/** The range set aside for tests of network devices (RFC 2544); a lab has one /24 of it. */
export const LAB_ADDRESSES = "198.18.0.0/15";
const SLOTS = 512;

/** What is known of a lab without asking it. */
export interface LabRecord {
  /** Unique on this machine: prefix of the names of all namespaces. */
  readonly name: string;
  /** 0–511: decides the lab's addresses and the name of its link in the machine's own namespace. */
  readonly slot: number;
  /** The process that runs the lab. */
  readonly owner: ProcessId;
  /** Keys, data and logs; a directory that is the lab's alone. */
  readonly dir: string;
}

/** The name of the link that joins a lab to the machine's own network namespace. */
export function uplinkName(lab: LabRecord): string {
  return `danmlab${lab.slot}`;
}

/** An IPv4 address of the lab's /24. */
export function addressIn(lab: LabRecord, host: number): string {
  return `198.${18 + (lab.slot >> 8)}.${lab.slot & 255}.${host}`;
}

/** Runs `work` while no other process changes the registry. */
export async function withRegistry<T>(work: () => Promise<T>): Promise<T> {
  await Deno.mkdir(REGISTRY, { recursive: true });
  using lock = await Deno.open(`${REGISTRY}/lock`, { create: true, write: true });
  await lock.lock(true);
  return await work();
}

/**
 * Takes a free slot and its scratch directory. To be called under {@linkcode withRegistry}.
 *
 * @param isFree tells whether the addresses of a slot are unused on this machine
 * @throws {Error} when all slots are taken
 */
export async function claimLab(isFree: (slot: number) => boolean): Promise<LabRecord> {
  const taken = new Set((await listLabs()).map((lab) => lab.slot));
  for (let slot = 0; slot < SLOTS; slot++) {
    if (taken.has(slot) || !isFree(slot)) continue;
    const random = crypto.randomUUID().slice(0, 4);
    const name = `danm-lab-${slot}-${random}`;
    const record = { name, slot, owner: thisProcess(), dir: `${await tempRoot()}/${name}` };
    await Deno.mkdir(`${REGISTRY}/${name}`);
    await Deno.writeTextFile(`${REGISTRY}/${name}/lab.json`, JSON.stringify(record));
    await Deno.mkdir(record.dir, { mode: 0o755 });
    return record;
  }
  throw new Error(`all ${SLOTS} lab addresses are in use: see ${REGISTRY} and the routes to 198.18.0.0/15`);
}

/** Lists all labs, those of dead processes too. */
export async function listLabs(): Promise<LabRecord[]> {
  const labs: LabRecord[] = [];
  for await (const entry of directory(REGISTRY)) {
    if (!entry.isDirectory) continue;
    const text = await readIfThere(`${REGISTRY}/${entry.name}/lab.json`);
    // Its runner was killed between making the directory and writing the file, so nothing else of the lab exists
    // yet; or it is just removing the last of it.
    const record = text === undefined || text === "" ? undefined : JSON.parse(text) as LabRecord;
    if (record === undefined) await removeIfThere(`${REGISTRY}/${entry.name}`);
    else labs.push(record);
  }
  return labs;
}

/** Tells whether the process that runs the lab still exists. */
export function isAlive(lab: LabRecord): boolean {
  return isRunning(lab.owner);
}

/** Forgets a lab of which nothing is left. */
export async function forgetLab(lab: LabRecord): Promise<void> {
  await removeIfThere(`${REGISTRY}/${lab.name}`);
}

/** Removes a file or, unless told otherwise, a whole directory; one that is not there is no error. */
export async function removeIfThere(path: string, options: Deno.RemoveOptions = { recursive: true }): Promise<void> {
  try {
    await Deno.remove(path, options);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function tempRoot(): Promise<string> {
  // Not TMPDIR: the path is written into records and must mean the same in user-mode nodes.
  const root = "/var/tmp";
  return (await Deno.stat(root)).isDirectory ? root : "/tmp";
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function* directory(path: string): AsyncGenerator<Deno.DirEntry> {
  try {
    yield* Deno.readDir(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
