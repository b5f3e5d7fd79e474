/** What a command that ended left behind. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How {@linkcode run} starts a command and what it takes for a failure. */
export interface RunOptions {
  /** Text for the command's standard input; without it the input is empty. */
  readonly stdin?: string;
  /** Variables added to the caller's environment, or all there are with `clearEnv`. */
  readonly env?: Record<string, string>;
  readonly clearEnv?: boolean;
  readonly cwd?: string;
  /** After this time the command and all that it started is killed and `run` throws. Default 30,000. */
  readonly timeoutMs?: number;
  /** Throw when the exit code is not 0. Default true. */
  readonly check?: boolean;
  /** Stay in the caller's process group, so that a Ctrl-C in the terminal ends the command, too. Default false. */
  readonly foreground?: boolean;
}

/** A command that could not be started, ran too long, or (with `check`) ended with another code than 0. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";

  constructor(readonly argv: readonly string[], readonly reason: string, readonly result?: CommandResult) {
    const said = result === undefined ? "" : lastLines(result.stderr.trim() || result.stdout.trim());
    super(`${argv.join(" ")}: ${reason}${said === "" ? "" : `: ${said}`}`);
  }
}

/** A command that is still running. */
export interface RunningCommand {
  /** Of the command itself: what wraps it (nsenter, env) has replaced itself by it. */
  readonly pid: number;
  /** Resolves when the command has ended, whatever its code; 128 + signal when a signal ended it. */
  readonly result: Promise<CommandResult>;
  /** Sends a signal to the command alone; what it started goes on, as after a crash. Default SIGKILL. */
  kill(signal?: Deno.Signal): Promise<void>;
}

/**
 * Runs one command to its end. Never a shell.
 *
 * @throws {CommandFailed} when it cannot be started, runs too long, or fails while `check` is not false
 */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
  const timeoutMs = options.timeoutMs ?? 30_000;
  const command = start(argv, options);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    signalProcess(options.foreground ? command.pid : -command.pid, "SIGKILL");
  }, timeoutMs);
  try {
    const result = await command.result;
    if (timedOut) throw new CommandFailed(argv, `killed after ${timeoutMs} ms`, result);
    if (options.check !== false && result.code !== 0) {
      throw new CommandFailed(argv, `exit code ${result.code}`, result);
    }
    return result;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Starts a command, unless told otherwise as the leader of a process group of its own, so that a Ctrl-C in the
 * terminal reaches the tests alone and they decide what happens to it.
 *
 * @throws {CommandFailed} when it cannot be started
 */
export function start(argv: readonly string[], options: RunOptions = {}): RunningCommand {
  const [program, ...args] = argv;
  if (program === undefined) throw new TypeError("a command needs at least the name of a program");
  const child = spawn(program, { argv, args, options });
  return {
    pid: child.pid,
    result: collect(child, options.stdin),
    kill: (signal = "SIGKILL") => {
      signalProcess(child.pid, signal);
      return Promise.resolve();
    },
  };
}

/** Sends a signal to a process, or with a negative pid to a process group; one that is gone is no error. */
export function signalProcess(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function spawn(
  program: string,
  { argv, args, options }: { argv: readonly string[]; args: string[]; options: RunOptions },
): Deno.ChildProcess {
  try {
    return new Deno.Command(program, {
      args,
      stdin: options.stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
      detached: !options.foreground,
      clearEnv: options.clearEnv ?? false,
      ...(options.env === undefined ? {} : { env: options.env }),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    }).spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new CommandFailed(argv, `${program} is not installed or not in PATH`);
  }
}

async function collect(child: Deno.ChildProcess, stdin: string | undefined): Promise<CommandResult> {
  const feeding = stdin === undefined ? Promise.resolve() : feed(child.stdin, stdin);
  const [stdout, stderr, status] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.status,
    feeding,
  ]);
  return { code: status.code, stdout, stderr };
}

async function feed(stream: WritableStream<Uint8Array>, text: string): Promise<void> {
  try {
    const writer = stream.getWriter();
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch (error) {
    // A command may end without reading its input; its exit code says whether that was right.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

function lastLines(text: string): string {
  const lines = text.split("\n");
  return lines.length <= 20 ? text : `…\n${lines.slice(-20).join("\n")}`;
}
