import { pinRoot } from "./render_pinned_launcher.ts";

/** A file of the image that goes to the node. */
export interface SourceFile {
  /** Relative to the folder of executables, such as `lib/danm/main.js`. */
  readonly path: string;
  /** SHA-256 of its content, in hex. */
  readonly digest: string;
}

/** A launcher of the image. */
export interface SourceLauncher {
  readonly name: string;
  readonly text: string;
}

/** What the image has. */
export interface Source {
  readonly files: readonly SourceFile[];
  readonly launchers: readonly SourceLauncher[];
}

/** A file on the node. */
export interface InstalledFile {
  /** SHA-256 of its content, in hex; of anything but a file it is empty. */
  readonly digest: string;
  /** Permission bits. */
  readonly mode: number;
}

/** One thing to do; each leaves the node as good as before, and may be done again. */
export type InstallStep =
  | { readonly kind: "copy"; readonly from: string; readonly to: string; readonly mode: number }
  | { readonly kind: "warm"; readonly dir: string }
  | { readonly kind: "write"; readonly to: string; readonly text: string; readonly mode: number };

/** Where a version goes. */
export interface Target {
  /** Folder of this version alone. */
  readonly versionDir: string;
  /** Folder of the launchers. */
  readonly pluginDir: string;
}

/** What a plan compares. */
export interface InstallFacts extends Target {
  readonly source: Source;
  /** What is there, by path. */
  readonly installed: ReadonlyMap<string, InstalledFile>;
  /** SHA-256 in hex of each launcher as it is wanted, by path. */
  readonly launcherDigests: ReadonlyMap<string, string>;
  /** Whether nothing is to be done for the caches of this version. */
  readonly warm: boolean;
}

/** Everything may be read and executed by everyone: it is no secret, and who starts it is not always root. */
const MODE = 0o755;

/**
 * What makes a node run this version: runtime and bundles first, in a folder of the version's own, then the caches, the
 * launchers last. Until the last step the old version works, from it on the new one.
 */
export function planInstall(facts: InstallFacts): InstallStep[] {
  const { source, versionDir, installed } = facts;
  const copies = source.files.filter(({ path, digest }) =>
    !isThere(installed, { path: `${versionDir}/${path}`, digest })
  )
    .map(({ path }): InstallStep => ({ kind: "copy", from: path, to: `${versionDir}/${path}`, mode: MODE }));
  const warming: InstallStep[] = copies.length === 0 && facts.warm ? [] : [{ kind: "warm", dir: versionDir }];
  const launchers = pinnedLaunchers(source, facts)
    .filter(({ path }) => !isThere(installed, { path, digest: facts.launcherDigests.get(path) }))
    .map(({ path, text }): InstallStep => ({ kind: "write", to: path, text, mode: MODE }));
  return [...copies, ...warming, ...launchers];
}

/** The launchers as they are wanted on the node, with their paths. */
export function pinnedLaunchers(
  { launchers }: Source,
  { versionDir, pluginDir }: Target,
): { path: string; text: string }[] {
  return launchers.map(({ name, text }) => ({ path: `${pluginDir}/${name}`, text: pinRoot(text, versionDir) }));
}

/**
 * The name of a version's folder: all that makes it up, for a SHA-256. Two builds of the same number never share a
 * folder, so no file that is in use ever has to change.
 */
export function describeVersion({ files, launchers }: Source): string {
  const sorted = [...files].sort((a, b) => a.path < b.path ? -1 : 1);
  return [...sorted.map(({ path, digest }) => `${path} ${digest}`), ...launchers.map(({ text }) => text)].join("\n");
}

function isThere(
  installed: ReadonlyMap<string, InstalledFile>,
  { path, digest }: { path: string; digest: string | undefined },
): boolean {
  const file = installed.get(path);
  return file !== undefined && file.digest === digest && file.mode === MODE;
}
