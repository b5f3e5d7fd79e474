import { join } from "node:path";
import { run } from "../../tests/support/run.ts";
import type { Component } from "../components.ts";

/** Where `deno compile` can take its base executable from without a download. */
export interface DenortSources {
  /** The value of DENORT_BIN. */
  readonly denortBin: string | undefined;
  /** Deno's cache folder. */
  readonly denoDir: string;
}

/**
 * Whether `deno compile` works here without reaching Deno's download site, whose absence it notices only after half a
 * minute.
 *
 * @throws {Error} when DENORT_BIN names no file, or the full runtime, which would start a REPL
 */
export async function canCompile({ denortBin, denoDir }: DenortSources): Promise<boolean> {
  if (denortBin !== undefined && denortBin !== "") {
    const file = await statOrUndefined(denortBin);
    if (file?.isFile !== true) {
      throw new Error(`DENORT_BIN=${denortBin}: no such file; unset it or name the denort executable`);
    }
    if (file.size === (await Deno.stat(Deno.execPath())).size) {
      throw new Error(`DENORT_BIN=${denortBin} is deno itself; unset it or name the denort executable`);
    }
    return true;
  }
  const archive = `denort-${Deno.build.target}.zip`;
  return (await statOrUndefined(join(denoDir, "dl", "release", `v${Deno.version.deno}`, archive)))?.isFile === true;
}

/**
 * Makes one self-contained executable of a bundle.
 *
 * @param libDir folder of the bundle's `main.js` and its chunks
 * @throws {CommandFailed} with what `deno compile` says
 */
export async function compile(
  component: Component,
  { libDir, output }: { libDir: string; output: string },
): Promise<void> {
  const argv = [
    Deno.execPath(),
    "compile",
    "--quiet",
    "--no-config",
    "--no-lock",
    "--no-npm",
    "--no-remote",
    "--no-prompt",
  ];
  await run([...argv, ...component.permissions, "--include", libDir, "--output", output, join(libDir, "main.js")], {
    timeoutMs: 300_000,
  });
}

async function statOrUndefined(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
