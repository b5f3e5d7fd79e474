import { join } from "node:path";
import { run } from "../../tests/support/run.ts";

/** A package of somebody else's that a bundle has something of. */
export interface Package {
  readonly name: string;
  readonly version: string;
  /** SPDX expression of its package.json. */
  readonly licence: string;
  /** The text of its licence; undefined where the package has none besides the expression. */
  readonly text: string | undefined;
}

/** What of the output of `deno info --json` is read here. */
interface DenoInfo {
  readonly modules: readonly { readonly npmPackage?: string }[];
  readonly npmPackages: Readonly<
    Record<string, {
      readonly name: string;
      readonly version: string;
      readonly dependencies: readonly string[];
      readonly localPath: string;
    }>
  >;
}

/**
 * The packages that the executables of these entries are made of, with all that those need, by name.
 *
 * @param entries absolute paths of `main.ts`
 * @throws {Error} naming a package without a licence
 */
export async function listPackages(entries: readonly string[], root: string): Promise<Package[]> {
  const found = new Map<string, Package>();
  for (const entry of entries) {
    const { stdout } = await run([Deno.execPath(), "info", "--json", entry], { cwd: root, timeoutMs: 120_000 });
    const info: DenoInfo = JSON.parse(stdout);
    const wanted = info.modules.flatMap(({ npmPackage }) => npmPackage ?? []);
    for (const key of wanted) {
      const at = info.npmPackages[key];
      if (!at || found.has(key)) continue;
      found.set(key, await readPackage(at));
      wanted.push(...at.dependencies);
    }
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name) || a.version.localeCompare(b.version));
}

async function readPackage(
  { name, version, localPath }: { name: string; version: string; localPath: string },
): Promise<Package> {
  const { license, licenses } = JSON.parse(await Deno.readTextFile(join(localPath, "package.json")));
  const licence = license?.type ?? license ?? licenses?.map(({ type }: { type: string }) => type).join(" OR ");
  if (typeof licence !== "string" || licence === "") throw new Error(`${name}@${version} does not name its licence`);
  const file = Array.from(Deno.readDirSync(localPath), (entry) => entry.name).find((one) => /^licen[cs]e/i.test(one));
  return { name, version, licence, text: file && await Deno.readTextFile(join(localPath, file)) };
}

/** The list as a text: first one line for each package, then the licences' texts, each once. */
export function renderLicences(packages: readonly Package[]): string {
  const texts = new Map<string, string[]>();
  for (const { name, version, text } of packages) {
    if (text !== undefined) texts.set(text.trim(), [...texts.get(text.trim()) ?? [], `${name} ${version}`]);
  }
  return [
    "This product contains the packages below, and Deno (MIT), whose own parts are listed in its repository.",
    "",
    ...packages.map(({ name, version, licence }) => `${name} ${version}: ${licence}`),
    ...[...texts].flatMap(([text, names]) => ["", "─".repeat(100), names.join(", "), "", text]),
    "",
  ].join("\n");
}
