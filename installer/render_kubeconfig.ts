/** The API server as the plugins reach it. */
export interface ApiServer {
  /** URL. */
  readonly server: string;
  /** Authorities of its certificate, PEM. */
  readonly authorities: readonly string[];
}

/** The plugins' kubeconfig, in JSON, which they read faster than YAML. */
export function renderKubeconfig({ server, authorities }: ApiServer, token: string): string {
  const cluster = {
    server,
    ...(authorities.length > 0 && { "certificate-authority-data": btoa(authorities.join("\n")) }),
  };
  return `${
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "cluster", cluster }],
      users: [{ name: "danm-cni", user: { token } }],
      contexts: [{ name: "danm-cni", context: { cluster: "cluster", user: "danm-cni" } }],
      "current-context": "danm-cni",
    })
  }\n`;
}
