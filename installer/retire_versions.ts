import type { Logger } from "../shared/log.ts";
import { planRetirement } from "./plan_retirement.ts";

/** A plugin ends after a minute at most; its runtime may be slow to start it. */
const GRACE_MS = 10 * 60_000;

/** Names that a version's folder may have. */
const VERSION = /^[0-9a-f]{16}$/;

/** Removes old versions when nothing can use them any more. What it does not know the age of, it watches first. */
export class Retirement {
  readonly #since = new Map<string, number>();
  readonly #monotonicMs: () => number;

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  /** Looks once; call it again and again, after the launchers lead to `current`. */
  async look(installDir: string, { current, log }: { current: string; log: Logger }): Promise<void> {
    const now = this.#monotonicMs();
    const versions = (await listVersions(installDir)).filter((version) => version !== current);
    this.#since.delete(current);
    for (const version of versions) if (!this.#since.has(version)) this.#since.set(version, now);
    const supersededMs = new Map([...this.#since].map(([version, since]) => [version, now - since]));
    for (const version of planRetirement(versions, { current, supersededMs, graceMs: GRACE_MS })) {
      await Deno.remove(`${installDir}/${version}`, { recursive: true });
      this.#since.delete(version);
      log.info("old version removed", { version });
    }
  }
}

/** Names of the folders of all versions; none when nothing is installed. */
export async function listVersions(installDir: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(installDir));
    return entries.filter(({ name, isDirectory }) => isDirectory && VERSION.test(name)).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
