/** Real traffic to sandboxes. */
import type { TestSandbox } from "../danm_lab.ts";
import type { Node } from "../lab/node.ts";
import { waitFor } from "../wait.ts";

const PEER = [Deno.execPath(), "run", "--allow-net", "--no-config", new URL("tcp_peer.ts", import.meta.url).pathname];

/** A TCP server in a sandbox; ends when it is disposed of. */
export async function serveIn({ node, netns }: TestSandbox, port: number): Promise<AsyncDisposable> {
  const server = await node.start(["nsenter", `--net=${netns}`, ...PEER, "serve", "0.0.0.0", String(port)]);
  const listens = async (): Promise<boolean> => {
    const { stdout } = await node.run(["nsenter", `--net=${netns}`, "ss", "-ltn"]);
    return stdout.includes(`:${port} `);
  };
  await waitFor(`a server at port ${port} of ${netns}`, listens);
  return {
    [Symbol.asyncDispose]: async () => {
      await server.kill();
      await server.result;
    },
  };
}

/**
 * Sends so many bytes from a node to a server of {@linkcode serveIn}.
 *
 * @returns how many bytes the server got, and how long it took
 */
export async function sendFrom(
  node: Node,
  to: { address: string; port: number; bytes: number },
): Promise<{ received: number; ms: number }> {
  const { stdout } = await node.run([...PEER, "send", to.address, String(to.port), String(to.bytes)]);
  return JSON.parse(stdout);
}
