/** Where a node's relay to the API server listens, if it has one: a unix socket. */
export const RELAY_SOCKET = "/run/danm/relay.sock";
