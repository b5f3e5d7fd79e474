/**
 * A cluster to play with, until Ctrl-C: a control plane and nodes; with `--cluster` nodes that run Pods.
 *
 * Usage: deno task lab [--cluster [--image=FILE]…] [--nodes=N] [--uml | --native]
 */
import { type Lab, startLab } from "../tests/support/lab/lab.ts";
import { startCluster } from "../tests/support/cluster/cluster.ts";
import { type LabArguments, parseLabArguments } from "./lab/lab_arguments.ts";
import { serveLines } from "./lab/serve_lines.ts";
import { renderWelcome } from "./lab/render_welcome.ts";
import { toStderr } from "../tests/support/progress.ts";

const CRDS = new URL("../crds", import.meta.url).pathname;

async function main(): Promise<number> {
  const options = parseLabArguments(Deno.args);
  const ended = Promise.withResolvers<number>();
  const onInterrupt = (): void => ended.resolve(130);
  const onTerminate = (): void => ended.resolve(143);
  Deno.addSignalListener("SIGINT", onInterrupt);
  Deno.addSignalListener("SIGTERM", onTerminate);
  toStderr(`starting a ${options.cluster ? "cluster" : "lab"} with ${options.nodes} nodes`);
  await using parts = new AsyncDisposableStack();
  const lab = await (options.cluster ? startWithPods : startWithoutPods)(options, parts);
  toStderr(renderWelcome(lab, options));
  const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
  // Without a terminal there is nothing to read, and the lab goes on until it is told to end.
  if (Deno.stdin.isTerminal()) void serveLines(lab, lines).then(() => ended.resolve(0), ended.reject);
  const code = await ended.promise;
  toStderr("\ntaking the lab down");
  return code;
}

async function startWithoutPods({ nodes, nodeKind }: LabArguments, parts: AsyncDisposableStack): Promise<Lab> {
  const lab = parts.use(await startLab({ nodes, nodeKind }));
  if (hasFiles(CRDS)) toStderr((await lab.kubectl(["apply", "--server-side", "--filename", CRDS])).trim());
  return lab;
}

async function startWithPods({ nodes, nodeKind, images }: LabArguments, parts: AsyncDisposableStack): Promise<Lab> {
  const cluster = parts.use(await startCluster({ nodes, nodeKind }));
  for (const image of images) await cluster.importImage(await Deno.realPath(image));
  return cluster.lab;
}

function hasFiles(directory: string): boolean {
  try {
    return [...Deno.readDirSync(directory)].some((entry) => entry.name.endsWith(".yaml"));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

if (import.meta.main) Deno.exit(await main());
