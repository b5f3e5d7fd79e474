/**
 * Runs commands inside a user-mode node for the test process outside. One TCP connection per command: a request
 * as one line of JSON, answers as lines of JSON. Imports nothing but types, so that it starts quickly.
 *
 * Usage: uml_agent.ts ADDRESS PORT TOKEN
 */

/** What the test process asks for. `token` keeps everybody else out. */
export type AgentRequest =
  & { readonly token: string }
  & ({
    readonly argv: readonly string[];
    /** All variables there are. */
    readonly env: Readonly<Record<string, string>>;
    readonly stdin?: string;
  } | {
    /** A process, or a process group when negative. */
    readonly kill: number;
    readonly signal: Deno.Signal;
  });

/** What the agent answers: first `pid`, at the end `code`; `done` to a kill; `error` instead of any of them. */
export type AgentAnswer =
  | { readonly pid: number }
  | { readonly code: number; readonly stdout: string; readonly stderr: string }
  | { readonly done: true }
  | { readonly error: string; readonly notFound: boolean };

/** Printed on the console when requests are answered. */
export const AGENT_READY = "danm-lab-node is ready";

const NEWLINE = 10;

async function serve(connection: Deno.TcpConn, token: string): Promise<void> {
  const writer = connection.writable.getWriter();
  const answer = (value: AgentAnswer): Promise<void> =>
    writer.write(new TextEncoder().encode(`${JSON.stringify(value)}\n`));
  try {
    connection.setNoDelay(true);
    const request = JSON.parse(await readLine(connection)) as AgentRequest;
    if (request.token !== token) throw new Error("wrong token");
    await ("kill" in request ? kill(request, answer) : execute(request, answer));
  } catch (error) {
    await answer({ error: String(error), notFound: error instanceof Deno.errors.NotFound });
  } finally {
    await writer.close();
  }
}

async function execute(
  request: Extract<AgentRequest, { argv: unknown }>,
  answer: (value: AgentAnswer) => Promise<void>,
): Promise<void> {
  const [program = "", ...args] = request.argv;
  const child = new Deno.Command(program, {
    args,
    env: request.env,
    clearEnv: true,
    stdin: request.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
    detached: true,
  }).spawn();
  const [, , stdout, stderr, status] = await Promise.all([
    answer({ pid: child.pid }),
    request.stdin === undefined ? undefined : feed(child.stdin, request.stdin),
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.status,
  ]);
  await answer({ code: status.code, stdout, stderr });
}

async function kill(
  request: Extract<AgentRequest, { kill: unknown }>,
  answer: (value: AgentAnswer) => Promise<void>,
): Promise<void> {
  try {
    Deno.kill(request.kill, request.signal);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  await answer({ done: true });
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

async function readLine(connection: Deno.TcpConn): Promise<string> {
  const chunks: string[] = [];
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(65_536);
  while (true) {
    const count = await connection.read(buffer);
    if (count === null) break;
    chunks.push(decoder.decode(buffer.subarray(0, count), { stream: true }));
    if (buffer[count - 1] === NEWLINE) break;
  }
  return chunks.join("");
}

if (import.meta.main) {
  const [hostname = "", port = "", token = ""] = Deno.args;
  const listener = Deno.listen({ hostname, port: Number(port) });
  Deno.stdout.writeSync(new TextEncoder().encode(`${AGENT_READY}\n`));
  for await (const connection of listener) {
    // A caller that goes away takes its answer with it; the next one must be served all the same.
    void serve(connection, token).catch((error) => {
      Deno.stderr.writeSync(new TextEncoder().encode(`agent: ${error}\n`));
    });
  }
}
