/**
 * A launcher that takes runtime and bundle from `root`, whatever folder it is installed in itself.
 *
 * @param launcher the text of a launcher that looks for its root in its second line
 * @param root absolute path of the folder that holds `deno`, `lib/` and `cache/`
 */
export function pinRoot(launcher: string, root: string): string {
  const [shebang, , ...rest] = launcher.split("\n");
  return [shebang, `root='${root.replaceAll("'", "'\\''")}'`, ...rest].join("\n");
}
