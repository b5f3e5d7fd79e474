import { findMissing, type Needs } from "./prerequisites.ts";

/**
 * Registers a test that needs a lab. Where the machine cannot run one the test is skipped, loudly, with the reason
 * in its name; when `CI` is set it fails instead.
 */
export function labTest(name: string, needs: Needs, fn: (t: Deno.TestContext) => Promise<void>): void {
  const missing = findMissing(needs);
  if (missing.length === 0) {
    Deno.test(name, fn);
    return;
  }
  const reason = missing.join("; ");
  const strict = Deno.env.get("CI") !== undefined;
  Deno.test({
    name: strict ? name : `${name} — SKIPPED: ${reason}`,
    ignore: !strict,
    fn: () => {
      throw new Error(`this machine cannot run the lab: ${reason}`);
    },
  });
}
