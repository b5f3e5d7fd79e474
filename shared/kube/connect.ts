import { abortable } from "../abortable.ts";
import type { Logger } from "../log.ts";
import { KubeClient } from "./client.ts";
import { loadKubeconfig } from "./kubeconfig.ts";

/** Connects to the API server of a kubeconfig when it is called first; later calls get the same client. */
export type Connect = (signal: AbortSignal) => Promise<KubeClient>;

/**
 * Makes a {@linkcode Connect}. Every request is a line at level debug: what is slow, or what hangs, is told by the log.
 *
 * @param kubeconfig path
 */
export function createConnect(kubeconfig: string, options: { userAgent: string; log: Logger }): Connect {
  const { userAgent, log } = options;
  let connecting: Promise<KubeClient> | undefined;
  return (signal) => {
    connecting ??= loadKubeconfig(kubeconfig).then((target) =>
      new KubeClient(target, {
        userAgent,
        onRequest: ({ method, path, status, ms }) =>
          log.debug("request", { method, path, status, ms, endMs: performance.now() }),
      })
    );
    // An exec plugin of the kubeconfig may hang.
    return abortable(connecting, signal);
  };
}
