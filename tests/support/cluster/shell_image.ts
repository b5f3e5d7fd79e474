import { writeImageArchive } from "../kubelet/image_archive.ts";
import { run } from "../run.ts";

/** A shell, and all that tests of networks do with one: busybox (sh, nc, httpd, wget, …), `ip` and `ping`. */
export const SHELL_IMAGE = "lab.local/shell:1";

/** Where busybox's own would do for most, but not all: `ip -json`, `ping -I`. */
const REAL = ["ip", "ping"];

/**
 * Writes the image, of programs of this machine, as an archive that `ctr images import` takes.
 *
 * @param dir a directory of its own, made here
 * @returns path of the archive
 */
export async function writeShellImage(dir: string): Promise<string> {
  const root = `${dir}/root`;
  for (const name of ["bin", "tmp", "etc"]) await Deno.mkdir(`${root}/${name}`, { recursive: true });
  await Deno.writeTextFile(`${root}/etc/passwd`, "root:x:0:0:root:/:/bin/sh\n");
  for (const name of ["busybox", ...REAL]) await copyProgram(root, name);
  const applets = (await run(["busybox", "--list"])).stdout.trim().split("\n");
  for (const name of applets.filter((each) => each !== "busybox" && !REAL.includes(each))) {
    await Deno.symlink("busybox", `${root}/bin/${name}`);
  }
  return await writeImageArchive(dir, { name: SHELL_IMAGE, root, entrypoint: ["/bin/sh", "-c"] });
}

/** With the libraries that it is linked with. */
async function copyProgram(root: string, name: string): Promise<void> {
  const path = (await run(["sh", "-c", 'command -v "$1"', "sh", name])).stdout.trim();
  await Deno.copyFile(path, `${root}/bin/${name}`);
  // Fails for what is linked statically.
  const { stdout } = await run(["ldd", path], { check: false });
  for (const [, library = ""] of stdout.matchAll(/(?:=>)?\s(\/\S+) \(0x/g)) {
    await Deno.mkdir(`${root}${library.slice(0, library.lastIndexOf("/"))}`, { recursive: true });
    await Deno.copyFile(library, `${root}${library}`);
  }
}
