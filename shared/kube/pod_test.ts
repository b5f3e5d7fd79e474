import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { statusObject } from "../../tests/support/kube/scripted_server.ts";
import { withServer } from "../../tests/support/kube/with_client.ts";
import { CniError } from "../errors.ts";
import { getPod, kubeletUID } from "./pod.ts";

const MIRROR = "kubernetes.io/config.mirror";
const MISSING = { status: 404, body: statusObject(404, "NotFound") };
const SIGNAL = new AbortController().signal;
const IDENTITY = { namespace: "a", name: "web" };

const pod = (metadata: object = {}, rest: object = {}): Record<string, unknown> => ({
  metadata: { name: "web", namespace: "a", uid: "u1", ...metadata },
  spec: {},
  ...rest,
});

Deno.test("a Pod answers to its UID, and a mirror also to the hash of the static Pod's manifest", async (t) => {
  const mirror = pod({ annotations: { [MIRROR]: "hash1" } });
  const cases: { what: string; stored: object; uid: string | undefined; refused?: RegExp; details?: RegExp }[] = [
    { what: "its UID", stored: pod(), uid: "u1" },
    { what: "a runtime that tells no UID", stored: pod(), uid: undefined },
    { what: "the mirror's UID", stored: mirror, uid: "u1" },
    { what: "the manifest's hash", stored: mirror, uid: "hash1" },
    {
      what: "another Pod of that name",
      stored: pod(),
      uid: "u0",
      refused: /^Pod a\/web has UID u1, the sandbox is for UID u0$/,
      details: /deleted and made again under the same name/,
    },
    {
      what: "the mirror of another manifest",
      stored: mirror,
      uid: "hash0",
      refused: /^Pod a\/web has UID u1 and hash1, the sandbox is for UID hash0$/,
      details: /another version of the static Pod's manifest/,
    },
  ];
  for (const { what, stored, uid, refused, details } of cases) {
    await t.step(what, async () => {
      await withServer([{ status: 200, body: stored }], async ({ client }) => {
        const reading = getPod(client, { ...IDENTITY, uid }, SIGNAL);
        if (!refused) return assertEquals((await reading).metadata.uid, "u1");
        const error = await assertRejects(() => reading, CniError);
        assertEquals(error.code, 11);
        assertMatch(error.message, refused);
        assertMatch(error.details ?? "", details ?? /./);
      });
    });
  }
});

Deno.test("a Pod that is over or being deleted is not attached", async (t) => {
  const cases: { what: string; stored: object; refused?: string }[] = [
    { what: "pending", stored: pod({}, { status: { phase: "Pending" } }) },
    { what: "running", stored: pod({ deletionTimestamp: null }, { status: { phase: "Running" } }) },
    {
      what: "succeeded",
      stored: pod({}, { status: { phase: "Succeeded" } }),
      refused: "Pod a/web is over: its phase is Succeeded",
    },
    {
      what: "failed",
      stored: pod({ deletionTimestamp: "2026-01-01T00:00:00Z" }, { status: { phase: "Failed" } }),
      refused: "Pod a/web is over: its phase is Failed",
    },
    {
      what: "being deleted",
      stored: pod({ deletionTimestamp: "2026-01-01T00:00:00Z" }, { status: { phase: "Running" } }),
      refused: "Pod a/web is being deleted",
    },
  ];
  for (const { what, stored, refused } of cases) {
    await t.step(what, async () => {
      await withServer([{ status: 200, body: stored }], async ({ client }) => {
        const reading = getPod(client, { ...IDENTITY, uid: "u1" }, SIGNAL);
        if (refused === undefined) return assertEquals((await reading).metadata.uid, "u1");
        const error = await assertRejects(() => reading, CniError);
        assertEquals([error.code, error.message], [11, refused]);
      });
    });
  }
});

Deno.test("a mirror that is made a moment later is waited for", async () => {
  const made = { status: 200, body: pod({ annotations: { [MIRROR]: "hash1" } }) };
  await withServer([MISSING, MISSING, made], async ({ client, server }) => {
    const found = await getPod(client, { ...IDENTITY, uid: "hash1" }, SIGNAL);
    assertEquals([kubeletUID(found), server.requests.length], ["hash1", 3]);
  });
});

Deno.test("a Pod that does not come is not waited for long", async () => {
  await withServer(() => MISSING, async ({ client, server }) => {
    const error = await assertRejects(() => getPod(client, { ...IDENTITY, uid: "u1" }, SIGNAL), CniError);
    assertEquals([error.code, error.message], [11, "Pod a/web is not in the API server"]);
    assertEquals(server.requests.length, 5);
  });
});

Deno.test("waiting for a Pod ends with the time of the whole ADD", async () => {
  await withServer(() => MISSING, async ({ client, server }) => {
    const signal = AbortSignal.timeout(500);
    await assertRejects(() => getPod(client, { ...IDENTITY, uid: "u1" }, signal));
    assert(signal.aborted && server.requests.length < 5);
  });
});
