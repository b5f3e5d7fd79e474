import { join } from "node:path";
import type { Progress } from "../../tests/support/progress.ts";
import { COMPONENTS } from "../components.ts";
import { ROOT } from "../support/root.ts";
import { version } from "../support/version.ts";
import { buildImages, type BuiltImage } from "./build_images.ts";
import { listPackages, renderLicences } from "./licences.ts";

/**
 * Makes the images of all components from `dist/`, with the list of the licences in them.
 *
 * @param options.storage folder of buildah's images, which has to have the base image; undefined = buildah's own
 */
export async function makeImages(options: { storage?: string; progress: Progress }): Promise<BuiltImage[]> {
  const entries = COMPONENTS.map(({ folder }) => join(ROOT, folder, "main.ts"));
  await Deno.mkdir(join(ROOT, "dist-images"), { recursive: true });
  await Deno.writeTextFile(join(ROOT, "dist-images/licences.txt"), renderLicences(await listPackages(entries, ROOT)));
  return await buildImages({ root: ROOT, ...options }, await version());
}
