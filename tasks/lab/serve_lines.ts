import { CommandFailed, type CommandResult, run } from "../../tests/support/run.ts";
import type { Lab } from "../../tests/support/lab/lab.ts";

const encoder = new TextEncoder();

/** What a line asks for. */
export type Request =
  | { readonly kind: "nothing" }
  | { readonly kind: "exit" }
  | { readonly kind: "node"; readonly node: string; readonly script: string }
  | { readonly kind: "kubectl"; readonly script: string }
  | { readonly kind: "unknown"; readonly word: string };

/** Reads a line: `NODE SHELL-COMMAND`, `kubectl …` or `exit`. */
export function parseLine(line: string, nodes: readonly string[]): Request {
  const [word = "", ...rest] = line.trim().split(/\s+/);
  if (word === "") return { kind: "nothing" };
  if (word === "exit" || word === "quit") return { kind: "exit" };
  if (word === "kubectl") return { kind: "kubectl", script: line.trim() };
  if (!nodes.includes(word)) return { kind: "unknown", word };
  const script = line.trim().slice(word.length).trim();
  return rest.length === 0 ? { kind: "nothing" } : { kind: "node", node: word, script };
}

/** Does what the lines ask for until `exit` or their end; output goes to stdout, what went wrong to stderr. */
export async function serveLines(lab: Lab, input: ReadableStream<string>): Promise<void> {
  prompt();
  let text = "";
  for await (const chunk of input) {
    const lines = (text + chunk).split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) {
      const request = parseLine(line, lab.nodes.map((node) => node.name));
      if (request.kind === "exit") return;
      await answer(lab, request);
      prompt();
    }
  }
}

async function answer(lab: Lab, request: Request): Promise<void> {
  if (request.kind === "unknown") {
    const words = ["kubectl", "exit", ...lab.nodes.map((node) => node.name)];
    Deno.stderr.writeSync(encoder.encode(`${request.word}: a line begins with one of ${words.join(", ")}\n`));
    return;
  }
  try {
    const { stdout, stderr } = await execute(lab, request);
    Deno.stdout.writeSync(encoder.encode(stdout));
    Deno.stderr.writeSync(encoder.encode(stderr));
  } catch (error) {
    // Of one command that took too long; the next line may do better.
    if (!(error instanceof CommandFailed)) throw error;
    Deno.stderr.writeSync(encoder.encode(`${error.message}\n`));
  }
}

async function execute(lab: Lab, request: Request): Promise<CommandResult> {
  const options = { check: false, timeoutMs: 120_000 };
  if (request.kind === "node") {
    const node = lab.nodes.find(({ name }) => name === request.node);
    if (node !== undefined) return await node.run(["sh", "-c", request.script], options);
  }
  if (request.kind === "kubectl") {
    const directory = lab.kubectlPath.slice(0, lab.kubectlPath.lastIndexOf("/"));
    const env = { KUBECONFIG: lab.admin.kubeconfigPath, PATH: `${directory}:${Deno.env.get("PATH") ?? ""}` };
    return await run(["sh", "-c", request.script], { ...options, env });
  }
  return { code: 0, stdout: "", stderr: "" };
}

function prompt(): void {
  Deno.stderr.writeSync(encoder.encode("lab> "));
}
