import { join } from "node:path";
import { warmCache } from "../../installer/warm_cache.ts";
import { messageOf } from "../../shared/errors.ts";
import { createRun } from "../../shared/host/run.ts";
import type { Progress } from "../../tests/support/progress.ts";
import type { Component } from "../components.ts";
import { bundle } from "./bundle.ts";
import { canCompile, compile, type DenortSources } from "./compile.ts";
import { renderLauncher } from "./launcher.ts";
import { sameTree } from "./same_tree.ts";

/** What is built, from where, to where. */
export interface BuildRequest extends DenortSources {
  /** The repository: folder of `deno.json` and of the components' folders. */
  readonly root: string;
  /** Folder that gets the executables. Replaced as a whole, and only when something changed. */
  readonly outDir: string;
  readonly components: readonly Component[];
  readonly progress: Progress;
}

/** Time for the caches of all executables: a second or two, on a busy machine much longer. */
const WARM_MS = 120_000;

/** What a build did. */
export interface BuildReport {
  readonly form: "compiled" | "bundle and runtime";
  readonly changed: boolean;
  readonly executables: readonly string[];
}

/**
 * Makes the executables: self-contained ones where `deno compile` can, otherwise launchers for bundles, with the
 * runtime beside them. Both have the same names and do the same.
 *
 * @throws {Error} when a folder with a `main.ts` is not among the components, naming it
 */
export async function build(request: BuildRequest): Promise<BuildReport> {
  const { outDir, progress } = request;
  const components = await presentComponents(request);
  const compiled = await canCompile(request);
  if (!compiled) {
    progress("no denort (the base of deno compile: DENORT_BIN or Deno's cache): launchers and one runtime instead");
  }
  const staging = await Deno.makeTempDir({ dir: join(outDir, ".."), prefix: ".dist-" });
  try {
    for (const component of components) await buildOne(component, { request, staging, compiled });
    if (compiled) await Deno.remove(join(staging, "lib"), { recursive: true });
    else await installRuntime(staging);
    const changed = await replace(outDir, staging);
    if (!compiled) await warm(outDir, { components, progress });
    const executables = components.map(({ executable }) => join(outDir, executable));
    return { form: compiled ? "compiled" : "bundle and runtime", changed, executables };
  } finally {
    await removeIfThere(staging);
  }
}

/** Executables do without, more slowly. */
async function warm(
  outDir: string,
  { components, progress }: Pick<BuildRequest, "components" | "progress">,
): Promise<void> {
  const deps = { runtime: join(outDir, "deno"), run: createRun(), signal: AbortSignal.timeout(WARM_MS) };
  try {
    await warmCache(outDir, components.map(({ executable }) => executable), deps);
  } catch (error) {
    progress(`the caches of ${outDir} could not be made, its executables start more slowly: ${messageOf(error)}`);
  }
}

async function presentComponents({ root, components }: BuildRequest): Promise<Component[]> {
  const known = new Map(components.map((component) => [component.folder, component]));
  const present: Component[] = [];
  for await (const { name, isDirectory } of Deno.readDir(root)) {
    if (!isDirectory || !(await isFile(join(root, name, "main.ts")))) continue;
    const component = known.get(name);
    if (component === undefined) {
      throw new Error(`${name}/main.ts: add it, with its permissions, to tasks/components.ts`);
    }
    present.push(component);
  }
  if (present.length === 0) throw new Error(`${root} has no folder with a main.ts: nothing to build`);
  return present.sort((a, b) => a.folder.localeCompare(b.folder));
}

async function buildOne(
  component: Component,
  { request, staging, compiled }: { request: BuildRequest; staging: string; compiled: boolean },
): Promise<void> {
  const { folder, executable } = component;
  const began = performance.now();
  const libDir = join(staging, "lib", executable);
  await bundle({ root: request.root, entry: join(folder, "main.ts"), outDir: libDir });
  const output = join(staging, executable);
  if (compiled) {
    await compile(component, { libDir, output });
  } else {
    await Deno.writeTextFile(output, renderLauncher(component), { mode: 0o755 });
    await Deno.chmod(output, 0o755);
  }
  const { size } = await Deno.stat(join(libDir, "main.js"));
  const took = ((performance.now() - began) / 1000).toFixed(1);
  request.progress(`${executable}: ${folder}/main.ts, ${(size / 1000).toFixed(0)} kB at start (${took} s)`);
}

/** Puts the running Deno beside the launchers, without a second copy on disk where the file system allows. */
async function installRuntime(dir: string): Promise<void> {
  const runtime = join(dir, "deno");
  try {
    await Deno.link(Deno.execPath(), runtime);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // Another file system, or another owner: a copy does as well, and says itself what is wrong if it fails too.
    await Deno.copyFile(Deno.execPath(), runtime);
    await Deno.chmod(runtime, 0o755);
  }
  await Deno.mkdir(join(dir, "cache"), { mode: 0o700 });
}

/** Puts `staging` in the place of `outDir`; leaves `outDir`, and its warm cache, alone when nothing changed. */
async function replace(outDir: string, staging: string): Promise<boolean> {
  if (await sameTree(outDir, staging, { ignore: ["cache"] })) return false;
  await Deno.chmod(staging, 0o755);
  const old = `${staging}.old`;
  if (await isDirectory(outDir)) await Deno.rename(outDir, old);
  await Deno.rename(staging, outDir);
  await removeIfThere(old);
  return true;
}

async function isFile(path: string): Promise<boolean> {
  return (await Deno.stat(path).catch(ignoreMissing))?.isFile === true;
}

async function isDirectory(path: string): Promise<boolean> {
  return (await Deno.stat(path).catch(ignoreMissing))?.isDirectory === true;
}

async function removeIfThere(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch(ignoreMissing);
}

function ignoreMissing(error: unknown): undefined {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
