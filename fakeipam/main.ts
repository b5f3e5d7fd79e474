import { runPlugin } from "../shared/cni/plugin.ts";
import { readStdin, writeStdout } from "../shared/cni/stdio.ts";
import { echo } from "./echo.ts";

const io = { env: (name: string): string | undefined => Deno.env.get(name), readStdin, writeStdout };

Deno.exit(await runPlugin(io, () => Promise.resolve(echo)));
