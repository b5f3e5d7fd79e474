import { type PluginIo, runPlugin } from "../shared/cni/plugin.ts";
import { echo } from "./echo.ts";

const io: PluginIo = {
  env: (name) => Deno.env.get(name),
  readStdin: async () => new Uint8Array(await new Response(Deno.stdin.readable).arrayBuffer()),
  writeStdout: (text) => {
    const bytes = new TextEncoder().encode(text);
    for (let written = 0; written < bytes.length;) written += Deno.stdout.writeSync(bytes.subarray(written));
  },
};

Deno.exit(await runPlugin(io, () => Promise.resolve(echo)));
