import { assertEquals, assertRejects } from "@std/assert";
import { CommandError, type Run } from "../shared/host/run.ts";
import { SchemaError } from "../shared/schema/describe_issues.ts";
import { readKernelState } from "./kernel_state.ts";

const SIGNAL = new AbortController().signal;

/** What iproute2 6.1 prints, shortened: a macvlan, an ipvlan and the host's loopback. */
const ADDRESSES = [
  {
    ifname: "lo",
    flags: ["LOOPBACK", "UP", "LOWER_UP"],
    address: "00:00:00:00:00:00",
    addr_info: [{ family: "inet", local: "127.0.0.1", prefixlen: 8, scope: "host" }],
  },
  {},
  {
    ifindex: 4,
    link: "host0",
    ifname: "eth0",
    flags: ["BROADCAST", "MULTICAST", "UP", "LOWER_UP"],
    address: "02:00:00:00:00:01",
    linkinfo: { info_kind: "macvlan" },
    addr_info: [
      { family: "inet", local: "10.0.0.5", prefixlen: 24, scope: "global", label: "eth0" },
      { family: "inet6", local: "2001:db8::5", prefixlen: 64, scope: "global", nodad: true },
    ],
  },
  { ifname: "net1", flags: ["BROADCAST"], linkinfo: { info_kind: "ipvlan" }, addr_info: [{ prefixlen: 0 }] },
  { ifname: "tun0", flags: ["POINTOPOINT", "NO-CARRIER", "UP"] },
];

const ROUTES_4 = [
  { type: "1", dst: "10.8.0.0/16", gateway: "10.0.0.2", dev: "eth0", table: "150", flags: [] },
  { type: "1", dst: "default", gateway: "10.0.0.1", dev: "eth0", table: "254", flags: [] },
  { dst: "10.9.9.9", gateway: "10.0.0.1", dev: "eth0", flags: [] },
  { type: "2", dst: "10.0.0.5", dev: "eth0", table: "255", flags: [] },
];

const ROUTES_6 = [
  { dst: "default", gateway: "2001:db8::1", dev: "eth0", table: "254" },
  { dst: "2001:db8:9::/48", table: "254", nexthops: [{ gateway: "2001:db8::2", dev: "eth0" }] },
  { dst: "2001:db8::9", dev: "eth0", table: "4000000000" },
];

const RULES_4 = [
  { priority: 0, src: "all", table: "255" },
  { priority: 32000, src: "10.0.0.5", table: "150" },
  { priority: 32001, src: "10.0.0.0", srclen: 24, table: "151" },
  { priority: 32002, src: "all", fwmark: "0x1", table: "100" },
];
const RULES_6 = [{ priority: 32000, src: "2001:db8::5", table: "150" }];

/** `ip` with an answer for IPv4 and one for IPv6. */
function answering(answers: { v4: readonly unknown[]; v6: readonly unknown[] }): { run: Run; argvs: string[] } {
  const argvs: string[] = [];
  const run: Run = (argv) => {
    argvs.push(argv.join(" "));
    const documents = argv.includes("-6") ? answers.v6 : answers.v4;
    return Promise.resolve(documents.map((document) => `${JSON.stringify(document)}\n`).join(""));
  };
  return { run, argvs };
}

Deno.test("links, addresses, routes of all tables and rules are read with two commands, in numbers", async () => {
  const { run, argvs } = answering({ v4: [ADDRESSES, ROUTES_4, RULES_4], v6: [ROUTES_6, RULES_6] });
  const { links, routes, rules } = await readKernelState(run, { netns: "/run/netns/a", signal: SIGNAL });
  // A machine may have given its tables names, in /etc/iproute2/rt_tables.
  assertEquals(argvs, [
    "nsenter --net=/run/netns/a ip -json -details -N -batch -",
    "nsenter --net=/run/netns/a ip -6 -json -details -N -batch -",
  ]);
  assertEquals(links, [
    { name: "lo", mac: "00:00:00:00:00:00", up: true, addresses: ["127.0.0.1/8"] },
    { name: "eth0", mac: "02:00:00:00:00:01", up: true, addresses: ["10.0.0.5/24", "2001:db8::5/64"] },
    { name: "net1", mac: undefined, up: false, addresses: [] },
    { name: "tun0", mac: undefined, up: true, addresses: [] },
  ]);
  assertEquals(routes, [
    { destination: "10.8.0.0/16", gateway: "10.0.0.2", dev: "eth0", table: 150 },
    { destination: "0.0.0.0/0", gateway: "10.0.0.1", dev: "eth0" },
    { destination: "10.9.9.9/32", gateway: "10.0.0.1", dev: "eth0" },
    { destination: "10.0.0.5/32", dev: "eth0", table: 255 },
    { destination: "::/0", gateway: "2001:db8::1", dev: "eth0" },
    { destination: "2001:db8:9::/48" },
    { destination: "2001:db8::9/128", dev: "eth0", table: 4000000000 },
  ]);
  assertEquals(rules, [
    { from: "10.0.0.5/32", table: 150, preference: 32000 },
    { from: "10.0.0.0/24", table: 151, preference: 32001 },
    { from: "2001:db8::5/128", table: 150, preference: 32000 },
  ]);
});

Deno.test("tables without anything in them are empty", async () => {
  const { run } = answering({ v4: [[], [], []], v6: [[], []] });
  const state = await readKernelState(run, { netns: "/run/netns/a", signal: SIGNAL });
  assertEquals(state, { links: [], routes: [], rules: [] });
});

Deno.test("a namespace that is gone is the command's failure; a form that is not known names the command", async () => {
  const gone = new CommandError(["nsenter"], { code: 1, stdout: "", stderr: "nsenter: cannot open /a: none" });
  const at = { netns: "/a", signal: SIGNAL };
  await assertRejects(() => readKernelState(() => Promise.reject(gone), at), CommandError);
  const { run } = answering({ v4: [[], [{ gateway: "10.0.0.1" }], []], v6: [[], []] });
  await assertRejects(() => readKernelState(run, at), SchemaError, "ip route show");
});
