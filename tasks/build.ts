/** `deno task build`: the executables of all components, in `dist/`. */
import { join } from "node:path";
import { toStderr } from "../tests/support/progress.ts";
import { build } from "./build/build.ts";
import { COMPONENTS } from "./components.ts";
import { denoDir } from "./support/deno_dir.ts";
import { ROOT } from "./support/root.ts";

const report = await build({
  root: ROOT,
  outDir: join(ROOT, "dist"),
  components: COMPONENTS,
  denortBin: Deno.env.get("DENORT_BIN"),
  denoDir: await denoDir(),
  progress: toStderr,
});
toStderr(`${report.changed ? "built" : "unchanged"} (${report.form}): ${report.executables.join(" ")}`);
