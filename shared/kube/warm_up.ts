/**
 * Starts what the first TLS handshake of a process waits for, on another thread. In Deno 2.9 that handshake costs 45 ms,
 * 35 of which gather entropy for the crypto library, once per process; making an ECDSA key gathers it too. Call it
 * before anything else and do not wait: after 30 ms of other work a handshake takes 6 ms. Where there is a relay no
 * handshake is expected, and nothing is started.
 *
 * @param relay path of the relay's socket
 * @see docs/decisions/0013-relay.md
 * @see https://github.com/aws/aws-lc-rs/issues/1140
 */
export function warmUpTls(relay: string): void {
  if (isThere(relay)) return;
  crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]).catch(() => {
    // Without the key nothing is lost but time: the handshake gathers its entropy itself.
  });
}

/** What cannot be looked at counts as not there: that costs time only. */
function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
