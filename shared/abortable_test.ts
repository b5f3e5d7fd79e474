import { assertEquals, assertRejects } from "@std/assert";
import { abortable } from "./abortable.ts";

Deno.test("abortable answers what comes first: the promise, or the signal's reason", async () => {
  const never = new Promise<string>(() => {});
  assertEquals(await abortable(Promise.resolve("x"), undefined), "x");
  assertEquals(await abortable(Promise.resolve("x"), AbortSignal.timeout(60_000)), "x");
  await assertRejects(
    () => abortable(Promise.reject(new TypeError("y")), new AbortController().signal),
    TypeError,
    "y",
  );
  await assertRejects(() => abortable(never, AbortSignal.abort(new RangeError("z"))), RangeError, "z");
  const later = new AbortController();
  const waiting = assertRejects(() => abortable(never, later.signal), RangeError, "later");
  later.abort(new RangeError("later"));
  await waiting;
});
