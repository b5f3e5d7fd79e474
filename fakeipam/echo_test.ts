import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { VerbRequest } from "../shared/cni/plugin.ts";
import { CniError } from "../shared/errors.ts";
import { echo } from "./echo.ts";

function request(ipam: unknown): VerbRequest {
  return {
    cniVersion: "1.0.0",
    networkName: "n",
    containerID: "c1",
    netns: "/run/netns/a",
    ifname: "eth0",
    args: "",
    path: [],
    conf: { ipam },
  };
}

/** A list in a list in a list, so deep that whoever follows it runs out of stack. */
function nested(depth: number): unknown {
  let list: unknown[] = [];
  for (let level = 1; level < depth; level++) list = [list];
  return list;
}

Deno.test("ADD answers the addresses of the configuration, without interfaces", async () => {
  const ips = [{ ipcidr: "10.0.0.5/24", version: 4 }, { ipcidr: "2001:db8::5/64", version: "6" }, {
    ipcidr: "10.0.0.6/32",
  }];
  assertEquals(await echo.add(request({ type: "fakeipam", ips })), {
    ips: [{ address: "10.0.0.5/24" }, { address: "2001:db8::5/64" }, { address: "10.0.0.6/32" }],
  });
  assertEquals(await echo.add(request({ ips: [] })), { ips: [] });
});

Deno.test("DEL, GC and STATUS do nothing, also where the configuration is gone", async () => {
  for (const verb of [echo.del, echo.status]) assertEquals(await verb(request(undefined)), undefined);
  assertEquals(await echo.gc({ ...request(undefined), validAttachments: [] }), undefined);
});

Deno.test("a configuration without proper addresses is refused by its field, by ADD and CHECK", async (t) => {
  const cases: { ipam: unknown; field: string }[] = [
    { ipam: undefined, field: "ipam.ips" },
    { ipam: null, field: "ipam.ips" },
    { ipam: "fakeipam", field: "ipam.ips" },
    { ipam: { ips: {} }, field: "ipam.ips" },
    { ipam: { ips: [null] }, field: "ipam.ips[0].ipcidr" },
    { ipam: { ips: [7] }, field: "ipam.ips[0].ipcidr" },
    { ipam: { ips: [{ ipcidr: "10.0.0.5/24" }, {}] }, field: "ipam.ips[1].ipcidr" },
    { ipam: { ips: [{ ipcidr: "10.0.0.5" }] }, field: "ipam.ips[0].ipcidr" },
    { ipam: { ips: [{ ipcidr: "010.0.0.5/24" }] }, field: "ipam.ips[0].ipcidr" },
    { ipam: { ips: [{ ipcidr: "10.0.0.5/33" }] }, field: "ipam.ips[0].ipcidr" },
    { ipam: { ips: [{ ipcidr: "10.0.0.5/24", version: 6 }] }, field: "ipam.ips[0].version" },
    { ipam: { ips: [{ ipcidr: "2001:db8::1/64", version: null }] }, field: "ipam.ips[0].version" },
    { ipam: { ips: [{ ipcidr: "10.0.0.5/24", version: ["4"] }] }, field: "ipam.ips[0].version" },
    { ipam: { ips: [{ ipcidr: "10.0.0.5/24", version: nested(20_000) }] }, field: "ipam.ips[0].version" },
  ];
  for (const { ipam, field } of cases) {
    await t.step(Deno.inspect(ipam), async () => {
      for (const verb of [echo.add, echo.check]) {
        const error = await assertRejects(async () => await verb(request(ipam)), CniError);
        assertEquals(error.code, 7);
        assertStringIncludes(error.message, `${field}: `);
      }
    });
  }
});
