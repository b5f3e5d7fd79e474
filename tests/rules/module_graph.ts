import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { run } from "../support/run.ts";

/** A module of the repository and what it imports. */
export interface Module {
  /** Relative to the root, as `cni/main.ts`. */
  readonly path: string;
  readonly imports: readonly Import[];
}

/** One import. */
export interface Import {
  /** Path relative to the root for a module of the repository, otherwise the resolved specifier, as `npm:zod@^4/mini`. */
  readonly target: string;
  readonly dynamic: boolean;
  /** Of types alone, so that nothing of it is left when the code runs. */
  readonly typeOnly: boolean;
}

/** What of the output of `deno info --json` is used here. */
interface DenoInfo {
  modules: {
    specifier: string;
    error?: string;
    dependencies?: {
      specifier: string;
      isDynamic?: boolean;
      code?: { specifier?: string; error?: string };
      type?: { specifier?: string; error?: string };
    }[];
  }[];
}

/**
 * Reads all modules below a folder with what each imports, from `deno info --json`.
 *
 * @param root folder with a deno.json
 * @throws {Error} naming the module and the import that does not resolve
 */
export async function readModuleGraph(root: string): Promise<Module[]> {
  const files = await listModules(root);
  const entry = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(
      entry,
      files.map((file) => `import ${JSON.stringify(String(pathToFileURL(file)))};`).join("\n"),
    );
    const argv = [Deno.execPath(), "info", "--json", "--no-lock", "--config", join(root, "deno.json"), entry];
    const info = JSON.parse((await run(argv, { timeoutMs: 120_000 })).stdout) as DenoInfo;
    return info.modules
      .filter(({ specifier }) => specifier.startsWith("file:") && specifier !== String(pathToFileURL(entry)))
      .map((module) => toModule(module, root));
  } finally {
    await Deno.remove(entry);
  }
}

function toModule({ specifier, error, dependencies = [] }: DenoInfo["modules"][number], root: string): Module {
  const path = toPath(specifier, root);
  if (error !== undefined) throw new Error(`${path}: ${error}`);
  const imports = dependencies.map((dependency) => {
    const target = dependency.code ?? dependency.type;
    if (target?.specifier === undefined) throw new Error(`${path}: ${dependency.specifier}: ${target?.error}`);
    return {
      target: toPath(target.specifier, root),
      dynamic: dependency.isDynamic === true,
      typeOnly: dependency.code === undefined,
    };
  });
  return { path, imports };
}

function toPath(specifier: string, root: string): string {
  return specifier.startsWith("file:") ? relative(root, decodeURIComponent(new URL(specifier).pathname)) : specifier;
}

async function listModules(dir: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory, isFile } of Deno.readDir(dir)) {
    if (isDirectory && !name.startsWith(".") && name !== "dist") found.push(...await listModules(join(dir, name)));
    if (isFile && name.endsWith(".ts")) found.push(join(dir, name));
  }
  return found.sort();
}
