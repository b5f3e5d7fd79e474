import { KubeClient } from "../../../shared/kube/client.ts";
import { loadKubeconfig } from "../../../shared/kube/kubeconfig.ts";
import type { KubeUser } from "../lab/users.ts";

/** A client for a user of a lab. A process of kubectl costs a processor a hundred times what its request does. */
export async function clientFor(user: KubeUser): Promise<KubeClient> {
  return new KubeClient(await loadKubeconfig(user.kubeconfigPath));
}
