import { run } from "../run.ts";
import { findFileOf, findProcesses, hasMountFrom } from "./process_facts.ts";
import { NODE_MARKER } from "./reclaim.ts";

/**
 * Lists what is on this machine of a lab: namespaces, links, mounts, files, processes. One line each, as
 * "link danmlab0"; empty when nothing is.
 *
 * @param name the lab's name
 */
export async function findLeftovers(name: string): Promise<string[]> {
  return [
    ...entriesOf("/run/netns", name).map((entry) => `namespace ${entry}`),
    ...entriesOf("/run/danm-lab", name).map((entry) => `record ${entry}`),
    ...entriesOf("/var/tmp", name).map((entry) => `files ${entry}`),
    ...await links(name),
    ...Deno.readTextFileSync("/proc/mounts").split("\n").filter((line) => line.includes(name)).map((line) =>
      `mount ${line}`
    ),
    ...processes(name),
  ];
}

async function links(name: string): Promise<string[]> {
  const { stdout } = await run(["ip", "-json", "link"]);
  const all = JSON.parse(stdout) as { readonly ifname: string; readonly ifalias?: string }[];
  return all.filter((link) => link.ifalias === name).map((link) => `link ${link.ifname}`);
}

function entriesOf(directory: string, name: string): string[] {
  try {
    const names = [...Deno.readDirSync(directory)].map((entry) => entry.name);
    return names.filter((entry) => entry === name || entry.startsWith(`${name}-`));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Processes that have the lab's name in their arguments (those of zombies are empty) or run in one of its nodes or their Pods. */
function processes(name: string): string[] {
  const found: string[] = [];
  for (const { pid } of findProcesses((pid) => pid !== Deno.pid)) {
    const words = readArguments(pid);
    const isOfLab = words.includes(name) || findFileOf(pid, NODE_MARKER) === name || hasMountFrom(pid, name);
    if (isOfLab) found.push(`process ${pid} ${words.slice(0, 60)}`);
  }
  return found;
}

function readArguments(pid: number): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();
  } catch {
    // Ended meanwhile: nothing is left of it.
    return "";
  }
}
