import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Reply, statusObject } from "../tests/support/kube/scripted_server.ts";
import { withServer } from "../tests/support/kube/with_client.ts";
import { CniError, ErrorCode } from "../shared/errors.ts";
import { Unavailable } from "../shared/kube/api_error.ts";
import { createLogger } from "../shared/log.ts";
import { SchemaError } from "../shared/schema/describe_issues.ts";
import { writeEvent } from "./event.ts";
import { type EventContext, tellFailure, tellWarnings } from "./pod_events.ts";

const POD = { metadata: { name: "web", namespace: "a", uid: "u1" }, spec: {} };

interface WrittenEvent {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly reason: string;
  readonly note: string;
  readonly regarding: { readonly uid: string };
}

/** What is written by `use`, and what is logged meanwhile. */
async function written(
  use: (context: EventContext) => Promise<void>,
  more: { replies?: readonly Reply[]; pod?: EventContext["pod"] } = {},
): Promise<{ events: WrittenEvent[]; lines: string[] }> {
  const events: WrittenEvent[] = [];
  const lines: string[] = [];
  await withServer(more.replies ?? [], async ({ server, client }) => {
    const log = createLogger((line) => lines.push(line));
    await use({ client, pod: more.pod ?? POD, namespace: "a", node: "node-1", log });
    for (const { path, body } of server.requests) {
      assertEquals(path, "/apis/events.k8s.io/v1/namespaces/a/events");
      events.push(JSON.parse(body));
    }
  });
  return { events, lines };
}

Deno.test("an Event tells of failures that somebody has to mend, and of no others", async (t) => {
  const cases: { what: string; error: unknown; note?: string }[] = [
    {
      what: "a network that is missing",
      error: new CniError(ErrorCode.NetworkMissing, "it does not exist", { details: "create it" }),
      note: "it does not exist (create it)",
    },
    { what: "a configuration", error: new CniError(ErrorCode.InvalidConfig, "no"), note: "no" },
    { what: "an annotation", error: new SchemaError("annotation x", [{ field: "[0]", reason: "odd" }]) },
    { what: "several", error: new AggregateError([new CniError(100, "a"), new CniError(101, "b")], ""), note: "a; b" },
    { what: "what nobody thought of", error: new Error("oops"), note: "Pod a/web: oops" },
    { what: "try again", error: new CniError(ErrorCode.TryAgain, "later"), note: "" },
    { what: "a full disk", error: new CniError(ErrorCode.IoFailure, "full"), note: "" },
    { what: "the time is over", error: new DOMException("late", "TimeoutError"), note: "" },
    {
      what: "no API server",
      error: new Unavailable({ verb: "GET", path: "/", status: 503, reason: "x", text: "", effect: "none" }),
      note: "",
    },
  ];
  for (const { what, error, note } of cases) {
    await t.step(what, async () => {
      const { events, lines } = await written((context) => tellFailure(error, context));
      assertEquals(lines, []);
      assertEquals(events.map(({ reason }) => reason), note === "" ? [] : ["FailedAttachNetwork"]);
      if (note) assertEquals(events[0]?.note, note);
    });
  }
});

Deno.test("the same failure of the same Pod is one Event in ten minutes", async () => {
  const start = Date.UTC(2026, 0, 1);
  const warning = { pod: POD, namespace: "a", node: "n", reason: "R", note: "N", about: "101" };
  const { events } = await written(async ({ client }) => {
    const write = (more: object, atMs: number): Promise<void> =>
      writeEvent(client, { ...warning, ...more }, {
        signal: new AbortController().signal,
        now: new Date(start + atMs),
      });
    await write({}, 0);
    await write({ note: "in other words" }, 599_999);
    await write({ about: "102" }, 0);
    await write({ reason: "Other" }, 0);
    await write({ pod: { ...POD, metadata: { ...POD.metadata, uid: "u2" } } }, 0);
    await write({}, 600_000);
  });
  const names = events.map(({ metadata }) => metadata.name);
  assertEquals(names[0], names[1]);
  assertEquals(new Set(names).size, 5);
  for (const name of names) assertMatch(name, /^web\.[0-9a-f]{16}$/);
});

Deno.test("an Event that is there already is no failure; one that is refused is logged", async () => {
  const error = new CniError(ErrorCode.PoolExhausted, "full");
  const exists = { status: 409, body: statusObject(409, "AlreadyExists") };
  assertEquals((await written((context) => tellFailure(error, context), { replies: [exists] })).lines, []);
  const refused = { status: 403, body: statusObject(403, "Forbidden") };
  const { lines } = await written((context) => tellFailure(error, context), { replies: [refused] });
  assertEquals(lines.length, 1);
  assertMatch(lines[0] ?? "", /"level":"warn".*an Event could not be written.*403 Forbidden/);
});

Deno.test("a note fits into 1024 bytes, whatever it is written in", async () => {
  const error = new CniError(ErrorCode.DelegateFailed, "ü€😀".repeat(200));
  const { events } = await written((context) => tellFailure(error, context));
  const note = events[0]?.note ?? "";
  const bytes = new TextEncoder().encode(note).length;
  assert(bytes > 1020 && bytes <= 1024, `${bytes} bytes`);
  assert(note.isWellFormed());
  assert(error.message.startsWith(note));
});

Deno.test("Events about a static Pod are where kubectl looks for them", async () => {
  const metadata = { ...POD.metadata, annotations: { "kubernetes.io/config.mirror": "hash1" } };
  const error = new CniError(ErrorCode.PoolExhausted, "full");
  const { events } = await written((context) => tellFailure(error, context), { pod: { ...POD, metadata } });
  assertEquals(events.map(({ regarding }) => regarding.uid), ["hash1"]);
});

Deno.test("every warning is an Event and a line of the log", async () => {
  const attachments = [
    { interface: "eth0", subject: "DanmNet a/n", warnings: ["one", "two"] },
    { interface: "net1", subject: "DanmNet a/n", warnings: [] },
    { interface: "net2", subject: "DanmNet a/m", warnings: ["one"] },
  ];
  const { events, lines } = await written((context) => tellWarnings(attachments, context));
  assertEquals(events.map(({ note }) => note).sort(), [
    "eth0 on DanmNet a/n: one",
    "eth0 on DanmNet a/n: two",
    "net2 on DanmNet a/m: one",
  ]);
  assertEquals(new Set(events.map(({ metadata }) => metadata.name)).size, 3);
  assertEquals(lines.length, 3);
});
