import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { ROOT } from "../../tasks/support/root.ts";
import { run } from "../support/run.ts";

/** In pieces, so that this file does not contain what it looks for. */
const words = (...pieces: string[][]): string[] => pieces.map((parts) => parts.join(""));

/** What no file of the repository may contain. */
const FORBIDDEN: readonly { readonly why: string; readonly words: readonly string[] }[] = [
  {
    why: "hosts of package registries: the machine's own configuration says where packages come from",
    words: words(
      ["registry.", "npmjs.org"],
      ["registry.", "yarnpkg.com"],
      ["npm.", "jsr.io"],
      ["proxy.", "golang.org"],
      ["dl.", "deno.land"],
      ["deb.", "debian.org"],
      ["pypi.", "org"],
    ),
  },
  {
    why: "tools and paths of one workplace, which mean nothing to a reader elsewhere",
    words: words(["farm", "-"], ["issues", " show"], ["/work", "/main"], ["/work", "/shared"], ["/tmp", "/brief"]),
  },
];

/** One line for each forbidden word in a text. */
function findForbidden(path: string, text: string): string[] {
  return FORBIDDEN.flatMap(({ why, words }) =>
    words.filter((word) => text.includes(word)).map((word) => `${path}: "${word}" (${why})`)
  );
}

Deno.test("no file names a package registry or a tool of one workplace", async () => {
  const { stdout } = await run(["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
  const paths = stdout.split("\0").filter((path) => path !== "");
  const found = await Promise.all(paths.map(async (path) => findForbidden(path, await readIfThere(join(ROOT, path)))));
  assertEquals(found.flat(), []);
});

Deno.test("a forbidden word is found", () => {
  const [host = ""] = FORBIDDEN[0]?.words ?? [];
  assertEquals(findForbidden("a.md", `see https://${host}/zod`).length, 1);
  assertEquals(findForbidden("a.md", "see https://kubernetes.io/docs"), []);
});

/** The text of a file; empty for one that was deleted and not yet committed so, and for links to folders. */
async function readIfThere(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.IsADirectory) return "";
    throw error;
  }
}
