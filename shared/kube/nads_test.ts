import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { type Reply, statusObject } from "../../tests/support/kube/scripted_server.ts";
import { withServer } from "../../tests/support/kube/with_client.ts";
import { CniError } from "../errors.ts";
import { SchemaError } from "../schema/describe_issues.ts";
import { getNads } from "./nads.ts";

const SIGNAL = new AbortController().signal;
const BASE = "/apis/k8s.cni.cncf.io/v1/namespaces";
const ASKED = [{ namespace: "a", name: "x" }, { namespace: "b", name: "x" }, { namespace: "a", name: "x" }];

const there = (path: string): Reply => ({ status: 200, body: { metadata: { name: "x" }, spec: { config: path } } });

Deno.test("each NetworkAttachmentDefinition is read once, from its own namespace", async () => {
  const paths: string[] = [];
  await withServer(({ path }) => {
    paths.push(path);
    return there(path);
  }, async ({ client }) => {
    const nads = await getNads(client, ASKED, SIGNAL);
    const [a, b] = ["a", "b"].map((namespace) => `${BASE}/${namespace}/network-attachment-definitions/x`);
    assertEquals(nads.map(({ spec }) => spec?.config), [a, b, a]);
    assertEquals(paths.sort(), [a, b]);
  });
});

Deno.test("a NetworkAttachmentDefinition that cannot be had is told by name, and what to do", async (t) => {
  const cases: { name: string; reply: Reply; code: number; says: RegExp }[] = [
    {
      name: "missing",
      reply: { status: 404, body: { ...statusObject(404, "NotFound") as object, details: { name: "x" } } },
      code: 102,
      says: /create it, or correct the annotation/,
    },
    {
      name: "the kind is not installed",
      reply: { status: 404, headers: { "content-type": "text/plain" }, body: "404 page not found\n" },
      code: 102,
      says: /does not have the kind NetworkAttachmentDefinition/,
    },
    { name: "forbidden", reply: { status: 403, body: statusObject(403, "Forbidden") }, code: 107, says: /ClusterRole/ },
  ];
  for (const { name, reply, code, says } of cases) {
    await t.step(name, async () => {
      await withServer(() => reply, async ({ client }) => {
        const { errors } = await assertRejects(() => getNads(client, ASKED.slice(1), SIGNAL), AggregateError);
        for (const error of errors) {
          assert(error instanceof CniError);
          assertEquals(error.code as number, code);
          assertMatch(error.details ?? "", says);
        }
        assertEquals(errors.length, 2);
      });
    });
  }
  const wrong: Reply = { status: 200, body: { metadata: { name: "x" }, spec: { config: {} } } };
  await withServer(() => wrong, async ({ client }) => {
    const { errors } = await assertRejects(() => getNads(client, ASKED.slice(0, 1), SIGNAL), AggregateError);
    assertEquals(errors.map((error) => error instanceof SchemaError), [true]);
  });
});
