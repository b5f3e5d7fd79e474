import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { type Reply, type Script, ScriptedServer, statusObject } from "../../tests/support/kube/scripted_server.ts";
import { failureOf, withServer } from "../../tests/support/kube/with_client.ts";
import { Gone } from "./api_error.ts";
import { KubeClient } from "./client.ts";
import type { RequestInfo } from "./client_options.ts";

const PATH = "/apis/danm.io/v1/namespaces/a/danmnets";

Deno.test("every verb sends what the API expects and gives back what it answers", async () => {
  await withServer((request) => ({ status: 200, body: { saw: request.method } }), async ({ server, client }) => {
    assertEquals(await client.get(`${PATH}/x`), { saw: "GET" });
    assertEquals(await client.create(PATH, { a: 1 }, { query: { fieldValidation: "Strict" } }), { saw: "POST" });
    assertEquals(await client.replace(`${PATH}/x`, { a: 2 }), { saw: "PUT" });
    const patch = [{ op: "remove", path: "/spec" }];
    assertEquals(await client.patch(`${PATH}/x`, patch, { contentType: "application/json-patch+json" }), {
      saw: "PATCH",
    });
    await client.delete(`${PATH}/x`, { preconditions: { uid: "u1" }, propagationPolicy: "Background" });
    await client.delete(`${PATH}/y`, { dryRun: true });
    const sent = server.requests.map(({ method, path, body, headers }) => [
      method,
      path,
      headers["content-type"],
      body === "" ? undefined : JSON.parse(body),
    ]);
    assertEquals(sent, [
      ["GET", `${PATH}/x`, undefined, undefined],
      ["POST", `${PATH}?fieldValidation=Strict`, "application/json", { a: 1 }],
      ["PUT", `${PATH}/x`, "application/json", { a: 2 }],
      ["PATCH", `${PATH}/x`, "application/json-patch+json", patch],
      ["DELETE", `${PATH}/x`, "application/json", {
        kind: "DeleteOptions",
        apiVersion: "v1",
        preconditions: { uid: "u1" },
        propagationPolicy: "Background",
      }],
      ["DELETE", `${PATH}/y`, "application/json", { kind: "DeleteOptions", apiVersion: "v1", dryRun: ["All"] }],
    ]);
    assertEquals(new Set(server.requests.map(({ headers }) => headers.accept)), new Set(["application/json"]));
  });
});

Deno.test("a PATCH is sent again after an answer that proves nothing only if it is said to be idempotent", async () => {
  for (const [idempotent, sent] of [[false, 1], [true, 2]] as const) {
    const unclear = { status: 500, body: statusObject(500, "InternalError") };
    await withServer([unclear], async ({ server, client }) => {
      const patching = client.patch(`${PATH}/x`, {}, { contentType: "application/merge-patch+json", idempotent });
      if (idempotent) await patching;
      else assertEquals((await failureOf(patching)).status, 500);
      assertEquals(server.requests.length, sent);
    });
  }
});

Deno.test("requests in parallel share one connection from the first on", async () => {
  await withServer([], async ({ server, client }) => {
    await Promise.all(Array.from({ length: 8 }, (_, i) => client.get(`${PATH}/${i}`)));
    assertEquals([server.requests.length, server.connections], [8, 1]);
  });
});

Deno.test("a list reads all pages with its selectors", async () => {
  const script: Script = ({ path }) => {
    const from = Number(new URL(path, "https://x").searchParams.get("continue") ?? 0);
    const metadata = from < 4 ? { continue: String(from + 2) } : { continue: "" };
    return { status: 200, body: { metadata, items: [from, from + 1] } };
  };
  await withServer(script, async ({ server, client }) => {
    const options = { limit: 2, fieldSelector: "spec.node=n1", labelSelector: "a in (b,c)" };
    assertEquals(await client.list<number>(PATH, options), [0, 1, 2, 3, 4, 5]);
    assertEquals(server.requests.map(({ path }) => Object.fromEntries(new URL(path, "https://x").searchParams)), [
      { limit: "2", fieldSelector: "spec.node=n1", labelSelector: "a in (b,c)" },
      { limit: "2", fieldSelector: "spec.node=n1", labelSelector: "a in (b,c)", continue: "2" },
      { limit: "2", fieldSelector: "spec.node=n1", labelSelector: "a in (b,c)", continue: "4" },
    ]);
  });
});

Deno.test("of the objects of a list only what is needed is kept", async () => {
  const script: Script = () => ({ status: 200, body: { metadata: {}, items: [{ name: "a", text: "long" }] } });
  await withServer(script, async ({ client }) => {
    const trim = ({ name }: { name: string }) => ({ name });
    assertEquals(await client.list<{ name: string }>(PATH, { trim }), [{ name: "a" }]);
  });
});

Deno.test("a list whose continue token expired starts over without doubling anything", async () => {
  const page = (items: number[], next?: string): Reply => ({
    status: 200,
    body: { items, metadata: { continue: next } },
  });
  const expired = { status: 410, body: statusObject(410, "Expired") };
  await withServer([page([1, 2], "c"), expired, page([1, 2], "d"), page([3])], async ({ client }) => {
    assertEquals(await client.list<number>(PATH), [1, 2, 3]);
  });
  await withServer(() => expired, async ({ server, client }) => {
    assertInstanceOf(await failureOf(client.list(PATH)), Gone);
    assertEquals(server.requests.length, 4);
  });
});

Deno.test("an empty list may have null items", async () => {
  await withServer(() => ({ status: 200, body: { items: null, metadata: {} } }), async ({ client }) => {
    assertEquals(await client.list(PATH), []);
  });
});

Deno.test("huge bodies arrive whole in both directions", async () => {
  await withServer(({ body }) => ({ status: 201, body }), async ({ client }) => {
    const object = { spec: { alloc: "ä".repeat(700_000) } };
    assertEquals(await client.create(PATH, object), object);
  });
});

Deno.test("client certificate, token and user agent are sent", async () => {
  await using server = await ScriptedServer.start(() => ({ status: 200 }));
  const target = server.target({
    clientCertificate: await server.user("node-1"),
    token: () => Promise.resolve("s3cret"),
  });
  using client = new KubeClient(target, { userAgent: "danm/1 (ADD)" });
  await client.get(PATH);
  const [request] = server.requests;
  assertEquals(
    [request?.commonName, request?.headers.authorization, request?.headers["user-agent"]],
    ["node-1", "Bearer s3cret", "danm/1 (ADD)"],
  );
});

Deno.test("onRequest hears of every try", async () => {
  const heard: RequestInfo[] = [];
  await withServer([{ status: 500 }, "drop"], async ({ client }) => {
    await client.get(PATH);
  }, { options: { onRequest: (info) => heard.push(info) } });
  assertEquals(
    heard.map(({ method, path, status, attempt }) => [method, path, status, attempt]),
    [["GET", PATH, 500, 1], ["GET", PATH, undefined, 2], ["GET", PATH, 200, 3]],
  );
  assert(heard.every(({ ms }) => ms > 0));
});
