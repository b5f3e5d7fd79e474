import { join } from "node:path";
import { type Progress, withProgress } from "../../tests/support/progress.ts";
import { CLUSTER_BINARIES, CLUSTER_NEEDS } from "../../tests/support/cluster/cluster.ts";
import { CONTROL_PLANE, ensureBinaries } from "../../tests/support/lab/binaries.ts";
import { messageOf } from "../../shared/errors.ts";
import { probeMachine } from "../../tests/support/lab/node_native.ts";
import { ensurePrerequisites, findMissing } from "../../tests/support/lab/prerequisites.ts";
import { runLogged } from "./run_logged.ts";

/**
 * Fills the dependency cache, so that nothing is downloaded later: a lab has no way out.
 *
 * @throws {Error} when that fails, naming the log
 */
export async function installDependencies({ root, progress }: { root: string; progress: Progress }): Promise<void> {
  await step("dependencies", [Deno.execPath(), "install"], { root, progress });
}

/** Builds `dist/`. @throws {Error} when that fails, naming the log */
export async function buildExecutables({ root, progress }: { root: string; progress: Progress }): Promise<void> {
  await step("build", [Deno.execPath(), "task", "--quiet", "build"], { root, progress });
}

/**
 * Installs and builds what labs and their nodes need.
 *
 * @returns what is missing and could not be installed, for people; empty = a lab can start
 */
export async function prepareLab(progress: Progress): Promise<string[]> {
  const missing = findMissing();
  if (missing.length > 0) return missing;
  try {
    await ensurePrerequisites(CLUSTER_NEEDS, progress);
    const { ipvlan, vlan, dummy } = await probeMachine();
    await ensurePrerequisites({ uml: !(ipvlan && vlan && dummy) }, progress);
    const names = [...CONTROL_PLANE, ...CLUSTER_BINARIES, "cnitool", "helm"] as const;
    await withProgress(
      progress,
      "executables of Kubernetes, etcd, containerd and the CNI plugins",
      () => ensureBinaries(names, progress),
    );
  } catch (error) {
    missing.push(messageOf(error));
  }
  return missing;
}

async function step(
  name: string,
  argv: readonly string[],
  { root, progress }: { root: string; progress: Progress },
): Promise<void> {
  const log = join(root, "logs", `${name}.log`);
  const code = await withProgress(progress, `${name} (log: ${log})`, () => runLogged(argv, { cwd: root, log }));
  if (code !== 0) throw new Error(`${name}: ${argv.slice(1).join(" ")} ended with ${code}; see ${log}`);
}
