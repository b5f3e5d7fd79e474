import type { Lab } from "../../support/lab/lab.ts";
import { CommandFailed, run } from "../../support/run.ts";

/**
 * What a user reads who runs `kubectl` with an object on its stdin.
 *
 * @returns whether it succeeded; warnings and errors with the rest of what it printed
 */
export async function kubectlSays(
  lab: Lab,
  argv: readonly string[],
  object: unknown,
): Promise<{ success: boolean; text: string }> {
  const command = [lab.kubectlPath, "--kubeconfig", lab.admin.kubeconfigPath, ...argv];
  try {
    const { stdout, stderr } = await run(command, { stdin: JSON.stringify(object) });
    return { success: true, text: stderr + stdout };
  } catch (error) {
    if (!(error instanceof CommandFailed) || !error.result) throw error;
    return { success: false, text: error.result.stderr + error.result.stdout };
  }
}
