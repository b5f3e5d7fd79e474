import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { Authority } from "../../tests/support/lab/certificates.ts";
import { KubeconfigError } from "./kube_target.ts";
import { Transport } from "./transport.ts";

Deno.test("a server that only speaks HTTP/1.1 is spoken to in HTTP/1.1", async () => {
  const authority = await Authority.create("http/1.1");
  const keyed = await authority.issue({ commonName: "old", hosts: ["127.0.0.1"] });
  const seen: string[] = [];
  const server = https.createServer({ ...keyed, ALPNProtocols: ["http/1.1"] }, (request, response) => {
    seen.push(`${request.httpVersion} ${request.method} ${request.url}`);
    request.pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  {
    using transport = new Transport({ source: "t", server: `https://127.0.0.1:${port}`, caCerts: [authority.cert] });
    const request = { method: "POST", headers: {} };
    const answers = await Promise.all(
      [1, 2, 3].map((n) => transport.send(`/${n}`, () => ({ ...request, body: `${n}` }))),
    );
    assertEquals(answers.map(({ body }) => body), ["1", "2", "3"]);
    assertEquals((await transport.send("/4", () => ({ ...request, body: "4" }))).body, "4");
  }
  assertEquals(seen.toSorted(), ["1.1 POST /1", "1.1 POST /2", "1.1 POST /3", "1.1 POST /4"]);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

Deno.test("plain HTTP goes to a server without TLS", async () => {
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => new Response("plain"));
  using transport = new Transport({ source: "t", server: `http://127.0.0.1:${server.addr.port}`, caCerts: [] });
  assertEquals((await transport.send("/", () => ({ method: "GET", headers: {} }))).body, "plain");
});

Deno.test("a key that is none is named by its kubeconfig, without its text", () => {
  const target = { source: "kubeconfig /k, context c", server: "https://x", caCerts: [] };
  const error = assertThrows(
    () => new Transport({ ...target, clientCertificate: { cert: "no PEM", key: "s3cret" } }),
    KubeconfigError,
  );
  assertStringIncludes((error as Error).message, "kubeconfig /k, context c: certificate, key or proxy cannot be used");
  assertEquals((error as Error).message.includes("s3cret"), false);
});
