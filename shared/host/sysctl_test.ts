import { assertEquals } from "@std/assert";
import type { Run } from "./run.ts";
import { writeSysctls } from "./sysctl.ts";

Deno.test("all kernel parameters are written by one process, dots in names being no separators", async () => {
  const calls: (readonly string[])[] = [];
  const run: Run = (argv) => {
    calls.push(argv);
    return Promise.resolve("");
  };
  const settings = [
    { key: ["net", "ipv6", "conf", "eth0.100", "disable_ipv6"], value: "0" },
    { key: ["net", "ipv4", "conf", "all", "arp_notify"], value: "1" },
  ];
  await writeSysctls(run, "/run/netns/a", { settings });
  await writeSysctls(run, "/run/netns/a", { settings: [] });
  assertEquals(calls, [[
    ...["nsenter", "--net=/run/netns/a", "sysctl", "-q", "-e", "-w"],
    "net/ipv6/conf/eth0.100/disable_ipv6=0",
    "net/ipv4/conf/all/arp_notify=1",
  ]]);
});
