/** Our images without a registry: the base of `images/base/Containerfile` from Debian's packages, the rest by buildah. */
import { join } from "node:path";
import { buildah, type BuiltImage } from "../../../tasks/images/build_images.ts";
import { makeImages } from "../../../tasks/images/make_images.ts";
import { cacheRoot } from "../lab/build.ts";
import { ensurePrerequisites } from "../lab/prerequisites.ts";
import { type Progress, withProgress } from "../progress.ts";
import { run } from "../run.ts";

/** The name that `images/Containerfile` expects. */
const BASE = "danm.local/base:bookworm";

/** What the base has besides Debian's essential packages, as `images/base/Containerfile` says. */
const PACKAGES = ["iproute2", "kmod", "nftables", "procps", "util-linux"];

/** What the registry's slim image leaves out, too. */
const LEFT_OUT = ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*"];

/** Where buildah has the images of labs. */
export function imageStorage(): string {
  return join(cacheRoot(), "images");
}

/** The images of all components, built from `dist/`, which has to be built before. */
export async function buildLabImages(progress: Progress): Promise<BuiltImage[]> {
  await ensurePrerequisites({ images: true }, progress);
  const storage = imageStorage();
  await ensureBase(storage, progress);
  return await makeImages({ storage, progress });
}

async function ensureBase(storage: string, progress: Progress): Promise<void> {
  await Deno.mkdir(storage, { recursive: true });
  const known = await buildah({ storage }, "images", "--quiet", "--filter", `reference=${BASE}`);
  if (known !== "") return;
  const tree = join(storage, "base.tar");
  await withProgress(progress, "a Debian base for the images", async () => {
    const without = LEFT_OUT.map((path) => `--dpkgopt=path-exclude=${path}`);
    const argv = ["mmdebstrap", "--quiet", "--variant=essential", ...without, `--include=${PACKAGES.join(",")}`];
    await run([...argv, "bookworm", tree], { timeoutMs: 600_000 });
    const container = await buildah({ storage }, "from", "scratch");
    await buildah({ storage }, "add", "--quiet", container, tree, "/");
    await buildah({ storage }, "commit", "--quiet", "--rm", "--timestamp", "0", container, BASE);
    await Deno.remove(tree);
  });
}
