import { join } from "node:path";
import { run } from "../../tests/support/run.ts";
import { type Progress, withProgress } from "../../tests/support/progress.ts";

/** The targets of `images/Containerfile`, by which images are named, too. */
export const IMAGES = ["installer", "webhook"] as const;
/** One of our images. */
export type ImageName = typeof IMAGES[number];

/** A built image. */
export interface BuiltImage {
  readonly name: ImageName;
  /** `danm.local/webhook:0.1.0` */
  readonly reference: string;
  /** Path of an OCI archive, as `ctr images import`, `podman load` and `skopeo copy` take it. */
  readonly archive: string;
}

/** Where images are built. */
export interface Builder {
  /** The repository; `dist/` is in it. */
  readonly root: string;
  /** Folder of the images and layers of buildah; undefined = its own. */
  readonly storage?: string | undefined;
  readonly progress: Progress;
}

/** Time for one command of buildah, in milliseconds. */
const TIMEOUT_MS = 300_000;

/** Runs buildah: as root without an engine, and without user namespaces, which nested containers may lack. */
export async function buildah({ storage }: Pick<Builder, "storage">, ...args: string[]): Promise<string> {
  const places = storage === undefined ? [] : ["--root", join(storage, "root"), "--runroot", join(storage, "run")];
  const env = { BUILDAH_ISOLATION: "chroot" };
  return (await run(["buildah", ...places, ...args], { env, timeoutMs: TIMEOUT_MS })).stdout.trim();
}

/**
 * Builds the images from what is in `dist/`, and writes them as OCI archives. Nothing is downloaded: the base image has
 * to be in the storage. All times in the images are 0, so that the same content has the same digest.
 *
 * @param version tag of the images
 */
export async function buildImages(builder: Builder, version: string): Promise<BuiltImage[]> {
  const { root, progress } = builder;
  const outDir = join(root, "dist-images");
  await Deno.mkdir(outDir, { recursive: true });
  const built: BuiltImage[] = [];
  for (const name of IMAGES) {
    const reference = `danm.local/${name}:${version}`;
    const archive = join(outDir, `${name}.tar`);
    await withProgress(progress, `image ${reference}`, async () => {
      const from = ["--file", join(root, "images/Containerfile"), root];
      const fixed = ["--pull-never", "--network", "none", "--layers", "--timestamp", "0"];
      await buildah(builder, "build", "--quiet", ...fixed, "--target", name, "--tag", reference, ...from);
      // Somebody may be reading the one that is there.
      const next = await Deno.makeTempFile({ dir: outDir, prefix: `.${name}-`, suffix: ".tar" });
      await Deno.remove(next);
      await buildah(builder, "push", "--quiet", reference, `oci-archive:${next}:${reference}`);
      await Deno.rename(next, archive);
    });
    built.push({ name, reference, archive });
  }
  return built;
}
