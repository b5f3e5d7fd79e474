import { assertEquals } from "@std/assert";
import { failureOfAnswer, failureOfError, retryAfter } from "./read_failure.ts";

const SENT = { verb: "POST", path: "/x", server: "https://api:6443" } as const;

Deno.test("Retry-After is seconds or a date, anything else is none", async (t) => {
  const now = (): number => Date.parse("Tue, 03 Nov 2026 10:00:00 GMT");
  const cases: readonly [string | null, number | undefined][] = [
    ["7", 7_000],
    ["0", 0],
    [" 12 ", 12_000],
    ["Tue, 03 Nov 2026 10:00:09 GMT", 9_000],
    ["Tue, 03 Nov 2026 09:59:00 GMT", 0],
    ["soon", undefined],
    ["-3", undefined],
    ["", undefined],
    [null, undefined],
  ];
  for (const [header, expected] of cases) {
    await t.step(`${header} is ${expected} ms`, () => {
      assertEquals(retryAfter(header, now), expected);
    });
  }
});

Deno.test("the header's Retry-After wins over that of the Status object", () => {
  const body = JSON.stringify({ kind: "Status", reason: "TooManyRequests", details: { retryAfterSeconds: 9 } });
  const answer = { status: 429, headers: new Headers({ "retry-after": "2" }), body };
  assertEquals(failureOfAnswer(SENT, answer).retryAfterMs, 2_000);
  assertEquals(failureOfAnswer(SENT, { ...answer, headers: new Headers() }).retryAfterMs, 9_000);
});

Deno.test("a Status object without reason gets that of its code", () => {
  const answer = { status: 404, headers: new Headers(), body: '{"kind":"Status","message":"gone"}' };
  const { reason, text } = failureOfAnswer(SENT, answer);
  assertEquals([reason, text], ["NotFound", "gone"]);
});

Deno.test("what fetch throws tells whether anything was sent", async (t) => {
  const wrapped = (text: string): Error => new TypeError("fetch failed", { cause: new Error(text) });
  const connect = "error sending request for url (https://api:6443/x): client error (Connect): ";
  const cases = [
    { error: wrapped(`${connect}tcp connect error: Connection refused`), reason: "ConnectionFailed", effect: "none" },
    { error: wrapped(`${connect}dns error: no such host`), reason: "ConnectionFailed", effect: "none" },
    { error: wrapped(`${connect}invalid peer certificate: Expired`), reason: "Misconfigured", effect: "none" },
    { error: new TypeError("keys may not be consistent: KeyMismatch"), reason: "Misconfigured", effect: "none" },
    { error: wrapped("stream closed because of a broken pipe"), reason: "ConnectionLost", effect: "unknown" },
    { error: wrapped("connection reset by peer"), reason: "ConnectionLost", effect: "unknown" },
    { error: new TypeError("something new"), reason: "ConnectionLost", effect: "unknown" },
    { error: "a string", reason: "ConnectionLost", effect: "unknown" },
  ];
  for (const { error, reason, effect } of cases) {
    await t.step(`${String(error instanceof Error ? (error.cause ?? error) : error)}: ${reason}, ${effect}`, () => {
      const failure = failureOfError(SENT, error, undefined);
      assertEquals([failure.reason, failure.effect, failure.status], [reason, effect, 0]);
    });
  }
});
