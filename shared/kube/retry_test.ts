import { assertEquals, assertGreaterOrEqual, assertLessOrEqual } from "@std/assert";
import type { ApiFailure } from "./api_error.ts";
import { DEFAULT_RETRY, retryDelayMs } from "./retry.ts";

function failure(more: Partial<ApiFailure> = {}): ApiFailure {
  return { verb: "GET", path: "/x", status: 500, reason: "InternalError", text: "", effect: "none", ...more };
}

Deno.test("pauses double up to their cap and are spread over their second half", () => {
  const pauses = (random: number): (number | undefined)[] =>
    [1, 2, 3, 4, 5, 6, 7, 8].map((tries) => retryDelayMs(failure(), tries, { policy: DEFAULT_RETRY, random }));
  assertEquals(pauses(0), [50, 100, 200, 400, 800, 1000, 1000, undefined]);
  const longest = pauses(0.9999).map((ms) => ms === undefined ? undefined : Math.round(ms));
  assertEquals(longest, [100, 200, 400, 800, 1600, 2000, 2000, undefined]);
});

Deno.test("nobody comes back before the time that the server asked for", () => {
  for (const random of [0, 0.5, 0.999]) {
    const delayMs = retryDelayMs(failure({ retryAfterMs: 5_000 }), 1, { policy: DEFAULT_RETRY, random }) ?? 0;
    assertGreaterOrEqual(delayMs, 5_000);
    assertLessOrEqual(delayMs, 5_100);
  }
});

Deno.test("a server that asks for too long a pause is not asked again", () => {
  const options = { policy: DEFAULT_RETRY, random: 0 };
  assertEquals(retryDelayMs(failure({ retryAfterMs: 30_001 }), 1, options), undefined);
  assertEquals(retryDelayMs(failure({ retryAfterMs: 30_000 }), 1, options), 30_050);
});
