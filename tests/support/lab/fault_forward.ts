/** Passes requests on to the API server as the user who sent them. */
import { Buffer } from "node:buffer";
import https from "node:https";
import type { IncomingMessage } from "node:http";

/** A caller who showed a client certificate of the lab's authority. */
export interface CertifiedCaller {
  readonly user: string;
  readonly groups: readonly string[];
}

/** A request that was read to its end. */
export interface Outgoing {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Uint8Array;
  readonly caller: CertifiedCaller | undefined;
}

/** Where the API server is, and an administrator's certificate for it. PEM texts. */
export interface Upstream {
  readonly server: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Headers that speak of one connection and do not belong on another one. */
const HOP_BY_HOP = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade", "host", "content-length"]);

/** Sends requests to the API server. */
export class Forwarder {
  readonly #server: URL;
  readonly #asAdmin: https.Agent;
  readonly #asNobody: https.Agent;

  constructor(upstream: Upstream) {
    this.#server = new URL(upstream.server);
    this.#asAdmin = new https.Agent({ keepAlive: true, ca: upstream.ca, cert: upstream.cert, key: upstream.key });
    this.#asNobody = new https.Agent({ keepAlive: true, ca: upstream.ca });
  }

  /**
   * Gives the API server's answer, its body yet to be read.
   *
   * A caller with a certificate is impersonated by the administrator. A caller with a token, or with nothing, is
   * passed on without the administrator's certificate, which would win over the token.
   */
  send(request: Outgoing): Promise<IncomingMessage> {
    const impersonated = request.headers["authorization"] === undefined ? request.caller : undefined;
    const headers = { ...passedOn(request.headers), ...impersonation(impersonated) };
    if (request.body.length > 0) headers["content-length"] = String(request.body.length);
    return new Promise((resolve, reject) => {
      const outgoing = https.request({
        hostname: this.#server.hostname,
        port: this.#server.port,
        method: request.method,
        path: request.path,
        headers,
        agent: impersonated === undefined ? this.#asNobody : this.#asAdmin,
      }, resolve);
      outgoing.on("error", reject);
      outgoing.end(Buffer.from(request.body));
    });
  }
}

/** Headers without those of the connection and without HTTP/2's own. */
export function passedOn(headers: Outgoing["headers"]): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !name.startsWith(":") && !HOP_BY_HOP.has(name)) kept[name] = value;
  }
  return kept;
}

function impersonation(caller: CertifiedCaller | undefined): Record<string, string | string[]> {
  if (caller === undefined) return {};
  const groups = caller.groups.length === 0 ? {} : { "Impersonate-Group": [...caller.groups] };
  return { "Impersonate-User": caller.user, ...groups };
}
