import type { Component } from "../components.ts";

/** Nothing but what is in the bundle: no configuration, no lock file, no downloads, no questions. */
const ISOLATION = ["--no-config", "--no-lock", "--no-npm", "--no-remote", "--no-prompt"];

/**
 * The text of an executable that runs a component's bundle with the runtime beside it, for `/bin/sh`.
 *
 * It finds `deno`, `lib/` and `cache/` in its own folder, wherever that is, so the folder can be moved or copied as a
 * whole. Who installs the launcher alone, say into a plugin folder, pins its second line: {@linkcode pinRoot}.
 *
 * A shell and not `#!/usr/bin/env -S deno run …`, because the kernel reads no more than 255 bytes of that line, and
 * because Deno compiles a script without extension as TypeScript at each start: 200 ms where its cache is read-only.
 */
export function renderLauncher(component: Component): string {
  const { executable, permissions } = component;
  return `#!/bin/sh
self=$0; if [ -h "$self" ]; then self=$(readlink -f "$self"); fi; root=\${self%/*}
export DENO_DIR="$root/cache" DENO_NO_UPDATE_CHECK=1
exec "$root/deno" run ${[...ISOLATION, ...permissions].join(" ")} "$root/lib/${executable}/main.js" "$@"
`;
}

/**
 * A launcher that takes runtime and bundle from `root`, whatever folder it is installed in itself.
 *
 * @param launcher the text of {@linkcode renderLauncher}
 * @param root absolute path of the folder that holds `deno`, `lib/` and `cache/`
 */
export function pinRoot(launcher: string, root: string): string {
  const [shebang, , ...rest] = launcher.split("\n");
  return [shebang, `root='${root.replaceAll("'", "'\\''")}'`, ...rest].join("\n");
}
