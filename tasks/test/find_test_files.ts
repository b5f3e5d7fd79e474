import { join } from "node:path";

/**
 * Finds the test files (`x_test.ts`) below folders, sorted by path.
 *
 * @param folders relative to `root`, as what is found; those that do not exist have no tests
 */
export async function findTestFiles(folders: readonly string[], root: string): Promise<string[]> {
  const found: string[] = [];
  for (const folder of folders) {
    for await (const { name, isDirectory } of entries(join(root, folder))) {
      const path = join(folder, name);
      if (isDirectory) found.push(...await findTestFiles([path], root));
      else if (name.endsWith("_test.ts")) found.push(path);
    }
  }
  return found.sort();
}

async function* entries(folder: string): AsyncGenerator<Deno.DirEntry> {
  try {
    yield* Deno.readDir(folder);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
