import { assertEquals } from "@std/assert";
import type { ConfigurationFacts } from "./situation.ts";
import { TrustWatch } from "./trust_watch.ts";

const configuration = (...bundles: (string[] | undefined)[]): ConfigurationFacts => ({
  name: "any",
  bundles: bundles.map((names) =>
    names?.map((fingerprint) => ({ fingerprint, notBeforeMs: 0, notAfterMs: 1, ours: true }))
  ),
});

Deno.test("an authority is trusted from when it is seen in every webhook of every configuration, without a gap", () => {
  const watch = new TrustWatch();
  const seen = (at: number, ...configurations: ConfigurationFacts[]): unknown =>
    Object.fromEntries(watch.observe(configurations, at));
  assertEquals(seen(10, configuration(["a"]), configuration(["a"])), { a: 0 });
  assertEquals(seen(20, configuration(["b", "a"], ["a"]), configuration(["a", "b"])), { a: 10 });
  assertEquals(seen(30, configuration(["b", "a"], ["b", "a"]), configuration(["a", "b"])), { a: 20, b: 0 });
  assertEquals(seen(45, configuration(["b"], ["b"])), { b: 15 });
  assertEquals(seen(50, configuration(["b"]), configuration(undefined)), {});
  assertEquals(seen(60, configuration(["a", "b"])), { a: 0, b: 0 });
});
