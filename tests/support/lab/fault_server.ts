/** The proxy itself: HTTP/2 and HTTP/1.1 over TLS, one request after the other through the rules. */
import http2 from "node:http2";
import type net from "node:net";
import { type CertifiedCaller, Forwarder, type Outgoing, passedOn, type Upstream } from "./fault_forward.ts";
import { Listener, type Partition } from "./fault_listener.ts";
import { callerOf, readAll, type Request, socketOf } from "./fault_request.ts";
import { type Fault, renderStatus, type Rules, type SeenRequest } from "./fault_rules.ts";

type Response = http2.Http2ServerResponse;

/** What a proxy needs to run. PEM texts. */
export interface ServerOptions {
  readonly hostname: string;
  readonly cert: string;
  readonly key: string;
  /** Callers' client certificates are of this authority. */
  readonly ca: string;
  readonly upstream: Upstream;
}

/** A running proxy. */
export class FaultServer {
  /** All requests seen so far. */
  readonly seen: SeenRequest[] = [];
  readonly #rules: Rules;
  readonly #forwarder: Forwarder;
  readonly #tls: http2.Http2SecureServer;
  readonly #listener: Listener;
  readonly #held = new Map<number, () => void>();

  constructor(options: ServerOptions, rules: Rules) {
    const { cert, key, ca } = options;
    this.#rules = rules;
    this.#forwarder = new Forwarder(options.upstream);
    const tls = { cert, key, ca: [ca], requestCert: true, rejectUnauthorized: false, allowHTTP1: true };
    this.#tls = http2.createSecureServer(tls);
    this.#tls.on("request", (request: Request, response: Response) => void this.#serve(request, response));
    // Connections that are dropped on purpose end as errors here.
    this.#tls.on("sessionError", () => {});
    this.#tls.on("tlsClientError", () => {});
    this.#listener = new Listener(options.hostname, (socket: net.Socket) => this.#tls.emit("connection", socket));
  }

  /** Begins to accept connections. Gives the port. */
  async listen(): Promise<number> {
    return await this.#listener.listen();
  }

  /** Breaks the network or mends it. */
  async setPartition(partition: Partition): Promise<void> {
    await this.#listener.setPartition(partition);
  }

  /**
   * Lets a held request through to the API server.
   *
   * @throws {Error} when no request of that number is held
   */
  release(number: number): void {
    const release = this.#held.get(number);
    if (release === undefined) throw new Error(`request ${number} is not held`);
    this.#held.delete(number);
    release();
  }

  async #serve(request: Request, response: Response): Promise<void> {
    request.stream?.on("error", () => {});
    response.on("error", () => {});
    const caller = callerOf(request);
    const seen = this.#record(request, caller);
    const fault: Fault | undefined = this.#listener.isSilent
      ? { kind: "hang" }
      : this.#rules.take({ method: seen.method, path: seen.path, user: caller?.user });
    if (fault !== undefined) Object.assign(seen, { fault: fault.kind });
    try {
      const body = await readAll(request);
      // The API server would see the proxy's administrator impersonate, and not ask whether the caller may.
      if (caller !== undefined && request.headers["impersonate-user"] !== undefined) {
        return answer(NO_IMPERSONATION, { response, seen });
      }
      const { method, path } = seen;
      await this.#apply(fault, {
        request,
        response,
        seen,
        outgoing: { method, path, headers: request.headers, body, caller },
      });
    } catch (error) {
      if (!response.headersSent) {
        seen.status = 502;
        response.writeHead(502, { "content-type": "text/plain" });
      }
      response.end(`the lab's proxy could not reach the API server: ${error}`);
    }
  }

  async #apply(fault: Fault | undefined, exchange: Exchange): Promise<void> {
    switch (fault?.kind) {
      case undefined:
        return await this.#forward(exchange);
      case "answer":
        if (fault.when === "after") await this.#settle(exchange);
        return answer(fault, exchange);
      case "delay":
        await new Promise((resolve) => setTimeout(resolve, fault.ms));
        return await this.#forward(exchange);
      case "hang":
        return;
      case "hold":
        await new Promise<void>((resolve) => this.#held.set(exchange.seen.number, resolve));
        return await this.#forward(exchange);
      case "drop":
        return await this.#lose(fault, exchange);
      case "truncate":
        return cutOff(await this.#settle(exchange), exchange);
      case "twice":
        if (fault.answer === "first") return await this.#forwardAndRepeat(exchange);
        await this.#settle(exchange);
        return await this.#forward(exchange);
    }
  }

  async #lose(fault: Extract<Fault, { kind: "drop" }>, exchange: Exchange): Promise<void> {
    if (fault.when === "after") await this.#settle(exchange);
    this.#listener.refuseNext(fault.refuse ?? 0);
    const underWay = fault.when === "meanwhile" ? this.#settle(exchange) : undefined;
    this.#drop(exchange, fault.scope ?? "connection");
    await underWay;
  }

  /** The second time before the caller is told of the first, so that there is an order. */
  async #forwardAndRepeat(exchange: Exchange): Promise<void> {
    const { response, seen } = exchange;
    const first = await this.#settle(exchange);
    const status = seen.upstreamStatus ?? 0;
    await this.#settle(exchange);
    seen.upstreamStatus = status;
    seen.status = status;
    response.writeHead(status, { "content-type": "application/json" });
    seen.endedMs = performance.now();
    response.end(first);
  }

  async #forward({ response, seen, outgoing }: Exchange): Promise<void> {
    const incoming = await this.#forwarder.send(outgoing);
    seen.upstreamStatus = incoming.statusCode ?? 0;
    // The caller of a held request may be gone.
    if (response.stream?.destroyed || response.destroyed) {
      incoming.resume();
      return;
    }
    seen.status = seen.upstreamStatus;
    response.writeHead(seen.status, passedOn(incoming.headers));
    seen.endedMs = performance.now();
    // A watch ends when its caller goes.
    response.on("close", () => incoming.destroy());
    incoming.on("error", () => response.end());
    incoming.pipe(response);
  }

  /** Has the API server do what was asked. Gives the answer's body, of which the caller knows nothing. */
  async #settle({ seen, outgoing }: Exchange): Promise<Uint8Array> {
    const incoming = await this.#forwarder.send(outgoing);
    seen.upstreamStatus = incoming.statusCode ?? 0;
    return await readAll(incoming);
  }

  #drop({ request, seen }: Exchange, scope: "request" | "connection"): void {
    seen.endedMs = performance.now();
    const port = socketOf(request).remotePort ?? 0;
    // HTTP/1.1 has one request per connection at a time: dropping it is dropping the connection.
    if (scope === "request" && request.stream !== undefined && request.httpVersionMajor === 2) {
      request.stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
    } else this.#listener.reset(port);
  }

  #record(request: Request, caller: CertifiedCaller | undefined): SeenRequest {
    const seen: SeenRequest = {
      number: this.seen.length + 1,
      method: request.method,
      path: request.url,
      ...(caller === undefined ? {} : { user: caller.user }),
      connection: this.#listener.numberOf(socketOf(request).remotePort ?? 0),
      beganMs: performance.now(),
    };
    this.seen.push(seen);
    return seen;
  }
}

interface Exchange {
  readonly request: Request;
  readonly response: Response;
  readonly seen: SeenRequest;
  readonly outgoing: Outgoing;
}

const NO_IMPERSONATION = {
  kind: "answer",
  status: 400,
  message: "the lab's fault proxy cannot pass on impersonation by a client certificate: use a token",
} as const;

/** Answers as the API server did, and stops in the middle of the body, whose length is not told. */
function cutOff(body: Uint8Array, { response, seen }: Pick<Exchange, "response" | "seen">): void {
  seen.status = seen.upstreamStatus ?? 0;
  response.writeHead(seen.status, { "content-type": "application/json" });
  seen.endedMs = performance.now();
  response.end(body.subarray(0, body.length / 2));
}

function answer(
  fault: Extract<Fault, { kind: "answer" }>,
  { response, seen }: Pick<Exchange, "response" | "seen">,
): void {
  const retryAfter = fault.retryAfterS === undefined ? {} : { "retry-after": String(fault.retryAfterS) };
  response.writeHead(fault.status, { "content-type": "application/json", ...retryAfter });
  seen.status = fault.status;
  seen.endedMs = performance.now();
  response.end(renderStatus(fault));
}
