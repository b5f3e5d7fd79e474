import { ISOLATION, PLUGIN_V8_FLAGS } from "../../installer/runtime_options.ts";
import type { Component } from "../components.ts";

/**
 * The text of an executable that runs a component's bundle with the runtime beside it, for `/bin/sh`.
 *
 * It finds `deno`, `lib/` and `cache/` in its own folder, wherever that is, so the folder can be moved or copied as a
 * whole. Who installs the launcher alone, as the installer does, pins its second line (`installer/render_pinned_launcher.ts`).
 *
 * A shell and not `#!/usr/bin/env -S deno run …`, because the kernel reads no more than 255 bytes of that line, and
 * because Deno compiles a script without extension as TypeScript at each start: 200 ms where its cache is read-only.
 */
export function renderLauncher(component: Component): string {
  const { executable, cniPlugin } = component;
  const options = [...ISOLATION, "--no-prompt", ...(cniPlugin ? [PLUGIN_V8_FLAGS] : []), ...withOwnFiles(component)];
  return `#!/bin/sh
self=$0; if [ -h "$self" ]; then self=$(readlink -f "$self"); fi; root=\${self%/*}
main=$root/lib/${executable}/main.js
${cniPlugin ? CNI_PREAMBLE : ""}export DENO_DIR="$root/cache" DENO_NO_UPDATE_CHECK=1
exec "$root/deno" run ${options.join(" ")} "$main" "$@"
`;
}

/**
 * What only a shell can tell a plugin at no cost: whether it is asked to work in its own network namespace (Deno keeps
 * programs out of /proc); and what only a shell can answer: that there is no plugin. Its words are none that a runtime
 * takes for success.
 */
const CNI_PREAMBLE =
  `if [ "\${CNI_NETNS-}" -ef /proc/self/ns/net ]; then own=yes; else own=no; fi; export CNI_NETNS_IS_OWN=$own
if ! [ -x "$root/deno" ] || ! [ -r "$main" ]; then
  echo '{"cniVersion":"1.0.0","code":5,"msg":"the plugin is not completely installed: its runtime or its bundle is missing"}'
  exit 1
fi
`;

/** A component's permissions, with that to read the chunks of its own bundle when they are needed. */
function withOwnFiles({ executable, permissions }: Component): string[] {
  const read = permissions.find((permission) => permission.startsWith("--allow-read"));
  if (read === "--allow-read") return [...permissions];
  const own = `${read === undefined ? "--allow-read=" : `${read},`}$root/lib/${executable}`;
  const all = [...permissions.filter((permission) => permission !== read), own];
  return all.map((permission) => permission.includes("$root") ? `"${permission}"` : permission);
}
