import { CommandFailed, type CommandResult, type RunningCommand } from "../run.ts";
import type { AgentAnswer, AgentRequest } from "./uml_agent.ts";

type Command = Omit<Extract<AgentRequest, { argv: unknown }>, "token">;
type Kill = Omit<Extract<AgentRequest, { kill: unknown }>, "token">;

/** Talks to the agent of one user-mode node. */
export class AgentClient {
  readonly #address: Deno.ConnectOptions & { readonly hostname: string };
  readonly #token: string;
  readonly #connections = new Set<Deno.TcpConn>();

  /** @param address where the agent listens; @param token what it was started with */
  constructor(address: { readonly hostname: string; readonly port: number }, token: string) {
    this.#address = address;
    this.#token = token;
  }

  /**
   * Starts a command.
   *
   * @throws {CommandFailed} when the node cannot start it
   */
  async start(command: Command): Promise<RunningCommand> {
    const answers = await this.#ask(command);
    const first = await next(answers);
    if (!("pid" in first)) throw notStarted(command.argv, first);
    const { pid } = first;
    const result = finish(answers, command.argv);
    // Who waits for it learns of the node's end; nobody has to.
    result.catch(() => undefined);
    return {
      pid,
      result,
      kill: (signal = "SIGKILL") => this.kill(pid, signal),
    };
  }

  /** Sends a signal to a process of the node, or with a negative number to a process group. */
  async kill(pid: number, signal: Deno.Signal): Promise<void> {
    const answers = await this.#ask({ kill: pid, signal });
    const answer = await next(answers);
    await answers.return(undefined);
    if ("error" in answer) throw new Error(`cannot send ${signal} to ${pid}: ${answer.error}`);
  }

  async #ask(request: Command | Kill): Promise<AsyncGenerator<AgentAnswer>> {
    const connection = await Deno.connect(this.#address);
    this.#connections.add(connection);
    connection.setNoDelay(true);
    const text = `${JSON.stringify({ ...request, token: this.#token })}\n`;
    const writer = connection.writable.getWriter();
    await writer.write(new TextEncoder().encode(text));
    writer.releaseLock();
    return this.#readAnswers(connection);
  }

  /** Ends all that is under way: a machine without power does not say goodbye. */
  disconnect(): void {
    for (const connection of this.#connections) connection.close();
    this.#connections.clear();
  }

  async *#readAnswers(connection: Deno.TcpConn): AsyncGenerator<AgentAnswer> {
    try {
      yield* readAnswers(connection);
    } finally {
      // Unless the node was disconnected.
      if (this.#connections.delete(connection)) connection.close();
    }
  }
}

async function* readAnswers(connection: Deno.TcpConn): AsyncGenerator<AgentAnswer> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(65_536);
  let unfinished: string[] = [];
  while (true) {
    const count = await connection.read(buffer);
    if (count === null) return;
    const [head = "", ...lines] = decoder.decode(buffer.subarray(0, count), { stream: true }).split("\n");
    unfinished.push(head);
    for (const line of lines) {
      yield JSON.parse(unfinished.join("")) as AgentAnswer;
      unfinished = [line];
    }
  }
}

async function next(answers: AsyncGenerator<AgentAnswer>): Promise<AgentAnswer> {
  const { value, done } = await answers.next();
  if (done) throw new Error("the node ended while it was asked to do something");
  return value;
}

async function finish(answers: AsyncGenerator<AgentAnswer>, argv: readonly string[]): Promise<CommandResult> {
  const last = await next(answers);
  await answers.return(undefined);
  if ("code" in last) return last;
  throw notStarted(argv, last);
}

function notStarted(argv: readonly string[], answer: AgentAnswer): CommandFailed {
  const program = argv[0] ?? "";
  if (!("error" in answer)) return new CommandFailed(argv, `unexpected answer ${JSON.stringify(answer)}`);
  return new CommandFailed(argv, answer.notFound ? `${program} is not installed or not in PATH` : answer.error);
}
