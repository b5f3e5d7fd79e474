import type { Lab } from "./lab.ts";

const CRDS = new URL("../../../crds", import.meta.url).pathname;

/** Installs DANM's CRDs alone, and waits until they are served. */
export async function installCrds(lab: Lab): Promise<void> {
  await lab.kubectl(["apply", "-f", CRDS]);
  await lab.kubectl(["wait", "--for=condition=Established", "--timeout=60s", "-f", CRDS]);
}
