import { join } from "node:path";
import { type Progress, withProgress } from "../../tests/support/progress.ts";
import { CNI_PLUGINS, CONTROL_PLANE, ensureBinaries } from "../../tests/support/lab/binaries.ts";
import { messageOf } from "../../shared/errors.ts";
import { runLogged } from "../support/run_logged.ts";

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
 * Installs what a lab needs.
 *
 * @returns what is missing and could not be installed, for people; empty = a lab can start
 */
export async function prepareLab(progress: Progress): Promise<string[]> {
  if (Deno.build.os !== "linux") return ["a lab needs Linux: network namespaces, bridges, mounts"];
  if (Deno.uid() !== 0) return ["a lab needs root: it makes network namespaces, links and mounts"];
  try {
    const names = [...CONTROL_PLANE, ...CNI_PLUGINS, "cnitool"] as const;
    await withProgress(
      progress,
      "lab: executables of Kubernetes, etcd and the CNI plugins",
      () => ensureBinaries(names, progress),
    );
    return [];
  } catch (error) {
    return [messageOf(error)];
  }
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
