/**
 * A cluster to play with: a control plane and two nodes, until Ctrl-C.
 *
 * Usage: deno task lab
 */
import { startLab } from "../tests/support/lab/lab.ts";
import { serveLines } from "./lab/serve_lines.ts";
import { renderWelcome } from "./lab/render_welcome.ts";
import { toStderr } from "../tests/support/progress.ts";

const CRDS = new URL("../crds", import.meta.url).pathname;

async function main(): Promise<number> {
  const ended = Promise.withResolvers<number>();
  const onInterrupt = (): void => ended.resolve(130);
  const onTerminate = (): void => ended.resolve(143);
  Deno.addSignalListener("SIGINT", onInterrupt);
  Deno.addSignalListener("SIGTERM", onTerminate);
  toStderr("starting a lab with two nodes");
  await using lab = await startLab({ nodes: 2 });
  if (hasFiles(CRDS)) toStderr((await lab.kubectl(["apply", "--server-side", "--filename", CRDS])).trim());
  toStderr(renderWelcome(lab));
  const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
  // Without a terminal there is nothing to read, and the lab goes on until it is told to end.
  if (Deno.stdin.isTerminal()) void serveLines(lab, lines).then(() => ended.resolve(0), ended.reject);
  const code = await ended.promise;
  toStderr("\ntaking the lab down");
  return code;
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
