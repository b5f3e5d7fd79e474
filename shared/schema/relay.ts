/** Where a node's relay to the API server listens, if it has one: a unix socket. */
export const RELAY_SOCKET = "/run/danm/relay.sock";

/** Name of the extension of a kubeconfig's cluster that tells of a relay: `{"socket": PATH}`. */
export const RELAY_EXTENSION = "danm.io/relay";
