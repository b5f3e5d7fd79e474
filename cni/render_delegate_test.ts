import { assertEquals } from "@std/assert";
import type { DelegatePlugin } from "./plan_delegate.ts";
import { mayOutliveNamespace, renderDelegatePlugins } from "./render_delegate.ts";

Deno.test("only the first plugin's IPAM is replaced or removed; capabilities decide what a plugin gets of the runtime", () => {
  const plugins: DelegatePlugin[] = [
    { type: "bridge", conf: { ipam: { type: "host-local" }, runtimeConfig: { stale: 1 }, prevResult: { stale: 1 } } },
    { type: "portmap", conf: { capabilities: { portMappings: true, ips: false }, ipam: { type: "kept" } } },
  ];
  const runtimeConfig = { portMappings: [{ hostPort: 1 }], ips: ["x"], mac: "y" };
  const render = (ipam: "file" | "ours" | "none"): Record<string, unknown>[] =>
    renderDelegatePlugins({ plugins, ipam }, {
      addresses: ["10.0.0.5/24", "fd00::5/64"],
      deviceID: "0000:01:00.1",
      runtimeConfig,
    }).map(({ conf }) => conf);
  const [first, second] = render("ours");
  assertEquals(first?.["ipam"], {
    type: "fakeipam",
    ips: [{ ipcidr: "10.0.0.5/24", version: 4 }, { ipcidr: "fd00::5/64", version: 6 }],
  });
  assertEquals([first?.["deviceID"], first?.["runtimeConfig"], first?.["prevResult"]], [
    "0000:01:00.1",
    undefined,
    undefined,
  ]);
  assertEquals(second?.["runtimeConfig"], { portMappings: [{ hostPort: 1 }] });
  assertEquals([second?.["ipam"], second?.["deviceID"]], [{ type: "kept" }, undefined]);
  assertEquals(render("file")[0]?.["ipam"], { type: "host-local" });
  assertEquals("ipam" in (render("none")[0] ?? {}), false);
});

Deno.test("what a plugin may leave outside of its sandbox's namespace follows from its configuration", async (t) => {
  const cases: { conf: Record<string, unknown>; may: boolean }[] = [
    { conf: { type: "bridge" }, may: false },
    { conf: { type: "bridge", ipam: {} }, may: false },
    { conf: { type: "bridge", ipam: { type: "fakeipam" }, ipMasq: false }, may: false },
    { conf: { type: "bridge", ipam: { type: "host-local" } }, may: true },
    { conf: { type: "macvlan", ipam: { type: "danm-ipam" } }, may: true },
    { conf: { type: "ptp", ipMasq: true }, may: true },
    { conf: { type: "portmap", runtimeConfig: { portMappings: [] } }, may: true },
  ];
  for (const { conf, may } of cases) {
    await t.step(JSON.stringify(conf), () => assertEquals(mayOutliveNamespace(conf), may));
  }
});
