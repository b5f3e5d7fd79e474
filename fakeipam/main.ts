import { runPlugin } from "../shared/cni/plugin.ts";
import { readStdin, writeStdout } from "../shared/cni/stdio.ts";
import { echo } from "./echo.ts";

const io = { env: (name: string): string | undefined => Deno.env.get(name), readStdin, writeStdout };

const code = await runPlugin(io, {
  commands: ["ADD", "DEL", "CHECK", "GC", "STATUS"],
  load: () => Promise.resolve(echo),
});
Deno.exit(code);
