import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { CniError } from "../errors.ts";
import { parseCniArgs, podOf } from "./cni_args.ts";

Deno.test("CNI_ARGS are pairs in any order; a value may contain equals signs", () => {
  const text = "IgnoreUnknown=1;K8S_POD_UID=u-1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=web;X=a=b;EMPTY=;";
  assertEquals(Object.fromEntries(parseCniArgs(text)), {
    IgnoreUnknown: "1",
    K8S_POD_UID: "u-1",
    K8S_POD_NAMESPACE: "default",
    K8S_POD_NAME: "web",
    X: "a=b",
    EMPTY: "",
  });
  assertEquals(parseCniArgs("").size, 0);
  assertEquals(parseCniArgs(";;").size, 0);
  assertEquals(parseCniArgs("__proto__=x").get("__proto__"), "x");
});

Deno.test("a pair without a key is refused by its text", () => {
  for (const pair of ["novalue", "=x"]) {
    const error = assertThrows(() => parseCniArgs(`A=1;${pair}`), CniError);
    assertEquals(error.code, 4);
    assertStringIncludes(error.message, JSON.stringify(pair));
  }
});

const args = (changes: Record<string, string>): ReadonlyMap<string, string> =>
  new Map(Object.entries({ K8S_POD_NAMESPACE: "default", K8S_POD_NAME: "web-0.a", K8S_POD_UID: "u-1", ...changes }));

Deno.test("podOf answers the Pod; the UID may be absent", () => {
  assertEquals(podOf(args({})), { namespace: "default", name: "web-0.a", uid: "u-1" });
  assertEquals(podOf(args({ K8S_POD_UID: "" })).uid, undefined);
  assertEquals(podOf(args({ K8S_POD_NAME: "x".repeat(253), K8S_POD_NAMESPACE: "y".repeat(63) })).name.length, 253);
});

Deno.test("podOf names every argument that is missing, or that is no single component of a path", () => {
  const all = assertThrows(() => podOf(new Map()), CniError);
  assertEquals([all.code, all.message], [
    4,
    `CNI_ARGS: missing or malformed: K8S_POD_NAMESPACE="", K8S_POD_NAME=""`,
  ]);
  const cases: [string, string[]][] = [
    ["K8S_POD_NAMESPACE", ["", "a/b", "..", "A", "a b", "-a", "a-", "x".repeat(64), "a\n"]],
    ["K8S_POD_NAME", ["", "a/b", "a..b", "%2e", "x".repeat(254), "a?b", "a#b"]],
    ["K8S_POD_UID", ["a/b", "../x", "a b", "a~b", "x".repeat(65)]],
  ];
  for (const [name, values] of cases) {
    for (const value of values) {
      const error = assertThrows(() => podOf(args({ [name]: value })), CniError);
      assertEquals(error.code, 4);
      assertStringIncludes(error.message, `${name}=${JSON.stringify(value)}`);
    }
  }
});
