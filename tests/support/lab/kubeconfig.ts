/** How somebody proves to an API server who he is: a client certificate or a token. PEM texts. */
export type Credentials = { readonly cert: string; readonly key: string } | { readonly token: string };

/** What a kubeconfig file of one cluster and one user says. */
export interface KubeconfigOptions {
  readonly server: string;
  /** PEM text. */
  readonly ca: string;
  readonly user: string;
  readonly credentials: Credentials;
  readonly namespace?: string;
}

/** Renders a kubeconfig as JSON, which is faster to read than YAML, with all certificates inside. */
export function renderKubeconfig(options: KubeconfigOptions): string {
  const { credentials } = options;
  const user = "token" in credentials ? { token: credentials.token } : {
    "client-certificate-data": btoa(credentials.cert),
    "client-key-data": btoa(credentials.key),
  };
  const context = { cluster: "lab", user: options.user, namespace: options.namespace ?? "default" };
  return JSON.stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{
        name: "lab",
        cluster: { server: options.server, "certificate-authority-data": btoa(options.ca) },
      }],
      users: [{ name: options.user, user }],
      contexts: [{ name: "lab", context }],
      "current-context": "lab",
    },
    null,
    2,
  );
}
