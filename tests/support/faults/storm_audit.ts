/** What must be left of a storm: nothing. */
import { assert, assertEquals } from "@std/assert";
import { DOUBT_SECONDS } from "../../../ipam/ledger.ts";
import { type DanmLab, IPAM_STATE_DIR, STATE_DIR } from "../danm_lab.ts";
import type { Lab } from "../lab/lab.ts";
import type { Node } from "../lab/node.ts";
import { findFileOf, findProcesses } from "../lab/process_facts.ts";
import { NODE_MARKER } from "../lab/reclaim.ts";
import { waitFor } from "../wait.ts";
import { ageDoubts, readRecords } from "./records.ts";
import type { StormCalls, StormSandbox } from "./storm_calls.ts";
import type { StormPlugin } from "./storm_plan.ts";

const DIRS = [STATE_DIR, IPAM_STATE_DIR];

/** Links, rules and routes of the nodes and of what joins them, named namespaces, and processes in them. */
export async function lookAtLab(lab: Lab): Promise<Record<string, unknown>> {
  const nodes = await Promise.all(lab.nodes.map(async (node): Promise<[string, string[]]> => {
    const commands = [
      ["ip", "-o", "-brief", "link", "show"],
      ["ip", "-4", "rule", "show"],
      ["ip", "-6", "rule", "show"],
      ["ip", "-4", "route", "show", "table", "all"],
      ["ip", "netns", "list"],
    ];
    const results = await Promise.all(commands.map((command) => node.run(command)));
    return [node.name, results.map(({ stdout }) => stdout)];
  }));
  return { ...Object.fromEntries(nodes), processes: processesOf(lab) };
}

function processesOf({ name }: Lab): number[] {
  return findProcesses((pid) => findFileOf(pid, NODE_MARKER) === name).map(({ pid }) => pid).sort((a, b) => a - b);
}

/** Waits until what calls that were killed had started has ended, too. */
export async function waitForProcesses(lab: Lab, before: Record<string, unknown>): Promise<void> {
  const expected = JSON.stringify(before["processes"]);
  await waitFor("the processes of killed calls to end", () => JSON.stringify(processesOf(lab)) === expected);
}

/**
 * Lets the time of all doubts of a node pass, and calls DEL for sandboxes that never were until the records are gone.
 *
 * @returns how many records there were
 */
export async function settleNode(
  node: Node,
  { danm, calls }: { danm: DanmLab; calls: StormCalls },
): Promise<number> {
  await ageDoubts(node, DOUBT_SECONDS + 1);
  const count = async (dir: string): Promise<number> =>
    (await readRecords(node)).filter(({ path }) => path.startsWith(`${dir}/`)).length;
  let settled = 0;
  for (const [plugin, dir] of [["danm", STATE_DIR], ["danm-ipam", IPAM_STATE_DIR]] as const) {
    const stranger = await createStranger(danm, { node, plugin });
    let left = await count(dir);
    settled += left;
    while (left > 0) {
      await callDel(calls, stranger);
      const now = await count(dir);
      assert(now < left, `${now} records of ${plugin} on ${node.name} do not settle`);
      left = now;
    }
    // What lock files are left, the next one removes.
    await callDel(calls, stranger);
    await node.deleteNetns(stranger.netns);
  }
  return settled;
}

async function createStranger(
  danm: DanmLab,
  { node, plugin }: { node: Node; plugin: StormPlugin },
): Promise<StormSandbox> {
  const plan = { name: "stranger", node: 0, plugin, interfaces: [{ ip: "dynamic" }], sandboxes: [] };
  const pod = { namespace: "default", name: "stranger", uid: crypto.randomUUID() };
  return { ...await danm.createSandbox(node, pod), plan };
}

async function callDel(calls: StormCalls, sandbox: StormSandbox): Promise<void> {
  const result = await (await calls.start({ sandbox, verb: "DEL" })).result;
  assertEquals([result.code, result.stdout], [0, ""], `DEL of a stranger by ${sandbox.plan.plugin}`);
}

/** Files of both plugins that are neither hints nor tombstones. */
export async function findFiles(node: Node): Promise<string[]> {
  const { stdout } = await node.run(["find", ...DIRS, "-type", "f", "-not", "-path", "*/hints/*"]);
  const files = stdout.split("\n").filter((path) => path !== "");
  const locks = files.filter((path) => path.includes("/locks/"));
  // Empty = a lock that is not marked as of a sandbox that was detached.
  const empty = await node.run(["find", ...DIRS.map((dir) => `${dir}/locks`), "-type", "f", "-empty"]);
  return [...files.filter((path) => !locks.includes(path)), ...empty.stdout.split("\n").filter((path) => path !== "")];
}
