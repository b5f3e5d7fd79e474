/** Deno's options of all executables: nothing but what is in the bundle, no configuration, no lock file, no downloads. */
export const ISOLATION: readonly string[] = ["--no-config", "--no-lock", "--no-npm", "--no-remote"];

/**
 * V8's options of a plugin's process, which lives for a tenth of a second: what is compiled when a file is loaded, which
 * Deno keeps, is all of it; nothing is compiled a second time before it has run often; and there is room for all objects
 * of one call. Compiled code counts only for the options that it was compiled with.
 *
 * @see docs/decisions/0014-compiled-when-installed.md
 */
export const PLUGIN_V8_FLAGS = "--v8-flags=--no-lazy,--no-sparkplug,--min-semi-space-size=4";
