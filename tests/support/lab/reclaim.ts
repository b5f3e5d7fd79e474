/** Takes a lab down by what the kernel and the registry know of it, whoever made it. */
import { run, signalProcess } from "../run.ts";
import { waitFor } from "../wait.ts";
import {
  findContainerCgroups,
  findFileOf,
  findNetworkNamespace,
  findProcesses,
  hasMountFrom,
  isRunning,
  type ProcessId,
} from "./process_facts.ts";
import { forgetLab, isAlive, type LabRecord, listLabs, removeIfThere, uplinkName, withRegistry } from "./registry.ts";

/** A file in the private /run of every node, with the lab's name: whoever sees it is a process of that lab. */
export const NODE_MARKER = "/run/danm-lab-node";

const NETNS_DIR = "/run/netns";
const CGROUPS = "/sys/fs/cgroup";

/**
 * Removes all that is left of labs whose runner is dead: processes, links, namespaces, files.
 *
 * @returns the names of the labs that were removed
 */
export async function reclaimDeadLabs(): Promise<string[]> {
  return await withRegistry(async () => {
    const dead = (await listLabs()).filter((lab) => !isAlive(lab));
    for (const lab of dead) await removeLab(lab);
    return dead.map((lab) => lab.name);
  });
}

/**
 * Removes everything of one lab; what is already gone is no error, so it may be called again after a crash.
 *
 * @throws {Error} when a process does not die or the kernel refuses to remove a link or namespace
 */
export async function removeLab(lab: LabRecord): Promise<void> {
  const namespaces = findNetworkNamespaces(lab);
  await killAll(lab, namespaces);
  // Deleting one end of a pair deletes the other at once; with its namespace it would go some time later.
  await removeLink(uplinkName(lab));
  for (const name of namespaces.keys()) await run(["ip", "netns", "delete", name]);
  await removeIfThere(lab.dir);
  await forgetLab(lab);
}

/** The lab's network namespaces: name to inode number. */
function findNetworkNamespaces(lab: LabRecord): Map<string, string> {
  const found = new Map<string, string>();
  for (const entry of readDirIfThere(NETNS_DIR)) {
    if (entry.name !== lab.name && !entry.name.startsWith(`${lab.name}-`)) continue;
    const info = Deno.statSync(`${NETNS_DIR}/${entry.name}`);
    found.set(entry.name, String(info.ino));
  }
  return found;
}

async function killAll(lab: LabRecord, namespaces: ReadonlyMap<string, string>): Promise<void> {
  const networks = new Set(namespaces.values());
  await endProcesses(lab.name, (pid) =>
    // What runs in a sandbox of a node has another network namespace, but still the node's /run; a container has
    // neither, but its root is a directory of the lab.
    networks.has(findNetworkNamespace(pid) ?? "") || findFileOf(pid, NODE_MARKER) === lab.name ||
    hasMountFrom(pid, lab.name));
}

/**
 * Kills processes, and those that they start meanwhile, and removes the cgroups of those that were containers.
 *
 * @param whose for the message, as in "all processes of … to end"
 * @throws {Error} when one does not die
 */
export async function endProcesses(whose: string, isTheirs: (pid: number) => boolean): Promise<void> {
  const cgroups = new Set<string>();
  await waitFor(`all processes of ${whose} to end`, () => {
    const left = findProcesses(isTheirs);
    for (const { pid } of left) for (const cgroup of findContainerCgroups(pid)) cgroups.add(cgroup);
    for (const process of left) killIfSame(process);
    return left.length === 0;
  }, { timeoutMs: 20_000, intervalMs: 10 });
  await waitFor(`the cgroups of ${whose} to be empty`, () => removeCgroups(cgroups));
}

function killIfSame(process: ProcessId): void {
  if (isRunning(process)) signalProcess(process.pid, "SIGKILL");
}

async function removeLink(name: string): Promise<void> {
  const result = await run(["ip", "link", "delete", name], { check: false });
  if (result.code !== 0 && !result.stderr.includes("Cannot find device")) {
    throw new Error(`cannot delete link ${name}: ${result.stderr.trim()}`);
  }
}

/** From each hierarchy of version 1, and from the one of version 2, wherever it is. */
async function removeCgroups(cgroups: ReadonlySet<string>): Promise<true> {
  const hierarchies = readDirIfThere(CGROUPS).filter(({ isDirectory }) => isDirectory).map(({ name }) => `/${name}`);
  for (const cgroup of cgroups) {
    for (const hierarchy of ["", ...hierarchies]) {
      // Not recursively: a cgroup's files go with its directory.
      await removeIfThere(`${CGROUPS}${hierarchy}${cgroup}`, { recursive: false });
    }
  }
  return true;
}

function readDirIfThere(path: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(path)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
