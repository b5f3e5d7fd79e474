import { run } from "../run.ts";

/** An image of one layer. */
export interface ImageOptions {
  /** With a domain: others are looked for at Docker's. */
  readonly name: string;
  /** The directory whose files are the image's. */
  readonly root: string;
  readonly entrypoint: readonly string[];
}

/**
 * Writes an image as an archive that `ctr images import` takes.
 *
 * @param dir where its parts are put together; exists
 * @returns path of the archive
 */
export async function writeImageArchive(dir: string, { name, root, entrypoint }: ImageOptions): Promise<string> {
  const tar = async (archive: string, from: string, ...files: string[]): Promise<void> => {
    await run([
      "tar",
      "--create",
      "--owner=0",
      "--group=0",
      `--directory=${from}`,
      `--file=${dir}/${archive}`,
      ...files,
    ]);
  };
  await tar("layer.tar", root, ".");
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await Deno.readFile(`${dir}/layer.tar`)));
  const config = {
    architecture: Deno.build.arch === "aarch64" ? "arm64" : "amd64",
    os: "linux",
    config: { Entrypoint: entrypoint, Env: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"] },
    rootfs: { type: "layers", diff_ids: [`sha256:${digest.toHex()}`] },
  };
  await Deno.writeTextFile(`${dir}/config.json`, JSON.stringify(config));
  const manifest = [{ Config: "config.json", RepoTags: [name], Layers: ["layer.tar"] }];
  await Deno.writeTextFile(`${dir}/manifest.json`, JSON.stringify(manifest));
  await tar("image.tar", dir, "manifest.json", "config.json", "layer.tar");
  return `${dir}/image.tar`;
}
