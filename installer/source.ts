import { messageOf } from "../shared/errors.ts";
import type { Digests } from "./digest.ts";
import { PLUGINS } from "./host_paths.ts";
import type { Source, SourceFile } from "./plan_install.ts";

/**
 * What the image has for the node: the runtime, the plugins' bundles and their launchers.
 *
 * @param dir folder of the executables, as `deno task build` makes it
 * @throws {Error} naming what the image lacks
 */
export async function readSource(dir: string, digests: Digests): Promise<Source> {
  try {
    const paths = ["deno", ...(await Promise.all(PLUGINS.map((name) => bundleOf(dir, name)))).flat()];
    const files = await Promise.all(
      paths.map(async (path): Promise<SourceFile> => ({ path, digest: await digests.of(`${dir}/${path}`) })),
    );
    const launchers = await Promise.all(
      PLUGINS.map(async (name) => ({ name, text: await Deno.readTextFile(`${dir}/${name}`) })),
    );
    return { files, launchers };
  } catch (cause) {
    throw new Error(`${dir} is no complete build: ${messageOf(cause)}`, { cause });
  }
}

async function bundleOf(dir: string, name: string): Promise<string[]> {
  const files = await Array.fromAsync(Deno.readDir(`${dir}/lib/${name}`));
  return files.filter(({ isFile }) => isFile).map((file) => `lib/${name}/${file.name}`);
}
