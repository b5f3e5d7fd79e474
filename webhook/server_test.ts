import { assertEquals, assertRejects } from "@std/assert";
import { Agent, request as httpsRequest } from "node:https";
import type { IncomingHttpHeaders } from "node:http";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { createLogger } from "../shared/log.ts";
import { Authority, type KeyedCertificate } from "../tests/support/lab/certificates.ts";
import { type RequestHandler, type RunningTlsServer, serveHttp, serveTls } from "./server.ts";

const HOST = "127.0.0.1";
const log = createLogger(() => undefined);
const QUICK = {
  handshakeTimeout: 200,
  headersTimeout: 200,
  requestTimeout: 400,
  keepAliveTimeout: 60_000,
  connectionsCheckingInterval: 50,
};

/** Serves with a certificate of a new authority. */
async function served(
  handler: RequestHandler,
  clientAuthorities?: string,
): Promise<{ server: RunningTlsServer; authority: Authority }> {
  const authority = await Authority.create("server-test");
  const certificate = await authority.issue({ commonName: "first", hosts: [HOST] });
  const server = await serveTls(handler, {
    address: HOST,
    port: 0,
    log,
    certificate,
    clientAuthorities,
    timeouts: QUICK,
  });
  return { server, authority };
}

const OK: RequestHandler = { fetch: () => new Response("ok") };

/** One POST; the body that came back, the headers, and the name in the server's certificate. */
function post(
  { port, ca, agent = new Agent(), client }: { port: number; ca: string; agent?: Agent; client?: KeyedCertificate },
): Promise<{ text: string; headers: IncomingHttpHeaders; server: string | undefined }> {
  return new Promise((resolve, reject) => {
    const sent = httpsRequest({ host: HOST, port, ca, agent, method: "POST", path: "/", ...client }, (response) => {
      const server = (response.socket as TLSSocket).getPeerCertificate().subject?.CN;
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => text += chunk);
      response.on("end", () => resolve({ text, headers: response.headers, server: server?.toString() }));
      response.on("error", reject);
    });
    sent.on("error", reject);
    sent.end("x");
  });
}

/** Resolves when the other side has closed the connection. */
function closedByPeer(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.on("error", () => undefined);
    for (const event of ["end", "close"]) socket.on(event, () => resolve());
    socket.resume();
  });
}

Deno.test("a new certificate is served to new connections, and those that are open go on", async () => {
  const { server, authority } = await served(OK);
  const [ca, agent] = [authority.cert, new Agent({ keepAlive: true })];
  assertEquals((await post({ port: server.port, ca, agent })).server, "first");
  server.setCertificate(await authority.issue({ commonName: "second", hosts: [HOST] }));
  assertEquals((await post({ port: server.port, ca, agent })).server, "first");
  assertEquals((await post({ port: server.port, ca })).server, "second");
  agent.destroy();
  await server.close(1_000);
});

Deno.test("told whose certificates clients must have, it serves nobody else, also with a new certificate", async () => {
  const clients = await Authority.create("clients");
  const { server, authority } = await served(OK, clients.cert);
  const at = { port: server.port, ca: authority.cert };
  const [known, stranger] = await Promise.all([
    clients.issue({ commonName: "kube-apiserver" }),
    authority.issue({ commonName: "kube-apiserver" }),
  ]);
  for (const round of ["first", "second"]) {
    server.setCertificate(await authority.issue({ commonName: round, hosts: [HOST] }));
    assertEquals((await post({ ...at, client: known })).text, "ok", round);
    await assertRejects(() => post(at), Error);
    await assertRejects(() => post({ ...at, client: stranger }), Error);
  }
  await server.close(1_000);
});

Deno.test("who takes too long is dropped, whatever for", async (t) => {
  const { server, authority } = await served({
    fetch: async (request) => new Response(String((await request.arrayBuffer()).byteLength)),
  });
  const head = "POST / HTTP/1.1\r\nHost: a\r\n";
  const cases: Record<string, string | undefined> = {
    "the TLS handshake": undefined,
    "a request that never begins": "",
    "headers that never end": head,
    "a body that never ends": `${head}Content-Length: 100\r\n\r\nabc`,
  };
  for (const [name, text] of Object.entries(cases)) {
    await t.step(name, async () => {
      const { port } = server;
      const socket = text === undefined
        ? connectTcp({ host: HOST, port })
        : connectTls({ host: HOST, port, ca: authority.cert }, function (this: TLSSocket): void {
          this.write(text);
        });
      await closedByPeer(socket);
      socket.destroy();
      assertEquals((await post({ port, ca: authority.cert })).text, "1");
    });
  }
  await server.close(1_000);
});

Deno.test("what is no HTTP is dropped, and the server goes on", async () => {
  const { server, authority } = await served(OK);
  for (
    const text of ["\u0000\u0001\u0002", "GET / HTTP/9.9\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"]
  ) {
    const socket = connectTls({ host: HOST, port: server.port, ca: authority.cert }, () => socket.write(text));
    await closedByPeer(socket);
    socket.destroy();
  }
  assertEquals((await post({ port: server.port, ca: authority.cert })).text, "ok");
  await server.close(1_000);
});

Deno.test("closing waits for requests under way and takes no others", async () => {
  const [begun, finish] = [Promise.withResolvers<void>(), Promise.withResolvers<Response>()];
  const { server, authority } = await served({
    fetch: () => {
      begun.resolve();
      return finish.promise;
    },
  });
  const answer = post({ port: server.port, ca: authority.cert });
  await begun.promise;
  const closed = server.close(30_000);
  await assertRejects(() => post({ port: server.port, ca: authority.cert }), Error, "ECONNREFUSED");
  finish.resolve(new Response("late"));
  assertEquals((await answer).text, "late");
  await closed;
});

Deno.test("closing does not wait for ever", async () => {
  const begun = Promise.withResolvers<void>();
  const { server, authority } = await served({
    fetch: () => {
      begun.resolve();
      return new Promise<Response>(() => undefined);
    },
  });
  const answer = assertRejects(() => post({ port: server.port, ca: authority.cert }));
  await begun.promise;
  await server.close(50);
  await answer;
});

Deno.test("before the end connections are not used again", async () => {
  const { server, authority } = await served(OK);
  const agent = new Agent({ keepAlive: true });
  const at = { port: server.port, ca: authority.cert, agent };
  assertEquals((await post(at)).headers.connection, "keep-alive");
  server.refuseReuse();
  assertEquals((await post(at)).headers.connection, "close");
  agent.destroy();
  await server.close(1_000);
});

Deno.test("an address that is taken is an error", async () => {
  const server = await serveHttp(OK, { address: HOST, port: 0, log });
  await assertRejects(() => serveHttp(OK, { address: HOST, port: server.port, log }), Error, "EADDRINUSE");
  await server.close(0);
});
