import { parseAllDocuments } from "yaml";
import { makeChart } from "../../../tasks/chart.ts";
import { ensureBinaries } from "../../support/lab/binaries.ts";
import type { Lab } from "../../support/lab/lab.ts";
import { toStderr } from "../../support/progress.ts";
import { type CommandResult, run } from "../../support/run.ts";
import type { Manifest } from "./rendered.ts";

/** Where the tests keep the record of their release. */
export const RELEASE = ["danm", "--namespace=kube-system"];

/** The chart in a folder of its own, and the real helm to use it with. */
export class HelmChart implements AsyncDisposable {
  readonly path: string;
  readonly #dir: string;
  readonly #helmPath: string;

  private constructor(dir: string, helmPath: string) {
    this.path = `${dir}/danm`;
    this.#dir = dir;
    this.#helmPath = helmPath;
  }

  /** Has the chart made anew. */
  static async make(): Promise<HelmChart> {
    const { helm } = await ensureBinaries(["helm"], toStderr);
    const chart = new HelmChart(await Deno.makeTempDir({ prefix: "danm-chart-" }), helm);
    await makeChart(chart.path);
    return chart;
  }

  /** Runs helm, on a lab if one is given. @throws {CommandFailed} unless `check` is false */
  async helm(
    argv: readonly string[],
    { lab, check = true }: { lab?: Lab; check?: boolean } = {},
  ): Promise<CommandResult> {
    const folders = ["CACHE", "CONFIG", "DATA"].map((name) => [`HELM_${name}_HOME`, `${this.#dir}/helm`]);
    const env = { ...Object.fromEntries(folders), KUBECONFIG: lab?.admin.kubeconfigPath ?? "/dev/null" };
    return await run([this.#helmPath, ...argv], { env, check, timeoutMs: 240_000 });
  }

  /** The objects that helm would send, with these flags. */
  async template(...flags: string[]): Promise<Manifest[]> {
    const { stdout } = await this.helm(["template", "danm", this.path, ...flags]);
    // As helm itself reads it.
    const documents = parseAllDocuments(stdout, { version: "1.1" });
    return documents.map((document) => document.toJS() as Manifest | null).filter((object) => object !== null);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#dir, { recursive: true });
  }
}
