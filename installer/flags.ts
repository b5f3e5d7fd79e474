import { parseArgs } from "@std/cli";
import type { LogLevel } from "../shared/log.ts";
import { type HostPaths, USUAL_PATHS } from "./host_paths.ts";

/** What the command line says. */
export interface Flags {
  readonly command: "install" | "uninstall";
  readonly paths: HostPaths;
  /** Folder of the executables in the image; absent = the one of this executable. */
  readonly sourceDir?: string;
  readonly settingsDir: string;
  /** Absent in a Pod. */
  readonly kubeconfig?: string;
  readonly commandPath: string;
  readonly daemonSet: string;
  readonly probes: { readonly hostname: string; readonly port: number };
  readonly logLevel: LogLevel;
}

/** A command line that cannot be followed; the message says what would be. */
export class FlagError extends Error {
  override readonly name = "FlagError";
}

/** What `-help` prints. */
export const USAGE = `usage: danm-installer install|uninstall [flags]

  install     puts DANM on this node and keeps it there until it is removed from the cluster
  uninstall   takes DANM off this node, once; what sandboxes still need stays

  -plugin-dir DIR      where the runtime looks for plugins (default: ${USUAL_PATHS.pluginDir})
  -conf-dir DIR        where the runtime looks for configurations (default: ${USUAL_PATHS.confDir})
  -install-dir DIR     where versions are installed (default: ${USUAL_PATHS.installDir})
  -state-dir DIR       where plugins keep their records (default: ${USUAL_PATHS.stateDir})
  -run-dir DIR         where the relay listens (default: ${USUAL_PATHS.runDir})
  -source-dir DIR      executables to install (default: those beside this one)
  -settings-dir DIR    the ConfigMap danm-settings, mounted (default: /etc/danm)
  -command-path DIRS   the host's folders of commands, as mounted here (default: those below /host/usr)
  -daemonset NAME      the DaemonSet of this Pod (default: danm-cni)
  -probe-address HOST  address of /livez and /readyz (default: 127.0.0.1)
  -probe-port PORT     their port, plain HTTP (default: 9090)
  -kubeconfig FILE     how to reach the API server (default: as a Pod's ServiceAccount)
  -log-level LEVEL     debug, info, warn or error (default: info)
`;

const NAMES = [
  "plugin-dir",
  "conf-dir",
  "install-dir",
  "state-dir",
  "run-dir",
  "source-dir",
  "settings-dir",
  "command-path",
  "daemonset",
  "probe-address",
  "probe-port",
  "kubeconfig",
  "log-level",
] as const;

/** Where commands are on a host whose /usr is mounted. */
const HOST_COMMANDS = "/host/usr/local/sbin:/host/usr/local/bin:/host/usr/sbin:/host/usr/bin";

/**
 * Reads the command line; flags have one dash or two.
 *
 * @returns undefined when help was asked for
 * @throws {FlagError}
 */
export function parseFlags(args: readonly string[]): Flags | undefined {
  const twoDashes = args.map((arg) => /^-[a-z]{2}/.test(arg) ? `-${arg}` : arg);
  const unknown = (arg: string): boolean => {
    if (arg.startsWith("-")) throw new FlagError(`${arg}: no such flag\n\n${USAGE}`);
    return true;
  };
  const given = parseArgs(twoDashes, { string: NAMES, boolean: ["help"], alias: { help: "h" }, unknown });
  if (given.help) return undefined;
  const [command, ...more] = given._.map(String);
  if ((command !== "install" && command !== "uninstall") || more.length > 0) {
    throw new FlagError(`${given._.join(" ") || "no command"}: install or uninstall is expected\n\n${USAGE}`);
  }
  const { "source-dir": sourceDir, kubeconfig } = given;
  return {
    command,
    paths: {
      pluginDir: directory("plugin-dir", given["plugin-dir"] ?? USUAL_PATHS.pluginDir),
      confDir: directory("conf-dir", given["conf-dir"] ?? USUAL_PATHS.confDir),
      installDir: directory("install-dir", given["install-dir"] ?? USUAL_PATHS.installDir),
      stateDir: directory("state-dir", given["state-dir"] ?? USUAL_PATHS.stateDir),
      runDir: directory("run-dir", given["run-dir"] ?? USUAL_PATHS.runDir),
    },
    ...(sourceDir ? { sourceDir } : {}),
    settingsDir: given["settings-dir"] ?? "/etc/danm",
    ...(kubeconfig ? { kubeconfig } : {}),
    commandPath: given["command-path"] ?? HOST_COMMANDS,
    daemonSet: given.daemonset ?? "danm-cni",
    probes: { hostname: given["probe-address"] ?? "127.0.0.1", port: port(given["probe-port"] ?? "9090") },
    logLevel: logLevel(given["log-level"] ?? "info"),
  };
}

function directory(name: string, path: string): string {
  if (/^(\/[^/]+)+$/.test(path)) return path;
  throw new FlagError(`-${name} ${path}: an absolute path without a slash at its end is expected`);
}

function port(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new FlagError(`-probe-port ${text}: a whole number from 0 to 65535 is expected`);
}

function logLevel(text: string): LogLevel {
  if (text === "debug" || text === "info" || text === "warn" || text === "error") return text;
  throw new FlagError(`-log-level ${text}: debug, info, warn or error is expected`);
}
