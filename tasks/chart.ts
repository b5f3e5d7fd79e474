/** `deno task chart`: a Helm chart that installs what the overlays in `k8s/` do, in `dist-chart/danm`. */
import { dirname, join } from "node:path";
import { parseAllDocuments } from "yaml";
import { ensureBinaries } from "../tests/support/lab/binaries.ts";
import { toStderr } from "../tests/support/progress.ts";
import { run } from "../tests/support/run.ts";
import type { ChartObject } from "./chart/parametrise.ts";
import { renderChart } from "./chart/render_chart.ts";
import { ROOT } from "./support/root.ts";
import { version } from "./support/version.ts";

/** The overlays; the first is the chart's default. */
const FLAVOURS = ["production", "lightweight"] as const;

/** Templates that are written by hand. */
const WRITTEN = ["templates/_settings.tpl", "templates/namespace_check.tpl"];

/** Writes the chart into a folder, in place of what is there. */
export async function makeChart(folder: string): Promise<void> {
  const { kubectl } = await ensureBinaries(["kubectl"], toStderr);
  const flavours: Record<string, ChartObject[]> = {};
  for (const flavour of FLAVOURS) {
    const { stdout } = await run([kubectl, "kustomize", join(ROOT, "k8s/overlays", flavour)]);
    flavours[flavour] = parseAllDocuments(stdout).map((document) => document.toJS() as ChartObject);
  }
  const files = renderChart(flavours, { version: await version() });
  for (const path of WRITTEN) files[path] = await Deno.readTextFile(join(ROOT, "tasks/chart", path));
  await Deno.mkdir(folder, { recursive: true });
  await Deno.remove(folder, { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    await Deno.mkdir(dirname(join(folder, path)), { recursive: true });
    await Deno.writeTextFile(join(folder, path), text);
  }
}

if (import.meta.main) {
  const folder = join(ROOT, "dist-chart/danm");
  await makeChart(folder);
  toStderr(`chart: ${folder}`);
}
