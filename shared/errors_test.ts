import { assertEquals } from "@std/assert";
import { CniError, ErrorCode, messageOf } from "./errors.ts";

Deno.test("messageOf gives the text of anything that was thrown", () => {
  const cases: { thrown: unknown; text: string }[] = [
    { thrown: new Error("disk full"), text: "disk full" },
    { thrown: "plain text", text: "plain text" },
    { thrown: undefined, text: "undefined" },
    { thrown: null, text: "null" },
    { thrown: 7, text: "7" },
    { thrown: new AggregateError([new Error("a"), "b"], ""), text: "a; b" },
    { thrown: new AggregateError([new Error("a")], "ADD failed"), text: "ADD failed; a" },
    {
      thrown: new AggregateError([new AggregateError([new Error("deep")], ""), new Error("flat")]),
      text: "deep; flat",
    },
    { thrown: new AggregateError([], ""), text: "" },
  ];
  for (const { thrown, text } of cases) assertEquals(messageOf(thrown), text);
});

Deno.test("CniError keeps code, details and cause", () => {
  const cause = new Error("refused");
  const error = new CniError(ErrorCode.TryAgain, "API server cannot be reached", { details: "wait", cause });
  assertEquals([error.name, error.code, error.message, error.details, error.cause], [
    "CniError",
    11,
    "API server cannot be reached",
    "wait",
    cause,
  ]);
  const bare = new CniError(ErrorCode.Unexpected, "x");
  assertEquals([bare.details, "cause" in bare], [undefined, false]);
});

Deno.test("error codes are distinct, and our own are 100 and above", () => {
  const codes = Object.values(ErrorCode);
  assertEquals(new Set(codes).size, codes.length);
  const reserved = codes.filter((code) => code < 100);
  assertEquals(reserved, [1, 4, 5, 6, 7, 8, 11, 50, 51]);
});
