import { getRequestListener } from "@hono/node-server";
import { createServer, type Server as HttpServer } from "node:http";
import { createServer as createHttpsServer, type Server as HttpsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Logger } from "../shared/log.ts";

/** Certificate chain and private key of a server, PEM. */
export interface TlsKeyPair {
  readonly cert: string;
  readonly key: string;
}

/** What answers requests; a Hono application is one. */
export interface RequestHandler {
  fetch(request: Request): Response | Promise<Response>;
}

/** Where and how a server listens. */
export interface ListenOptions {
  /** Address to bind to; the empty string is every address of both families. */
  readonly address: string;
  /** 0 = any that is free. */
  readonly port: number;
  readonly log: Logger;
  readonly timeouts?: ClientTimeouts;
}

/** What a server shows to its clients, and what it wants to see of them. */
export interface TlsOptions {
  readonly certificate: TlsKeyPair;
  /** PEM: only clients with a certificate of one of these authorities are served. Absent = everybody. */
  readonly clientAuthorities?: string | undefined;
}

interface TlsContext extends TlsKeyPair {
  readonly ca?: string;
}

/** A server that listens. */
export interface RunningServer {
  /** The port it listens on. */
  readonly port: number;
  /** From now on each answer asks its client for another connection; requests are served as before. */
  refuseReuse(): void;
  /** Takes no connection any more, waits for requests under way, at most `timeoutMs`, then drops the rest. */
  close(timeoutMs: number): Promise<void>;
}

/** A server whose certificate can be replaced while it runs. */
export interface RunningTlsServer extends RunningServer {
  /** New connections get this certificate, whose key this must be; those that are open stay as they are. */
  setCertificate(pair: TlsKeyPair): void;
}

/** How long a client may take, in milliseconds. */
export interface ClientTimeouts {
  readonly handshakeTimeout: number;
  readonly headersTimeout: number;
  /** Head and body. */
  readonly requestTimeout: number;
  /** Between two requests. */
  readonly keepAliveTimeout: number;
  /** How often it is looked who was too slow. */
  readonly connectionsCheckingInterval: number;
}

/**
 * The API server keeps an idle connection for 90 s, so ours are kept longer: whoever closes first may close what the other
 * is just using.
 */
const TIMEOUTS: ClientTimeouts = {
  handshakeTimeout: 10_000,
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  keepAliveTimeout: 120_000,
  connectionsCheckingInterval: 1_000,
};

/** The API servers of a cluster need some dozens; a client that opens thousands gets no further. */
const MAX_CONNECTIONS = 1_000;

/**
 * Serves HTTPS.
 *
 * @throws {Error} when the address cannot be bound to, or certificate and key do not fit
 */
export async function serveTls(
  handler: RequestHandler,
  options: ListenOptions & TlsOptions,
): Promise<RunningTlsServer> {
  const { certificate, clientAuthorities, timeouts = TIMEOUTS } = options;
  const contextOf = ({ cert, key }: TlsKeyPair): TlsContext => ({
    cert,
    key,
    ...(clientAuthorities === undefined ? {} : { ca: clientAuthorities }),
  });
  const authentication = clientAuthorities === undefined ? {} : { requestCert: true, rejectUnauthorized: true };
  const server = createHttpsServer(
    { ...contextOf(certificate), ...authentication, minVersion: "TLSv1.2", ...timeouts },
    listenerOf(handler),
  );
  server.on("tlsClientError", (error: Error) => options.log.debug("TLS handshake failed", { error: error.message }));
  const running = await listen(server, options);
  return { ...running, setCertificate: (pair) => server.setSecureContext(contextOf(pair)) };
}

/**
 * Serves plain HTTP.
 *
 * @throws {Error} when the address cannot be bound to
 */
export async function serveHttp(handler: RequestHandler, options: ListenOptions): Promise<RunningServer> {
  const { timeouts = TIMEOUTS } = options;
  return await listen(createServer({ ...timeouts }, listenerOf(handler)), options);
}

function listenerOf(handler: RequestHandler): ReturnType<typeof getRequestListener> {
  return getRequestListener((request) => handler.fetch(request), { overrideGlobalObjects: false });
}

async function listen(
  server: HttpServer | HttpsServer,
  { address, port, log }: ListenOptions,
): Promise<RunningServer> {
  server.maxConnections = MAX_CONNECTIONS;
  server.on("clientError", (error: Error, socket: Socket) => {
    log.debug("connection dropped", { error: error.message });
    socket.destroy();
  });
  const listening = Promise.withResolvers<void>();
  server.once("error", listening.reject);
  server.listen({ port, ...(address === "" ? {} : { host: address }) }, listening.resolve);
  await listening.promise;
  server.removeListener("error", listening.reject);
  server.on("error", (error: Error) => log.error("server", { error: error.message }));
  return {
    port: (server.address() as AddressInfo).port,
    refuseReuse: () =>
      void server.prependListener("request", (_, response) => response.setHeader("connection", "close")),
    close: (timeoutMs) => close(server, timeoutMs),
  };
}

async function close(server: HttpServer | HttpsServer, timeoutMs: number): Promise<void> {
  const closed = Promise.withResolvers<void>();
  server.close(() => closed.resolve());
  server.closeIdleConnections();
  const timer: ReturnType<typeof setTimeout> = setTimeout(() => server.closeAllConnections(), timeoutMs);
  try {
    await closed.promise;
  } finally {
    clearTimeout(timer);
  }
}
