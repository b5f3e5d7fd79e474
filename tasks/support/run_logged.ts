import { dirname } from "node:path";

/** How {@linkcode runLogged} runs a command. */
export interface RunLoggedOptions {
  readonly cwd: string;
  /** File that gets all output, anew. */
  readonly log: string;
  /** Only the log gets the output. Default false. */
  readonly quiet?: boolean;
}

/**
 * Runs a command whose output a person follows: what it writes to stdout and stderr goes there and into a log. A
 * Ctrl-C reaches the command itself, which cleans up and ends; a TERM is passed on.
 *
 * @returns the exit code
 */
export async function runLogged(
  argv: readonly string[],
  { cwd, log, quiet = false }: RunLoggedOptions,
): Promise<number> {
  const [program = "", ...args] = argv;
  await Deno.mkdir(dirname(log), { recursive: true });
  using file = await Deno.open(log, { write: true, create: true, truncate: true });
  const env: Record<string, string> = Deno.stdout.isTerminal() ? { FORCE_COLOR: "1" } : {};
  const child = new Deno.Command(program, { args, cwd, env, stdin: "null", stdout: "piped", stderr: "piped" }).spawn();
  const ignore = (): void => {};
  const pass = (): void => child.kill("SIGTERM");
  Deno.addSignalListener("SIGINT", ignore);
  Deno.addSignalListener("SIGTERM", pass);
  try {
    const [out, err] = quiet ? [[file], [file]] : [[Deno.stdout, file], [Deno.stderr, file]];
    await Promise.all([tee(child.stdout, out), tee(child.stderr, err)]);
    return (await child.status).code;
  } finally {
    Deno.removeSignalListener("SIGINT", ignore);
    Deno.removeSignalListener("SIGTERM", pass);
  }
}

/** Anything that takes bytes at once. */
interface Sink {
  writeSync(bytes: Uint8Array): number;
}

async function tee(source: ReadableStream<Uint8Array>, sinks: readonly Sink[]): Promise<void> {
  for await (const chunk of source) {
    for (const sink of sinks) {
      for (let written = 0; written < chunk.length;) written += sink.writeSync(chunk.subarray(written));
    }
  }
}
