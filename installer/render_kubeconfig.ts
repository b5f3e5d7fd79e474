import { RELAY_EXTENSION } from "../shared/schema/relay.ts";

/** The API server as the plugins reach it. */
export interface ApiServer {
  /** URL. */
  readonly server: string;
  /** Authorities of its certificate, PEM. */
  readonly authorities: readonly string[];
  /** Path of the socket of the node's relay. */
  readonly relay: string;
}

/** The plugins' kubeconfig, in JSON, which they read faster than YAML. */
export function renderKubeconfig({ server, authorities, relay }: ApiServer, token: string): string {
  const cluster = {
    server,
    ...(authorities.length > 0 && { "certificate-authority-data": btoa(authorities.join("\n")) }),
    extensions: [{ name: RELAY_EXTENSION, extension: { socket: relay } }],
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
