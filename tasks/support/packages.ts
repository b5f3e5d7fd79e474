import { join } from "node:path";
import { type Progress, withProgress } from "../../tests/support/progress.ts";
import { runLogged } from "./run_logged.ts";

/** A command that tests run, and the Debian package that has it. */
export interface Requirement {
  readonly command: string;
  readonly package: string;
}

/** What every lab runs. */
export const LAB_COMMANDS: readonly Requirement[] = [
  { command: "ip", package: "iproute2" },
  { command: "bridge", package: "iproute2" },
  { command: "nsenter", package: "util-linux" },
  { command: "unshare", package: "util-linux" },
  { command: "sysctl", package: "procps" },
  { command: "ping", package: "iputils-ping" },
];

/** What nodes need besides where the machine's own kernel cannot be one. */
export const UML_COMMANDS: readonly Requirement[] = [
  { command: "linux.uml", package: "user-mode-linux" },
  { command: "modprobe", package: "kmod" },
  { command: "busybox", package: "busybox-static" },
];

/** The packages of the commands that are in none of these folders, each once. */
export async function findMissing(required: readonly Requirement[], path: readonly string[]): Promise<Requirement[]> {
  const checks = await Promise.all(required.map(async (each) => ({ each, there: await isInPath(each.command, path) })));
  return checks.filter(({ there }) => !there).map(({ each }) => each);
}

/** What {@linkcode installMissing} needs to know of the machine. */
export interface InstallOptions {
  /** The folders of PATH; those of the superuser count too. */
  readonly path: readonly string[];
  /** Folder for the log. */
  readonly logDir: string;
  readonly progress: Progress;
}

/**
 * Installs the packages of missing commands with apt-get, where there is one.
 *
 * @returns what is missing still, for people; empty = everything is there
 */
export async function installMissing(required: readonly Requirement[], options: InstallOptions): Promise<string[]> {
  const path = [...options.path, "/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"];
  const missing = await findMissing(required, path);
  if (missing.length === 0) return [];
  if (await isInPath("apt-get", path)) await install(missing, { ...options, path });
  const still = await findMissing(missing, path);
  return still.map(({ command, package: name }) =>
    `the command ${command} is missing and could not be installed; on Debian it is in the package ${name}`
  );
}

async function install(missing: readonly Requirement[], { path, logDir, progress }: InstallOptions): Promise<void> {
  const names = [...new Set(missing.map((each) => each.package))];
  const log = join(logDir, "packages.log");
  const script = 'apt-get update -q; exec apt-get install -q -y --no-install-recommends "$@"';
  const argv = ["env", `PATH=${path.join(":")}`, "DEBIAN_FRONTEND=noninteractive", "sh", "-c", script, "sh", ...names];
  await withProgress(progress, `installing ${names.join(" ")} (log: ${log})`, () => runLogged(argv, { cwd: "/", log }));
}

async function isInPath(command: string, path: readonly string[]): Promise<boolean> {
  const found = await Promise.all(path.map(async (dir) => {
    try {
      const file = await Deno.stat(join(dir, command));
      return file.isFile && ((file.mode ?? 0) & 0o111) !== 0;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
      throw error;
    }
  }));
  return found.includes(true);
}
