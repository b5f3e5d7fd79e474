import { join } from "node:path";
import { buildImages, type BuiltImage } from "../../../tasks/images/build_images.ts";
import { ROOT } from "../../../tasks/support/root.ts";
import { version } from "../../../tasks/support/version.ts";
import type { Progress } from "../progress.ts";
import { run } from "../run.ts";
import { imageStorage } from "./lab_images.ts";

/** What images are built from, relative to the repository. */
const SOURCES = ["LICENSE", ".containerignore", "images", "dist", "dist-images/licences.txt"];

/**
 * Images of a version that follows the present one: the same programs, each bundle with another digest.
 *
 * @param dir a folder of its own on the disk of the repository, made here
 */
export async function buildUpgradeImages(dir: string, progress: Progress): Promise<BuiltImage[]> {
  await Deno.mkdir(join(dir, "dist-images"), { recursive: true });
  for (const source of SOURCES) await run(["cp", "--recursive", join(ROOT, source), join(dir, source)]);
  for (const bundle of ["danm", "danm-ipam", "fakeipam", "danm-installer", "danm-webhook"]) {
    await Deno.writeTextFile(join(dir, "dist/lib", bundle, "main.js"), "\n// The next version.\n", { append: true });
  }
  return await buildImages({ root: dir, storage: imageStorage(), progress }, `${await version()}-next`);
}
