import { KubeClient } from "../../shared/kube/client.ts";
import { loadKubeconfig } from "../../shared/kube/kubeconfig.ts";
import { messageOf } from "../../shared/errors.ts";
import type { Lab } from "../support/lab/lab.ts";
import type { Replica } from "../support/webhook/replica.ts";

/** A client that tells of every failure. */
export async function benchClient(lab: Lab): Promise<KubeClient> {
  return new KubeClient(await loadKubeconfig(lab.admin.kubeconfigPath), { retry: { maxTries: 1 } });
}

/** Where objects of a kind are. */
export const PATHS = {
  clusterNetworks: "/apis/danm.io/v1/clusternetworks",
  tenantConfigs: "/apis/danm.io/v1/tenantconfigs",
  tenantNetworks: (namespace: string): string => `/apis/danm.io/v1/namespaces/${namespace}/tenantnetworks`,
  endpoints: (namespace: string): string => `/apis/danm.io/v1/namespaces/${namespace}/danmeps`,
} as const;

/** Admission requests that replicas have answered so far. */
export async function answered(replicas: readonly Replica[]): Promise<number> {
  const counts = await Promise.all(replicas.map((replica) => replica.metric("danm_webhook_admissions_total")));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** How many calls failed, how long each took that did not, and what the first failure was. */
export interface Calls {
  readonly times: readonly number[];
  readonly failures: readonly string[];
  readonly seconds: number;
}

/** Calls again and again, so many at a time, until told to stop. */
export async function callAtOnce(
  call: (number: number) => Promise<unknown>,
  { callers, goOn }: { callers: number; goOn: (number: number) => boolean },
): Promise<Calls> {
  const [times, failures]: [number[], string[]] = [[], []];
  const startMs = performance.now();
  let next = 0;
  await Promise.all(Array.from({ length: callers }, async () => {
    for (let number = next++; goOn(number); number = next++) {
      const sentMs = performance.now();
      try {
        await call(number);
        times.push(performance.now() - sentMs);
      } catch (error) {
        failures.push(messageOf(error));
      }
    }
  }));
  return { times, failures, seconds: (performance.now() - startMs) / 1000 };
}
