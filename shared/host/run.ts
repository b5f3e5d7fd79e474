/** What a command may be given besides its arguments. */
export interface RunOptions {
  readonly stdin?: string;
  /** The whole environment besides `PATH` and `LC_ALL`; nothing is inherited. */
  readonly env?: Readonly<Record<string, string>>;
  /** Aborting kills the command, and what it started, with SIGKILL and rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Is told what a command wrote to stderr that succeeded, where that is anything; a failure's is in the error. */
  readonly onStderr?: (text: string) => void;
}

/**
 * Runs a command without a shell and answers its stdout.
 *
 * @throws {CommandError} when it cannot be started, exits with another code than 0, or prints more than 64 MiB
 */
export type Run = (argv: readonly string[], options?: RunOptions) => Promise<string>;

/** A command that could not be started or that failed. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly argv: readonly string[];
  /** Exit code; 127 when the command could not be started. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;

  constructor(argv: readonly string[], failure: { code: number; stdout: string; stderr: string; cause?: unknown }) {
    const why = failure.stderr.trim().replaceAll("\n", "; ") || failure.stdout.trim().slice(0, 500);
    super(`\`${argv.join(" ")}\` failed with exit code ${failure.code}${why === "" ? "" : `: ${why}`}`, {
      cause: failure.cause,
    });
    this.argv = argv;
    this.code = failure.code;
    this.stdout = failure.stdout;
    this.stderr = failure.stderr;
  }
}

/** Where commands are looked for when the caller's environment has no `PATH`, as under some runtimes. */
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The directories of a search path; of the usual one where it is undefined or empty. */
export function searchPathOf(path?: string): string[] {
  return (path || DEFAULT_PATH).split(":").filter((dir) => dir !== "");
}

/** Makes a {@linkcode Run}. `path` is the search path of commands; undefined or empty = the usual one. */
export function createRun(path?: string): Run {
  const base = { PATH: path || DEFAULT_PATH, LC_ALL: "C" };
  return (argv, options = {}) => runCommand(argv, { ...options, env: { ...base, ...options.env } });
}

async function runCommand(argv: readonly string[], options: RunOptions): Promise<string> {
  const { stdin, env = {}, signal } = options;
  signal?.throwIfAborted();
  const [program = "", ...args] = argv;
  const child = spawn(argv, program, args, { env, piped: stdin !== undefined });
  const ending = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const kill = (): void => {
    killGroup(child);
    timer = setTimeout(() => ending.abort(), LINGER_MS);
  };
  signal?.addEventListener("abort", kill, { once: true });
  const read = (stream: ReadableStream<Uint8Array>): Promise<string> =>
    collect(stream, { signal: ending.signal, flooded: kill });
  try {
    const [status, stdout, stderr] = await Promise.all([
      child.status,
      read(child.stdout),
      read(child.stderr),
      stdin === undefined ? undefined : feed(child, { text: stdin, signal: ending.signal }),
    ]);
    signal?.throwIfAborted();
    if (Math.max(stdout.length, stderr.length) > MAX_OUTPUT) {
      throw new CommandError(argv, {
        code: status.code,
        stdout: "",
        stderr: `it printed more than ${MAX_OUTPUT} bytes`,
      });
    }
    if (status.success) {
      if (stderr !== "") options.onStderr?.(stderr);
      return stdout;
    }
    throw new CommandError(argv, { code: status.code, stdout, stderr });
  } finally {
    // Whoever touches a timer has Deno load its Node timers: 4 ms of CPU.
    if (timer !== undefined) clearTimeout(timer);
    signal?.removeEventListener("abort", kill);
  }
}

/**
 * How long the pipes of a command that was killed may still be held, in milliseconds, by what it started in a process
 * group of its own: nobody kills that, and nobody waits for it.
 */
const LINGER_MS = 500;

/** More than any command of ours has to say; what never stops would take all memory. */
const MAX_OUTPUT = 2 ** 26;

/** The whole text of a stream, or what came of it before the signal aborted, or before it was too much. */
async function collect(
  stream: ReadableStream<Uint8Array>,
  { signal, flooded }: { signal: AbortSignal; flooded: () => void },
): Promise<string> {
  const reader = stream.getReader();
  signal.addEventListener("abort", () => void reader.cancel(), { once: true });
  const decoder = new TextDecoder();
  let text = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    text += decoder.decode(part.value, { stream: true });
    if (text.length <= MAX_OUTPUT) continue;
    flooded();
    await reader.cancel();
    return text;
  }
  return text + decoder.decode();
}

/**
 * Kills a command and what it started. A delegate's IPAM plugin that outlived it would go on undisturbed, and hold the
 * pipes that are waited for. Deno lets only those signal a group who may run everything; others kill the command alone.
 */
function killGroup(child: Deno.ChildProcess): void {
  try {
    Deno.kill(-child.pid, "SIGKILL");
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) killAlone(child);
    // All of it ended between the abort and the kill.
    else if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function killAlone(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch (error) {
    // It has ended meanwhile: Deno says so by a TypeError when it knows, by NotFound when the kernel does.
    if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
  }
}

function spawn(
  argv: readonly string[],
  program: string,
  args: string[],
  options: { env: Readonly<Record<string, string>>; piped: boolean },
): Deno.ChildProcess {
  try {
    return new Deno.Command(program, {
      args,
      clearEnv: true,
      env: { ...options.env },
      stdin: options.piped ? "piped" : "null",
      stdout: "piped",
      stderr: "piped",
      // A process group of its own: see killGroup.
      detached: true,
    }).spawn();
  } catch (cause) {
    const stderr = cause instanceof Deno.errors.NotFound
      ? `no executable ${program} in PATH ${options.env["PATH"]}`
      : String(cause);
    throw new CommandError(argv, { code: 127, stdout: "", stderr, cause });
  }
}

async function feed(
  child: Deno.ChildProcess,
  { text, signal }: { text: string; signal: AbortSignal },
): Promise<void> {
  const writer = child.stdin.getWriter();
  const abort = (): void => void writer.abort(signal.reason).catch(() => {});
  signal.addEventListener("abort", abort, { once: true });
  try {
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch (error) {
    // A command that ends without reading its stdin tells why by its exit code and stderr.
    if (!(error instanceof Deno.errors.BrokenPipe || signal.aborted)) throw error;
  }
}
