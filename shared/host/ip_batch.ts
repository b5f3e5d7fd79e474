import { CommandError, type Run } from "./run.ts";

/** The words of one `ip` command, without the leading `ip`. */
export type IpCommand = readonly string[];

/** Where and how a batch runs. */
export interface IpBatchOptions {
  /** Path of the network namespace; undefined = the host's. */
  readonly netns?: string;
  /** Goes on after a failed command (`-force`); the error then names all that failed. */
  readonly force?: boolean;
  /** Asks for JSON with details; the answer is then one document a line. */
  readonly json?: boolean;
  /** Asks for numbers where a machine's own files may have names (`-N`), as those of routing tables. */
  readonly numeric?: boolean;
  /** Address family of commands that cannot tell it by their addresses, as `rule`. Default: IPv4. */
  readonly family?: 4 | 6;
  readonly signal?: AbortSignal;
}

/** Which commands of a batch failed, and why. Those before a failure (all others with `force`) took effect. */
export class IpBatchError extends Error {
  override readonly name = "IpBatchError";
  readonly failures: readonly { readonly index: number; readonly command: string; readonly reason: string }[];

  constructor(failures: IpBatchError["failures"], options: { cause: unknown }) {
    super(failures.map(({ command, reason }) => `\`ip ${command}\`: ${reason}`).join("; "), options);
    this.failures = failures;
  }
}

/**
 * Runs `ip` commands in one process (`ip -batch -`): one start instead of one for each setting. Without `force` the
 * first failure ends it, without rollback.
 *
 * @throws {IpBatchError} naming the commands that failed
 * @throws {CommandError} when `ip` or `nsenter` could not be run, for example because the namespace is gone
 * @see ip(8), option -batch
 */
export async function runIpBatch(
  run: Run,
  commands: readonly IpCommand[],
  options: IpBatchOptions = {},
): Promise<string> {
  if (commands.length === 0) return "";
  const argv = [
    ...enter(options.netns),
    "ip",
    ...(options.family === 6 ? ["-6"] : []),
    ...(options.json ? ["-json", "-details"] : []),
    ...(options.numeric ? ["-N"] : []),
    ...(options.force ? ["-force"] : []),
    "-batch",
    "-",
  ];
  const stdin = commands.map(renderLine).join("");
  try {
    return await run(argv, { stdin, ...(options.signal && { signal: options.signal }) });
  } catch (error) {
    const failures = error instanceof CommandError ? parseFailures(error.stderr, commands) : [];
    throw failures.length > 0 ? new IpBatchError(failures, { cause: error }) : error;
  }
}

/**
 * `nsenter` in front of a command that is to run in a network namespace. `ip -n` only takes names under its own run
 * directory, a container runtime gives paths.
 */
export function enter(netns: string | undefined): string[] {
  return netns === undefined ? [] : ["nsenter", `--net=${netns}`];
}

function renderLine(words: IpCommand): string {
  for (const word of words) {
    if (word === "" || !/^[^\s"'\\#]+$/.test(word)) {
      throw new TypeError(`not a word of an ip batch: ${JSON.stringify(word)}`);
    }
  }
  return `${words.join(" ")}\n`;
}

/** ip(8) prints the reason, on as many lines as it likes, then `Command failed -:N`, N counted from 1. */
function parseFailures(stderr: string, commands: readonly IpCommand[]): IpBatchError["failures"] {
  const failures: { index: number; command: string; reason: string }[] = [];
  let reason: string[] = [];
  for (const line of stderr.split("\n")) {
    const index = Number(/^Command failed -:(\d+)$/.exec(line)?.[1] ?? 0) - 1;
    const command = commands[index];
    if (command) {
      failures.push({ index, command: command.join(" "), reason: reason.join(" ") || "no reason given" });
      reason = [];
    } else if (line.trim() !== "") reason.push(line.trim());
  }
  return failures;
}
