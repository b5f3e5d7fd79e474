import { assert, assertEquals, assertGreaterOrEqual, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { type Reply, type Script, statusObject } from "../../tests/support/kube/scripted_server.ts";
import { failureOf, FAST, withServer } from "../../tests/support/kube/with_client.ts";
import {
  AlreadyExists,
  ApiError,
  Conflict,
  Forbidden,
  Gone,
  Invalid,
  NotFound,
  TooManyRequests,
  Unauthorized,
  Unavailable,
} from "./api_error.ts";
import { KubeClient } from "./client.ts";
import type { KubeTarget } from "./kube_target.ts";

const PATH = "/apis/danm.io/v1/namespaces/a/danmnets";
const STARTING = "the request has been made before all known HTTP paths have been installed, please try again";

Deno.test("an answer's status decides the class and the effect of the error", async (t) => {
  const cases = [
    { status: 400, reason: "BadRequest", type: ApiError, effect: "none" },
    { status: 401, reason: "Unauthorized", type: Unauthorized, effect: "none" },
    { status: 403, reason: "Forbidden", type: Forbidden, effect: "none" },
    { status: 404, reason: "NotFound", type: NotFound, effect: "none" },
    { status: 405, reason: "MethodNotAllowed", type: ApiError, effect: "none" },
    { status: 408, reason: "RequestTimeout", type: ApiError, effect: "unknown" },
    { status: 409, reason: "Conflict", type: Conflict, effect: "none" },
    { status: 409, reason: "AlreadyExists", type: AlreadyExists, effect: "none" },
    { status: 410, reason: "Expired", type: Gone, effect: "none" },
    { status: 415, reason: "UnsupportedMediaType", type: ApiError, effect: "none" },
    { status: 422, reason: "Invalid", type: Invalid, effect: "none" },
    { status: 429, reason: "TooManyRequests", type: TooManyRequests, effect: "none" },
    { status: 500, reason: "InternalError", type: Unavailable, effect: "unknown" },
    { status: 501, reason: "NotImplemented", type: Unavailable, effect: "unknown" },
    { status: 502, reason: "BadGateway", type: Unavailable, effect: "unknown" },
    { status: 503, reason: "ServiceUnavailable", type: Unavailable, effect: "unknown" },
    { status: 504, reason: "Timeout", type: Unavailable, effect: "unknown" },
    { status: 307, reason: "TemporaryRedirect", type: ApiError, effect: "none" },
  ] as const;
  for (const { status, reason, type, effect } of cases) {
    await t.step(`${status} ${reason} is ${type.name}, effect ${effect}`, async () => {
      const details = { name: "x", kind: "danmnets", causes: [{ field: "spec" }] };
      const body = statusObject(status, reason, { details });
      await withServer(() => ({ status, body, headers: { location: "/elsewhere" } }), async ({ client }) => {
        const error = await failureOf(client.create(PATH, {}));
        assertEquals(error.constructor, type);
        assertEquals(
          [error.verb, error.path, error.status, error.reason, error.effect, error.details],
          ["POST", PATH, status, reason, effect, details],
        );
        const often = status === 429 ? " (3 tries)" : "";
        assertEquals(error.message, `POST ${PATH}: ${status} ${reason}: it is ${reason}${often}`);
        assertEquals((await failureOf(client.get(PATH))).effect, "none");
      });
    });
  }
});

Deno.test("a body that is no Status object is quoted, and proves nothing", async (t) => {
  const page = "<html><style>b{}</style><body><h1>503  Service\nUnavailable</h1></body></html>";
  const cases = [
    {
      name: "a page of a proxy",
      status: 503,
      body: page,
      says: "503 Service Unavailable (text/html, not a Status object)",
    },
    { name: "nothing", status: 502, body: "", says: "502 BadGateway: empty answer (text/html)" },
    { name: "a Status that broke off", status: 500, body: '{"kind":"Status","mess', says: '{"kind":"Status","mess' },
    { name: "other JSON", status: 500, body: '{"kind":"Pod"}', says: '{"kind":"Pod"}' },
    { name: "a long text", status: 500, body: "y".repeat(9_999), says: `${"y".repeat(300)}… (text/html` },
    { name: "a proxy's 404", status: 404, body: "<p>no such site</p>", says: "404 NotFromTheApiServer: no such site" },
  ];
  for (const { name, status, body, says } of cases) {
    await t.step(name, async () => {
      await withServer(
        () => ({ status, body, headers: { "content-type": "text/html; charset=utf-8" } }),
        async ({ client }) => {
          const error = await failureOf(client.create(PATH, {}));
          assertStringIncludes(error.message, says);
          assert(!(error instanceof NotFound));
          assertEquals(error.details, undefined);
        },
      );
    });
  }
});

Deno.test("a kind that is not served is NotFound without details", async () => {
  const reply = { status: 404, body: "404 page not found\n", headers: { "content-type": "text/plain" } };
  await withServer(() => reply, async ({ client }) => {
    const error = await failureOf(client.get(PATH));
    assertInstanceOf(error, NotFound);
    assertEquals(error.details, undefined);
  });
});

Deno.test("a success that is not JSON is an error whose effect is unknown for writes", async () => {
  const headers = { "content-type": "text/html" };
  await withServer(() => ({ status: 200, headers, body: "<html>please log in</html>" }), async ({ server, client }) => {
    const error = await failureOf(client.create(PATH, {}));
    assertInstanceOf(error, Unavailable);
    assertEquals([error.reason, error.effect, server.requests.length], ["NotJson", "unknown", 1]);
    assertStringIncludes(error.message, "please log in");
  });
});

Deno.test("only what is safe to repeat is repeated", async (t) => {
  const starting = { status: 503, body: statusObject(503, "ServiceUnavailable", { message: STARTING }) };
  const faults: readonly { name: string; reply: Reply; read: number; uid: number; write: number }[] = [
    { name: "429", reply: { status: 429, body: statusObject(429, "TooManyRequests") }, read: 2, uid: 2, write: 2 },
    { name: "503 of a starting API server", reply: starting, read: 2, uid: 2, write: 2 },
    { name: "another 503", reply: { status: 503 }, read: 2, uid: 2, write: 1 },
    { name: "500", reply: { status: 500 }, read: 2, uid: 2, write: 1 },
    { name: "502", reply: { status: 502 }, read: 2, uid: 2, write: 1 },
    { name: "504", reply: { status: 504 }, read: 2, uid: 2, write: 1 },
    { name: "a reset stream", reply: "reset", read: 2, uid: 2, write: 1 },
    { name: "a dropped connection", reply: "drop", read: 2, uid: 2, write: 1 },
    { name: "an answer that broke off", reply: { status: 200, body: "{", breakOff: true }, read: 2, uid: 2, write: 1 },
    {
      name: "an answer shorter than announced",
      reply: { status: 200, headers: { "content-length": "9" }, body: "{", breakOff: true },
      read: 2,
      uid: 2,
      write: 1,
    },
    { name: "501", reply: { status: 501 }, read: 1, uid: 1, write: 1 },
    { name: "403", reply: { status: 403, body: statusObject(403, "Forbidden") }, read: 1, uid: 1, write: 1 },
    { name: "409", reply: { status: 409, body: statusObject(409, "Conflict") }, read: 1, uid: 1, write: 1 },
  ];
  const contentType = "application/merge-patch+json" as const;
  const calls: readonly { name: string; kind: "read" | "uid" | "write"; call(client: KubeClient): Promise<unknown> }[] =
    [
      { name: "GET", kind: "read", call: (client) => client.get(PATH) },
      { name: "LIST", kind: "read", call: (client) => client.list(PATH) },
      { name: "DELETE of a UID", kind: "uid", call: (client) => client.delete(PATH, { preconditions: { uid: "u" } }) },
      { name: "DELETE", kind: "write", call: (client) => client.delete(PATH) },
      { name: "POST", kind: "write", call: (client) => client.create(PATH, {}) },
      { name: "PUT", kind: "write", call: (client) => client.replace(PATH, {}) },
      { name: "PATCH", kind: "write", call: (client) => client.patch(PATH, {}, { contentType }) },
    ];
  for (const fault of faults) {
    for (const { name, kind, call } of calls) {
      const tries = fault[kind];
      await t.step(`${name} after ${fault.name}: ${tries === 1 ? "fails" : "again"}`, async () => {
        await withServer([fault.reply], async ({ server, client }) => {
          if (tries === 2) await call(client);
          else await failureOf(call(client));
          assertEquals(server.requests.length, tries);
        });
      });
    }
  }
});

Deno.test("a write whose connection dropped after it took effect has an unknown effect", async () => {
  let objects = 0;
  const script: Script = () => {
    objects++;
    return "drop";
  };
  await withServer(script, async ({ client }) => {
    const error = await failureOf(client.create(PATH, {}));
    assertInstanceOf(error, Unavailable);
    assertEquals([error.status, error.reason, error.effect, objects], [0, "ConnectionLost", "unknown", 1]);
    assertInstanceOf(error.cause, Error);
  });
});

Deno.test("a doubt from an earlier try stays in the error of the last one", async () => {
  const denied = { status: 403, body: statusObject(403, "Forbidden") };
  await withServer(["drop", denied], async ({ client }) => {
    const error = await failureOf(client.delete(PATH, { preconditions: { uid: "u" } }));
    assertInstanceOf(error, Forbidden);
    assertEquals([error.effect, error.tries], ["unknown", 2]);
  });
});

Deno.test("the last error says how often it was tried", async () => {
  await withServer(() => ({ status: 500, body: statusObject(500, "InternalError") }), async ({ server, client }) => {
    const error = await failureOf(client.get(PATH));
    assertEquals(error.message, `GET ${PATH}: 500 InternalError: it is InternalError (3 tries)`);
    assertEquals([error.tries, server.requests.length], [3, 3]);
  });
});

Deno.test("Retry-After is waited for, in the header and in the Status object", async (t) => {
  const details = { retryAfterSeconds: 1 };
  const replies = {
    "a header": { status: 429, headers: { "retry-after": "1" }, body: "later" },
    "a Status object": { status: 429, body: statusObject(429, "TooManyRequests", { details }) },
  };
  for (const [name, reply] of Object.entries(replies)) {
    await t.step(name, async () => {
      await withServer([reply], async ({ client }) => {
        const started = performance.now();
        await client.create(PATH, {});
        assertGreaterOrEqual(performance.now() - started, 1_000);
      });
    });
  }
});

Deno.test("a Retry-After that is too long is not waited for", async () => {
  await withServer([{ status: 429, headers: { "retry-after": "3600" } }], async ({ server, client }) => {
    const error = await failureOf(client.get(PATH));
    assertEquals([error.retryAfterMs, server.requests.length], [3_600_000, 1]);
  });
});

Deno.test("a deadline ends a request, and the error says which", async () => {
  await withServer(() => "hang", async ({ client }) => {
    for (const [call, effect] of [["create", "unknown"], ["get", "none"]] as const) {
      const controller = new AbortController();
      const reason = new Error("time limit of the ADD, 50 ms");
      const timer = setTimeout(() => controller.abort(reason), 50);
      const options = { signal: controller.signal };
      const error = await failureOf(call === "get" ? client.get(PATH, options) : client.create(PATH, {}, options));
      clearTimeout(timer);
      assertInstanceOf(error, Unavailable);
      assertEquals([error.reason, error.effect, error.tries, error.cause], ["Aborted", effect, 1, reason]);
      assertStringIncludes(error.message, "ms: time limit of the ADD, 50 ms");
    }
  });
});

Deno.test("a deadline ends the pause between tries with the error of the last one", async () => {
  await withServer(
    () => ({ status: 429, headers: { "retry-after": "20" }, body: "busy" }),
    async ({ server, client }) => {
      const error = await failureOf(client.create(PATH, {}, { signal: AbortSignal.timeout(50) }));
      assertInstanceOf(error, TooManyRequests);
      assertEquals([error.effect, server.requests.length], ["none", 1]);
      assertStringIncludes(error.message, "no time for another try");
    },
  );
});

Deno.test("a signal that has fired already lets nothing out", async () => {
  await withServer([], async ({ server, client }) => {
    const error = await failureOf(client.create(PATH, {}, { signal: AbortSignal.abort(new Error("too late")) }));
    assertEquals([error.effect, error.reason, server.requests.length], ["none", "Aborted", 0]);
    assertStringIncludes(error.message, "not sent: too late");
  });
});

Deno.test("a closed port is surely without effect and tried again", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  using client = new KubeClient({ source: "t", server: `https://127.0.0.1:${port}`, caCerts: [] }, FAST);
  const error = await failureOf(client.create(PATH, {}));
  assertInstanceOf(error, Unavailable);
  assertEquals([error.reason, error.effect, error.tries], ["ConnectionFailed", "none", 3]);
  assertStringIncludes(error.message, `https://127.0.0.1:${port}: tcp connect error`);
});

Deno.test("a server of an unknown authority is a matter of configuration, tried once", async () => {
  await withServer([], async ({ server, client }) => {
    const error = await failureOf(client.create(PATH, {}));
    assertEquals([error.reason, error.effect, error.tries, server.requests.length], ["Misconfigured", "none", 1, 0]);
    assertStringIncludes(error.message, "UnknownIssuer");
  }, { target: { caCerts: [] } });
});

Deno.test("a refused token is read anew once, and a refusal never shows it", async () => {
  const script: Script = ({ headers }) =>
    headers.authorization === "Bearer new" ? { status: 200 } : { status: 401, body: statusObject(401, "Unauthorized") };
  const rotated: KubeTarget["token"] = (rejected) => Promise.resolve(rejected === "old" ? "new" : "old");
  await withServer(script, async ({ server, client }) => {
    await client.create(PATH, {});
    assertEquals(server.requests.map(({ headers }) => headers.authorization), ["Bearer old", "Bearer new"]);
  }, { target: { token: rotated } });
  await withServer(script, async ({ server, client }) => {
    const error = await failureOf(client.create(PATH, {}));
    assertInstanceOf(error, Unauthorized);
    assert(!error.message.includes("stale"), error.message);
    assertEquals(server.requests.length, 1);
  }, { target: { token: () => Promise.resolve("stale") } });
});

Deno.test("a redirect is not followed", async () => {
  await withServer(() => ({ status: 302, headers: { location: "/login" } }), async ({ server, client }) => {
    assertEquals((await failureOf(client.get(PATH))).status, 302);
    assertEquals(server.requests.length, 1);
  });
});
