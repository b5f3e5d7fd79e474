import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { apiError } from "../shared/kube/api_error.ts";
import { AppUnderTest } from "../tests/support/webhook/admission_app.ts";
import { fullNetwork, reviewOf } from "../tests/support/webhook/reviews.ts";
import { MAX_BODY_BYTES } from "./admission_app.ts";
import type { Judge } from "./judge.ts";
import type { Judges } from "./judges.ts";
import { ACCEPTED, type Verdict } from "./verdict.ts";

const KEY = "danmnets.danm.io";
const CREATE = reviewOf({ resource: KEY, kind: "DanmNet", namespace: "default", object: fullNetwork("DanmNet") });
const UID = "705ab4f5-6393-11e8-b7cc-42010a800002";

function says(verdict: Partial<Verdict>): Judge {
  return () => Promise.resolve({ ...ACCEPTED, ...verdict });
}

function fails(error: unknown): Judge {
  return () => Promise.reject(error);
}

/** A judge that adds a field and requires another one to be there already. */
function adds(field: string, after?: string): Judge {
  return (request) => {
    const object = request.object as Record<string, unknown>;
    assert(after === undefined || after in object);
    return Promise.resolve({ ...ACCEPTED, object: { ...object, [field]: true } });
  };
}

function validating(...validate: Judge[]): AppUnderTest {
  return new AppUnderTest({ [KEY]: { validate } });
}

Deno.test("a body that is no AdmissionReview is refused with a Status that says why", async (t) => {
  const request = CREATE["request"] as Record<string, unknown>;
  const without = (key: string): unknown => {
    const { [key]: _, ...rest } = request;
    return { ...CREATE, request: rest };
  };
  const cases: { name: string; body: unknown; says: string; status?: number; headers?: Record<string, string> }[] = [
    { name: "an empty body", body: "", says: "not JSON" },
    { name: "a truncated body", body: JSON.stringify(CREATE).slice(0, -20), says: "not JSON" },
    { name: "bytes that are no UTF-8", body: new Uint8Array([0x7b, 0xff, 0x7d]), says: "UTF-8" },
    { name: "a list", body: [CREATE], says: "expected object" },
    { name: "null", body: "null", says: "expected object" },
    { name: "another kind", body: { ...CREATE, kind: "TokenReview" }, says: "kind" },
    { name: "another version", body: { ...CREATE, apiVersion: "admission.k8s.io/v1beta1" }, says: "apiVersion" },
    { name: "no request", body: { ...CREATE, request: null }, says: "request" },
    { name: "no uid", body: without("uid"), says: "request.uid" },
    { name: "an empty uid", body: { ...CREATE, request: { ...request, uid: "" } }, says: "request.uid" },
    { name: "no resource", body: without("resource"), says: "request.resource" },
    { name: "no user", body: without("userInfo"), says: "request.userInfo" },
    {
      name: "an operation of another kind",
      body: { ...CREATE, request: { ...request, operation: "PATCH" } },
      says: "operation",
    },
    {
      name: "a million wrong groups",
      body: { ...CREATE, request: { ...request, userInfo: { groups: Array(1e6).fill(1) } } },
      says: "values",
    },
    { name: "too many values", body: `[${"1,".repeat(300_001)}1]`, says: "300000 values" },
    {
      name: "the kind of another resource",
      body: { ...CREATE, request: { ...request, kind: { ...request["kind"] as object, kind: "Pod" } } },
      says: "request.kind: Pod is not the kind of danmnets",
    },
    { name: "too many levels", body: `${"[".repeat(1e6)}1${"]".repeat(1e6)}`, says: "levels" },
    {
      name: "another content type",
      body: CREATE,
      says: "application/json",
      status: 415,
      headers: { "content-type": "text/plain" },
    },
    {
      name: "a body that says it is too long",
      body: "x",
      says: "bytes",
      status: 413,
      headers: { "content-length": String(MAX_BODY_BYTES + 1) },
    },
    {
      name: "a length that is no number",
      body: "x",
      says: "bytes",
      status: 413,
      headers: { "content-length": "1e400x" },
    },
    { name: "a body that is too long without saying so", body: endless(), says: "bytes", status: 413 },
  ];
  const app = validating(says({}));
  for (const { name, body, says, status = 400, headers } of cases) {
    await t.step(name, async () => {
      const answer = await app.post("/validate", body, headers);
      assertEquals(answer.status, status);
      const { kind, code, message } = answer.document;
      assertEquals({ kind, code }, { kind: "Status", code: status });
      assertStringIncludes(message, says);
      assert(message.length <= 4000);
      assertEquals(app.budget.requests, 0);
    });
  }
});

/** More than is read, in pieces. */
function endless(): ReadableStream<Uint8Array> {
  return new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) });
}

Deno.test("a review is answered in its own version, with its uid", async () => {
  const { status, document } = await validating(says({})).post("/validate?timeout=10s", CREATE);
  assertEquals(status, 200);
  assertEquals(document, {
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    response: { uid: UID, allowed: true },
  });
});

Deno.test("what nobody judges is accepted", async (t) => {
  const app = new AppUnderTest({ [KEY]: { validate: [says({ denials: [{ field: "", reason: "never" }] })] } });
  const cases: Record<string, unknown> = {
    "another resource": reviewOf({ resource: "secrets", kind: "Secret" }),
    "a resource of that name in another group": reviewOf({ resource: "danmnets.example.com", kind: "DanmNet" }),
    "a name that every object has": reviewOf({ resource: "constructor", kind: "DanmNet" }),
    "a subresource": reviewOf({ resource: KEY, kind: "DanmNet", request: { subResource: "status" } }),
  };
  for (const [name, review] of Object.entries(cases)) {
    await t.step(name, async () => {
      assertEquals((await app.post("/validate", review)).document.response.allowed, true);
    });
  }
  await t.step("a webhook without judges", async () => {
    assertEquals((await app.post("/mutate", CREATE)).document.response, { uid: UID, allowed: true });
  });
});

Deno.test("what several judges say is put together, each thing once", async () => {
  const denial = { field: "spec.Options.vlan", reason: "5000 is larger than 4094" };
  const app = validating(
    says({ denials: [denial], warnings: ["one"] }),
    says({ denials: [{ ...denial }, { field: "", reason: "no" }], warnings: ["one", "two"] }),
  );
  const { response } = (await app.post("/validate", CREATE)).document;
  assertEquals(response.allowed, false);
  assertEquals(response.warnings, ["one", "two"]);
  assertEquals(response.status, {
    apiVersion: "v1",
    kind: "Status",
    status: "Failure",
    code: 422,
    reason: "Invalid",
    message: "DanmNet default/first: spec.Options.vlan: 5000 is larger than 4094; no",
    details: {
      name: "first",
      group: "danm.io",
      kind: "DanmNet",
      causes: [
        { reason: "FieldValueInvalid", field: "spec.Options.vlan", message: "5000 is larger than 4094" },
        { reason: "FieldValueInvalid", field: "", message: "no" },
      ],
    },
  });
});

Deno.test("mutating judges see what those before them did, and none is asked after a denial", async () => {
  const asked: string[] = [];
  const last: Judge = () => {
    asked.push("last");
    return Promise.resolve(ACCEPTED);
  };
  const deny = says({ denials: [{ field: "spec", reason: "wrong" }] });
  const judges: Judges = {
    [KEY]: { mutate: [adds("one"), adds("two", "one"), says({})] },
    "pods": { mutate: [deny, last] },
  };
  const app = new AppUnderTest(judges);
  const { response } = (await app.post("/mutate", CREATE)).document;
  assertEquals(response.patchType, "JSONPatch");
  assertEquals(JSON.parse(atob(response.patch)), [
    { op: "add", path: "/one", value: true },
    { op: "add", path: "/two", value: true },
  ]);
  const denied = (await app.post("/mutate", reviewOf({ resource: "pods", kind: "Pod", object: {} }))).document.response;
  assertEquals([denied.allowed, "patch" in denied, asked], [false, false, []]);
});

Deno.test("an object that stays as it is needs no patch", async () => {
  const same: Judge = (request) => Promise.resolve({ ...ACCEPTED, object: structuredClone(request.object) });
  const { response } = (await new AppUnderTest({ [KEY]: { mutate: [same] } }).post("/mutate", CREATE)).document;
  assertEquals(response, { uid: UID, allowed: true });
});

Deno.test("without a verdict there is no review but a failure, for the failure policy to decide", async (t) => {
  const unavailable = apiError({ verb: "GET", path: "/x", status: 500, reason: "", text: "etcd", effect: "none" });
  const cases: { name: string; judge: Judge; status: number; says: string; outcome: string }[] = [
    { name: "the API server does not answer", judge: fails(unavailable), status: 503, says: "etcd", outcome: "error" },
    {
      name: "an error of ours",
      judge: fails(new TypeError("x of undefined")),
      status: 500,
      says: "log",
      outcome: "error",
    },
    { name: "something that is no error", judge: fails(undefined), status: 500, says: "log", outcome: "error" },
    {
      name: "a judge that never ends",
      judge: () => new Promise(() => {}),
      status: 504,
      says: "within 90 ms",
      outcome: "timeout",
    },
  ];
  for (const { name, judge, status, says, outcome } of cases) {
    await t.step(name, async () => {
      const app = validating(judge);
      const answer = await app.post("/validate?timeout=100ms", CREATE);
      assertEquals([answer.status, answer.document.kind], [status, "Status"]);
      assertStringIncludes(answer.document.message, says);
      assertStringIncludes((await app.metrics.render()).text, `outcome="${outcome}"} 1`);
      assertEquals(app.budget.requests, 0);
    });
  }
});

Deno.test("who comes when enough is under way is told to come again", async () => {
  const ending = Promise.withResolvers<Verdict>();
  const started = Promise.withResolvers<void>();
  const slow: Judge = () => {
    started.resolve();
    return ending.promise;
  };
  const app = new AppUnderTest({ [KEY]: { validate: [slow] } }, { budget: { requests: 1, bytes: 1e9 } });
  const first = app.post("/validate", CREATE);
  await started.promise;
  const second = await app.post("/validate", CREATE);
  assertEquals([second.status, second.document.reason, second.headers.get("retry-after")], [
    429,
    "TooManyRequests",
    "1",
  ]);
  ending.resolve(ACCEPTED);
  assertEquals((await first).status, 200);
  assertEquals((await app.post("/validate", CREATE)).status, 200);
});

Deno.test("who announces a large body and does not send it keeps nobody out", async () => {
  const app = new AppUnderTest({ [KEY]: { validate: [says({})] } }, { budget: { requests: 9, bytes: 10_000 } });
  const stalled = Array.from({ length: 3 }, () => new TransformStream<Uint8Array, Uint8Array>());
  const writers = stalled.map(({ writable }) => writable.getWriter());
  const answers = stalled.map(({ readable }) => app.post("/validate", readable, { "content-length": "9000" }));
  await Promise.all(writers.map((writer) => writer.write(new TextEncoder().encode("{"))));
  assertEquals((await app.post("/validate", CREATE)).status, 200);
  await Promise.all(writers.map((writer) => writer.close()));
  assertEquals((await Promise.all(answers)).map(({ status }) => status), [400, 400, 400]);
});

Deno.test("bodies that are too much together are sent away, and what was kept of them is given back", async () => {
  const app = new AppUnderTest({ [KEY]: { validate: [says({})] } }, { budget: { requests: 9, bytes: 10_000 } });
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const first = app.post("/validate", readable);
  await writer.write(new Uint8Array(9_500));
  assertEquals((await app.post("/validate", " ".repeat(1_000))).status, 429);
  await writer.write(new Uint8Array(600));
  assertEquals((await app.post("/validate", " ".repeat(9_000))).status, 400);
  await writer.close();
  assertEquals((await first).status, 429);
});

Deno.test("a refusal stands in the log with who asked for what, and is counted", async () => {
  const app = validating(says({ denials: [{ field: "spec.NetworkID", reason: "is missing" }] }));
  await app.post("/validate", CREATE);
  const line = app.lines.find(({ msg }) => msg === "denied");
  assertEquals([line?.["uid"], line?.["user"], line?.["namespace"]], [UID, "admin", "default"]);
  const { text, contentType } = await app.metrics.render();
  assertMatch(contentType, /^text\/plain/);
  const labels = `webhook="validate",resource="danmnets.danm.io",operation="CREATE",outcome="denied"`;
  assertStringIncludes(text, `danm_webhook_admissions_total{${labels}} 1`);
});

Deno.test("resources that nobody judges make no series", async () => {
  const app = validating(says({}));
  await app.post("/validate", reviewOf({ resource: "evil-1", kind: "X" }));
  assert(!(await app.metrics.render()).text.includes("evil"));
});

Deno.test("other paths and methods are no admissions", async () => {
  const { app } = validating();
  for (const [method, path] of [["GET", "/validate"], ["POST", "/"], ["POST", "/metrics"], ["PUT", "/mutate"]]) {
    assertEquals((await app.request(path ?? "", { method: method ?? "" })).status, 404);
  }
});
