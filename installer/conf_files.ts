import { findText } from "./atomic_file.ts";
import type { ConfFile } from "./plan_default_conf.ts";

/** The files of a runtime's folder of configurations; none when there is no such folder. */
export async function readConfFiles(dir: string): Promise<ConfFile[]> {
  const names: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(dir)) if (!isDirectory) names.push(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const files = await Promise.all(
    names.filter((name) => /\.(conf|conflist|json)$/.test(name)).map(async (name) => ({
      name,
      text: await findText(`${dir}/${name}`),
    })),
  );
  return files.flatMap(({ name, text }) => text === undefined ? [] : [{ name, text }]);
}
