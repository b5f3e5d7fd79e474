import type { Readiness } from "./readiness.ts";

/** Where the kubelet asks. */
export interface ProbeAddress {
  readonly hostname: string;
  readonly port: number;
}

/**
 * Answers the kubelet's probes: `/livez`, which only says that the process gets to its requests, and `/readyz`, which
 * says what the node lacks.
 *
 * @throws {Deno.errors.AddrInUse}
 */
export function serveProbes(
  readiness: Readiness,
  { hostname, port }: ProbeAddress,
): AsyncDisposable & { readonly port: number } {
  const server = Deno.serve({ hostname, port, onListen: () => {} }, (request) => {
    switch (new URL(request.url).pathname) {
      case "/livez":
        return new Response("ok");
      case "/readyz":
        return readiness.reasons.length === 0
          ? new Response("ok")
          : new Response(`${readiness.reasons.join("\n")}\n`, { status: 503 });
      default:
        return new Response("/livez and /readyz are here\n", { status: 404 });
    }
  });
  return { port: server.addr.port, [Symbol.asyncDispose]: () => server.shutdown() };
}
