import { KubeconfigError, type KubeTarget } from "./kube_target.ts";
import { readPem } from "./pem.ts";
import { tokenFromFile } from "./token_file.ts";

const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * The API server that a Pod's environment names, as the Pod's ServiceAccount.
 *
 * @param env KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT, as read by the executable's main.ts
 * @throws {KubeconfigError} when the process is not in a Pod, or the Pod mounts no ServiceAccount
 * @see https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
 */
export async function loadInCluster(
  env: { readonly host: string | undefined; readonly port: string | undefined; readonly dir?: string },
): Promise<KubeTarget> {
  const { host, port, dir = SERVICE_ACCOUNT } = env;
  const at = { file: dir };
  if (!host || !port) {
    throw new KubeconfigError(
      "in-cluster configuration: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set; " +
        "run in a Pod, or give a kubeconfig",
      at,
    );
  }
  const source = `the ServiceAccount in ${dir}`;
  const token = tokenFromFile({ file: `${dir}/token`, what: source, hint: "set automountServiceAccountToken: true" });
  const [ca] = await Promise.all([
    readPem({ file: `${dir}/ca.crt`, label: "CERTIFICATE", what: source, field: "ca.crt" }),
    token(),
  ]);
  return {
    source,
    server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
    namespace: await namespaceIn(dir),
    caCerts: [ca],
    token,
  };
}

async function namespaceIn(dir: string): Promise<string | undefined> {
  try {
    return (await Deno.readTextFile(`${dir}/namespace`)).trim() || undefined;
  } catch (error) {
    // Projected volumes may leave the file out.
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
