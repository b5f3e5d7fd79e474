import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { applyPatch } from "rfc6902";
import { Chance, mutatedJson } from "../tests/support/odd_json.ts";
import { seededRandom } from "../tests/support/seeded_random.ts";
import { AppUnderTest } from "../tests/support/webhook/admission_app.ts";
import { everyReview } from "../tests/support/webhook/reviews.ts";
import { createJudges } from "./judges.ts";

const RUNS = 4_000;

Deno.test("whatever comes, the answer is a well-formed verdict or a Status of the caller's fault", async () => {
  const reviews = everyReview();
  const app = new AppUnderTest(createJudges({ random: seededRandom(1) }));
  const outcomes = new Map<string, number>();
  for (let seed = 1; seed <= RUNS; seed++) {
    const chance = new Chance(seed);
    const rate = chance.one([0, 0.005, 0.02, 0.1]);
    const path = chance.one(["/mutate", "/validate"]);
    const body = broken(chance, mutatedJson(chance, chance.one(reviews), { rate }));
    const answer = await app.post(path, body);
    const verdict = checked(answer, {
      body,
      about: `seed ${seed}: ${JSON.stringify([answer, app.lines.at(-1)]).slice(0, 1500)}`,
    });
    app.lines.length = 0;
    outcomes.set(verdict, (outcomes.get(verdict) ?? 0) + 1);
  }
  // A fuzz test that never gets past the door, or never finds anything wrong, tests nothing.
  for (const outcome of ["allowed", "denied", "malformed"]) {
    assert((outcomes.get(outcome) ?? 0) > RUNS / 50, `${outcome}: ${JSON.stringify([...outcomes])}`);
  }
  assertEquals(app.budget.requests, 0);
});

/** Now and then not even JSON arrives. */
function broken(chance: Chance, text: string): string | Uint8Array {
  const bytes = new TextEncoder().encode(text);
  if (chance.below(50) === 0) return bytes.slice(0, chance.below(bytes.length));
  if (chance.below(50) === 0) return chance.bytes(chance.below(200));
  return text;
}

function checked(
  { status, document }: { status: number; document: Record<string, unknown> },
  { body, about }: { body: string | Uint8Array; about: string },
): string {
  if (status !== 200) {
    assert(status === 400 || status === 413, about);
    assertEquals([document["kind"], document["status"], document["code"]], ["Status", "Failure", status], about);
    assert(typeof document["message"] === "string" && document["message"] !== "", about);
    return "malformed";
  }
  assert(typeof body === "string", about);
  const { request } = JSON.parse(body);
  const response = document["response"] as Record<string, unknown>;
  assertEquals(document["apiVersion"], "admission.k8s.io/v1", about);
  assertEquals(response["uid"], request.uid, about);
  for (const warning of (response["warnings"] ?? []) as string[]) {
    // deno-lint-ignore no-control-regex
    assert(warning.length <= 120 && !/[\u0000-\u001f]/.test(warning) && warning.isWellFormed(), about);
  }
  if (response["allowed"] === false) {
    const { code, message } = response["status"] as { code: number; message: string };
    assert((code === 403 || code === 422) && message.length > 0 && message.length <= 4000, about);
    return "denied";
  }
  assertEquals(response["allowed"], true, about);
  if (typeof response["patch"] === "string") {
    const failures = applyPatch(request.object, JSON.parse(Buffer.from(response["patch"], "base64").toString()));
    assertEquals(failures.filter((failure) => failure !== null), [], about);
  }
  return "allowed";
}
