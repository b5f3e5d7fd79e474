import { assertEquals } from "@std/assert";
import { type Fault, renderStatus, type Rule, Rules } from "./fault_rules.ts";

const HANG: Fault = { kind: "hang" };
const HOLD: Fault = { kind: "hold" };
const LIST = { method: "GET", path: "/api/v1/pods?limit=500", user: "jane" };
const CREATE = { method: "POST", path: "/apis/danm.io/v1/danmips", user: "jane" };

Deno.test("Rules", async (t) => {
  const rule = (fault: Fault, rest: Partial<Rule> = {}): Rule => ({ id: 1, fault, nth: 1, times: null, ...rest });
  const cases = [
    { name: "leave requests alone without rules", rules: [], asked: [LIST], taken: [undefined] },
    { name: "apply to all without a limit", rules: [rule(HANG)], asked: [LIST, CREATE], taken: ["hang", "hang"] },
    {
      name: "apply to the n-th alone",
      rules: [rule(HANG, { nth: 2, times: 1 })],
      asked: [LIST, LIST, LIST],
      taken: [undefined, "hang", undefined],
    },
    {
      name: "count only requests that match",
      rules: [rule(HANG, { method: "POST", nth: 2, times: 1 })],
      asked: [CREATE, LIST, CREATE],
      taken: [undefined, undefined, "hang"],
    },
    {
      name: "match the path with its query, also by an expression that remembers",
      rules: [rule(HANG, { path: { source: "pods\\?limit", flags: "g" } })],
      asked: [LIST, LIST, CREATE],
      taken: ["hang", "hang", undefined],
    },
    {
      name: "match the user",
      rules: [rule(HANG, { user: "joe" })],
      asked: [LIST, { ...LIST, user: "joe" }, { ...LIST, user: undefined }],
      taken: [undefined, "hang", undefined],
    },
    {
      name: "prefer the older, and count for both",
      rules: [rule(HOLD, { times: 1 }), rule(HANG, { nth: 2, times: 1 })],
      asked: [LIST, LIST, LIST],
      taken: ["hold", "hang", undefined],
    },
  ];
  for (const { name, rules, asked, taken } of cases) {
    await t.step(name, () => {
      const set = new Rules();
      for (const one of rules) set.add(one);
      assertEquals(asked.map((subject) => set.take(subject)?.kind), taken);
    });
  }

  await t.step("go one by one or all at once", () => {
    const set = new Rules();
    set.add(rule(HANG, { id: 1 }));
    set.add(rule(HOLD, { id: 2 }));
    set.clear(1);
    assertEquals(set.take(LIST)?.kind, "hold");
    set.clear();
    assertEquals(set.take(LIST), undefined);
  });
});

Deno.test("renderStatus looks like an API server's error", () => {
  const status = JSON.parse(renderStatus({ kind: "answer", status: 429, retryAfterS: 2 }));
  assertEquals([status.kind, status.code, status.reason, status.details.retryAfterSeconds], [
    "Status",
    429,
    "TooManyRequests",
    2,
  ]);
});
