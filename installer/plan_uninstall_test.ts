import { assertEquals } from "@std/assert";
import { findObstacle, type SandboxTrace } from "./plan_uninstall.ts";

type Delegate = SandboxTrace["delegates"][number];

function delegate(name: string, type: string, conf: Record<string, unknown>): Delegate {
  return { interface: name, plugins: [{ type, conf: { type, ...conf } }] };
}

Deno.test("findObstacle names what nobody but our plugins undoes", async (t) => {
  const hostLocal = { ipam: { type: "host-local" } };
  const cases: { name: string; delegates: Delegate[]; obstacle: string | undefined }[] = [
    { name: "links of ours alone", delegates: [], obstacle: undefined },
    {
      name: "the CNI plugin before, as a delegate",
      delegates: [delegate("eth0", "bridge", { name: "mynet", ...hostLocal, ipMasq: true })],
      obstacle: undefined,
    },
    {
      name: "the CNI plugin before, for another interface than the runtime's",
      delegates: [delegate("eth1", "bridge", { name: "mynet", ...hostLocal })],
      obstacle: "eth1 was made by bridge, which has to undo it",
    },
    {
      name: "another delegate with addresses of its own",
      delegates: [delegate("eth0", "ptp", { name: "other", ...hostLocal })],
      obstacle: "eth0 was made by ptp, which has to undo it",
    },
    {
      name: "another delegate with addresses of ours",
      delegates: [delegate("eth1", "bridge", { name: "other", ipam: { type: "fakeipam", ips: [] } })],
      obstacle: undefined,
    },
    { name: "macvlan", delegates: [delegate("eth1", "macvlan", { name: "lan" })], obstacle: undefined },
    {
      name: "a virtual function",
      delegates: [delegate("eth1", "sriov", { name: "fast" })],
      obstacle: "eth1 was made by sriov, which has to undo it",
    },
    {
      name: "masquerading",
      delegates: [delegate("eth1", "bridge", { name: "other", ipMasq: true })],
      obstacle: "eth1 was made by bridge, which has to undo it",
    },
  ];
  for (const { name, delegates, obstacle } of cases) {
    const trace = { ifname: "eth0", pod: { namespace: "default", name: "web" }, delegates };
    await t.step(name, () => assertEquals(findObstacle(trace, "mynet"), obstacle));
  }
});
