import { run } from "../../tests/support/run.ts";

/** Absolute path of Deno's cache folder, as this Deno sees it. */
export async function denoDir(): Promise<string> {
  const { stdout } = await run([Deno.execPath(), "info", "--json"]);
  return (JSON.parse(stdout) as { denoDir: string }).denoDir;
}
