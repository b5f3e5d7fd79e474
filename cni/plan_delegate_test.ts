import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { SchemaError } from "../shared/schema/describe_issues.ts";
import { type Network, parseNetwork } from "../shared/schema/network.ts";
import { planDelegatePlugins } from "./plan_delegate.ts";

function network(options: Record<string, unknown> = {}, NetworkType = "Bridge"): Network {
  return parseNetwork("DanmNet", {
    metadata: { name: "n", namespace: "default" },
    spec: { NetworkID: "br", NetworkType, Options: options },
  });
}

const plan = (document: Record<string, unknown>): ReturnType<typeof planDelegatePlugins> =>
  planDelegatePlugins({ source: "/c/br.conf", document }, { network: network(), cniVersion: "1.0.0" });

Deno.test("a single configuration is one plugin; name and version are filled in where they are missing", () => {
  assertEquals(plan({ type: "bridge", bridge: "br0" }), [
    { type: "bridge", conf: { type: "bridge", bridge: "br0", cniVersion: "1.0.0", name: "br" } },
  ]);
  const [own] = plan({ type: "BRIDGE", name: "own", cniVersion: "0.3.1" });
  assertEquals([own?.type, own?.conf["name"], own?.conf["cniVersion"]], ["BRIDGE", "own", "0.3.1"]);
});

Deno.test("a list is all its plugins in order, each with the list's name and version", () => {
  const plugins = plan({
    name: "list",
    cniVersion: "0.4.0",
    plugins: [{ type: "bridge" }, { type: "portmap", snat: true, name: "x" }],
  });
  assertEquals(plugins.map(({ type }) => type), ["bridge", "portmap"]);
  assertEquals(plugins[1]?.conf, { type: "portmap", snat: true, name: "list", cniVersion: "0.4.0" });
});

Deno.test("a list may switch off CHECK and GC of its plugins", () => {
  const skips = (list: Record<string, unknown>): unknown => plan({ ...list, plugins: [{ type: "bridge" }] })[0]?.skips;
  assertEquals(skips({ disableCheck: true }), ["CHECK"]);
  assertEquals(skips({ disableCheck: "true", disableGC: true }), ["CHECK", "GC"]);
  assertEquals(skips({ disableCheck: false, disableGC: "no" }), undefined);
});

Deno.test("a configuration that cannot be executed is refused by file and field", async (t) => {
  const cases: { document: Record<string, unknown>; says: string }[] = [
    { document: {}, says: "/c/br.conf: type: must be the name of a plugin" },
    { document: { type: "../bridge" }, says: "type: must be the name of a plugin" },
    { document: { type: ".." }, says: "type: must be the name of a plugin" },
    { document: { type: "bridge", name: 7 }, says: "name: must be a text, not 7" },
    { document: { type: "bridge", cniVersion: 1 }, says: "cniVersion: must be a text, not 1" },
    { document: { type: 7 }, says: "type: must be the name of a plugin" },
    { document: { type: "macvlan" }, says: `type: is "macvlan", the network's NetworkType is "bridge"` },
    { document: { plugins: [] }, says: "plugins: must be a list" },
    { document: { plugins: {} }, says: "plugins: must be a list" },
    { document: { plugins: [null] }, says: "plugins[0]: must be an object" },
    { document: { plugins: [{ type: "tuning" }, { type: "bridge" }] }, says: `plugins[0].type: is "tuning"` },
    { document: { plugins: [{ type: "bridge" }, { type: "a/b" }] }, says: "plugins[1].type: must be" },
    { document: { plugins: [{ type: "bridge" }, { type: "danm" }] }, says: "plugins[1].type: must not be danm" },
    { document: { plugins: [{ type: "bridge" }, { type: "DANM" }] }, says: "plugins[1].type: must not be danm" },
  ];
  for (const { document, says } of cases) {
    await t.step(JSON.stringify(document), () => {
      assertStringIncludes(assertThrows(() => plan(document), SchemaError).message, says);
    });
  }
});

Deno.test("a configuration of very many levels is refused: no record could hold it", () => {
  const document = { type: "bridge", deep: JSON.parse("[".repeat(10_000) + "]".repeat(10_000)) };
  assertThrows(
    () =>
      planDelegatePlugins({ source: "/c/a.conf", document }, {
        network: { spec: { NetworkType: "bridge" } },
        cniVersion: "1.0.0",
      }),
    SchemaError,
    "/c/a.conf: must not have more than 100 levels",
  );
});
