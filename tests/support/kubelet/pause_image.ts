import { run } from "../run.ts";

/** The one image of a node, for sandboxes and containers alike: nothing but a program that waits for its end. */
export const PAUSE_IMAGE = "lab.local/pause:1";

/**
 * Writes the image as an archive that `ctr images import` takes.
 *
 * @param dir a directory of its own, made here
 * @param pause path of the program, statically linked
 * @returns path of the archive
 */
export async function writePauseImage(dir: string, pause: string): Promise<string> {
  await Deno.mkdir(dir);
  await Deno.copyFile(pause, `${dir}/pause`);
  const tar = async (name: string, ...files: string[]): Promise<void> => {
    await run(["tar", "--create", "--owner=0", "--group=0", `--directory=${dir}`, `--file=${dir}/${name}`, ...files]);
  };
  await tar("layer.tar", "pause");
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await Deno.readFile(`${dir}/layer.tar`)));
  const config = {
    architecture: Deno.build.arch === "aarch64" ? "arm64" : "amd64",
    os: "linux",
    config: { Entrypoint: ["/pause"] },
    rootfs: { type: "layers", diff_ids: [`sha256:${digest.toHex()}`] },
  };
  await Deno.writeTextFile(`${dir}/config.json`, JSON.stringify(config));
  const manifest = [{ Config: "config.json", RepoTags: [PAUSE_IMAGE], Layers: ["layer.tar"] }];
  await Deno.writeTextFile(`${dir}/manifest.json`, JSON.stringify(manifest));
  await tar("image.tar", "manifest.json", "config.json", "layer.tar");
  return `${dir}/image.tar`;
}
