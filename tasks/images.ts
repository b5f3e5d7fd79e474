/**
 * `deno task images`: the images of all components as OCI archives in `dist-images/`. Needs buildah, and the base image
 * of `images/base/Containerfile` in its storage.
 */
import { toStderr } from "../tests/support/progress.ts";
import { makeImages } from "./images/make_images.ts";

for (const { reference, archive } of await makeImages({ progress: toStderr })) {
  const { size } = await Deno.stat(archive);
  toStderr(`${reference}: ${archive}, ${(size / 1e6).toFixed(0)} MB`);
}
