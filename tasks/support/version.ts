import { join } from "node:path";
import { ROOT } from "./root.ts";

/** The version that is built: `version` of deno.json. */
export async function version(): Promise<string> {
  const { version } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  if (typeof version !== "string" || !/^\d+\.\d+\.\d+/.test(version)) throw new Error("deno.json: version is not set");
  return version;
}
