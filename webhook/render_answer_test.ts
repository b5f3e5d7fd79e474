import { assert, assertEquals } from "@std/assert";
import { reviewOf } from "../tests/support/webhook/reviews.ts";
import type { AdmissionRequest } from "./admission_request.ts";
import { renderDenial, renderFailure, renderWarnings } from "./render_answer.ts";

function requestOf(options: Partial<Parameters<typeof reviewOf>[0]>): AdmissionRequest {
  const review = reviewOf({ resource: "tenantnetworks.danm.io", kind: "TenantNetwork", ...options });
  return review["request"] as AdmissionRequest;
}

const DENIALS = [{ field: "spec.Options.vlan", reason: "is not yours to choose" }, { field: "", reason: "no" }];

Deno.test("a denial names the object, the fields and the reasons", async (t) => {
  const said = "spec.Options.vlan: is not yours to choose; no";
  const cases: { name: string; request: AdmissionRequest; code: number; message: string }[] = [
    {
      name: "in a namespace",
      request: requestOf({ namespace: "a" }),
      code: 422,
      message: `TenantNetwork a/first: ${said}`,
    },
    { name: "of the cluster", request: requestOf({}), code: 422, message: `TenantNetwork first: ${said}` },
    {
      name: "a name that will be generated",
      request: requestOf({ namespace: "a", name: "", object: { metadata: { generateName: "web-" } } }),
      code: 422,
      message: `TenantNetwork a/web-: ${said}`,
    },
    {
      name: "no name at all",
      request: requestOf({ name: "", object: 5 }),
      code: 422,
      message: `TenantNetwork (no name): ${said}`,
    },
    {
      name: "a deletion",
      request: requestOf({ operation: "DELETE" }),
      code: 403,
      message: `TenantNetwork first: ${said}`,
    },
    {
      name: "the deletion of all of a namespace",
      request: requestOf({ operation: "DELETE", name: "", oldObject: { metadata: { name: "one" } } }),
      code: 403,
      message: `TenantNetwork one: ${said}`,
    },
  ];
  for (const { name, request, code, message } of cases) {
    await t.step(name, () => {
      const status = renderDenial(request, DENIALS);
      assertEquals([status.code, status.message], [code, message]);
      assertEquals(status.reason, code === 403 ? "Forbidden" : "Invalid");
      assertEquals(status.details?.causes.map(({ field }) => field), ["spec.Options.vlan", ""]);
    });
  }
});

Deno.test("what objects say ends up in one line of bounded length", () => {
  const hostile = `a\nb\u001b[31m${"x".repeat(10_000)}`;
  const status = renderDenial(requestOf({}), Array(1_000).fill({ field: hostile, reason: hostile }));
  assertEquals(status.message.length, 4_000);
  assertEquals(status.details?.causes.length, 50);
  const texts = [status.message, ...(status.details?.causes ?? []).map(({ message }) => message)];
  // deno-lint-ignore no-control-regex
  assert(texts.every((text) => !/[\u0000-\u001f]/.test(text) && text.length <= 4_000));
  assertEquals(renderFailure(504, "too\nlate").message, "too late");
});

Deno.test("warnings are short, few and whole characters", () => {
  assertEquals(renderWarnings(["short"]), ["short"]);
  const [long = ""] = renderWarnings([`${"x".repeat(118)}😀😀`]);
  assertEquals([long.length <= 120, long.isWellFormed(), long.endsWith("…")], [true, true, true]);
  const many = renderWarnings(Array(30).fill("one"));
  assertEquals([many.length, many.at(-1)], [21, "10 more warnings"]);
});
