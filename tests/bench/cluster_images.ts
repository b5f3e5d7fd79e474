import type { BuiltImage } from "../../tasks/images/build_images.ts";
import { run } from "../support/run.ts";
import type { ClusterFigures } from "./cluster_figures.ts";

/** What is to be transferred for each image, and for all of them. */
export async function measureImages(
  images: readonly BuiltImage[],
): Promise<Pick<ClusterFigures, "images" | "imagesBytes">> {
  const blobs = await Promise.all(images.map(({ archive }) => listBlobs(archive)));
  return {
    images: images.map(({ reference }, index) => ({ reference, bytes: sum(blobs[index] ?? new Map()) })),
    imagesBytes: sum(new Map(blobs.flatMap((each) => [...each]))),
  };
}

/** The blobs of an OCI archive by digest, and their sizes in bytes. */
async function listBlobs(archive: string): Promise<Map<string, number>> {
  const { stdout } = await run(["tar", "--list", "--verbose", "--file", archive]);
  const lines = stdout.matchAll(/^-\S+ \S+ +(\d+) .* blobs\/sha256\/([0-9a-f]{64})$/gm);
  const blobs = new Map([...lines].map(([, size = "", digest = ""]) => [digest, Number(size)]));
  if (blobs.size === 0) throw new Error(`${archive} has no blobs: ${stdout}`);
  return blobs;
}

function sum(blobs: ReadonlyMap<string, number>): number {
  return [...blobs.values()].reduce((total, size) => total + size, 0);
}
