import { writeImageArchive } from "./image_archive.ts";

/** The image of all sandboxes, and of containers that do nothing: a program that waits for its end. */
export const PAUSE_IMAGE = "lab.local/pause:1";

/**
 * Writes the image as an archive that `ctr images import` takes.
 *
 * @param dir a directory of its own, made here
 * @param pause path of the program, statically linked
 * @returns path of the archive
 */
export async function writePauseImage(dir: string, pause: string): Promise<string> {
  await Deno.mkdir(`${dir}/root`, { recursive: true });
  await Deno.copyFile(pause, `${dir}/root/pause`);
  return await writeImageArchive(dir, { name: PAUSE_IMAGE, root: `${dir}/root`, entrypoint: ["/pause"] });
}
