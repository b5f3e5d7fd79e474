import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { parse } from "yaml";
import { NAD_ANNOTATION } from "../../shared/schema/nad.ts";
import { DanmLab } from "../support/danm_lab.ts";
import { inside } from "../support/delegates/delegate_lab.ts";
import { ScriptedDelegate } from "../support/delegates/scripted_delegate.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import { NadLab } from "../support/nad_lab.ts";
import { defaultRoute, firstDefaultRoute, routeInFront } from "./nad/default_routes.ts";
import { refusals } from "./nad/refusals.ts";
import { addressOf, defaultRoutes, definitions, endpoints, networks, POD_NETWORK, type World } from "./nad/world.ts";

labTest("NetworkAttachmentDefinitions on a node", {}, async (t) => {
  await using lab = await startLab({ nodes: 1, nodeKind: "native" });
  const danm = await DanmLab.install(lab);
  const [node] = lab.nodes;
  assert(node);
  const cniDir = `${lab.dir}/files`;
  await Deno.mkdir(cniDir);
  const scripted = await ScriptedDelegate.create(`${lab.dir}/scripted`, "recorder");
  const env = { CNI_PATH: `${danm.cniPath}:${lab.dir}/scripted/bin` };
  const nads = new NadLab(danm, { node, options: { env, conf: { cniDir } } });
  await danm.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "other" } }, ...networks(node));
  const world: World = { nads, scripted, cniDir };

  await t.step("a cluster without the kind attaches Pods that ask for none", () => withoutKind(world));
  await nads.install();
  await nads.define(...definitions(danm, node));
  await t.step("without nadSupport the annotation is not read", () => switchedOff(world));
  await t.step("the short form: bridges, one of another namespace, one twice", () => shortForm(world));
  await t.step("macvlan with an address of danm-ipam that the Pod asks for", () => macvlan(world));
  await t.step("an address of each family that the Pod asks for", () => bothFamilies(world));
  await t.step("a conflist, with hardware address, address and port of the Pod's choice", () => conflist(world));
  await t.step("what plugins are told, at ADD and at DEL", () => recorded(world));
  await t.step("default-route: one interface has it, the others lose theirs", () => defaultRoute(world));
  await t.step("without default-route it is that of the first entry", () => firstDefaultRoute(world));
  await t.step("a plugin that puts its default route before another's loses it, too", () => routeInFront(world));
  await t.step("an empty config is a file of the node", () => ofFile(world));
  await t.step("a plugin that makes no link", () => withoutLink(world));
  await t.step("a plugin that finds a macvlan of ours and the link of an earlier entry", () => linkInContainer(world));
  await t.step("the example of the user guide, word by word", () => guide(world));
  await t.step("DEL when the definition is gone", () => deletedBefore(world));
  await t.step("what is wrong is told, and nothing stays", () => refusals(world));
});

async function withoutKind({ nads }: World): Promise<void> {
  const { sandbox } = await nads.attach({ networks: "", interfaces: POD_NETWORK });
  await nads.detach(sandbox);
  const { code, msg, details } = await nads.refuse({ networks: "br" });
  assertEquals([code, msg], [102, "NetworkAttachmentDefinition default/br does not exist"]);
  assertStringIncludes(details ?? "", "does not have the kind");
}

async function switchedOff({ nads }: World): Promise<void> {
  const { sandbox, result } = await nads.attach({ networks: "no/such/form" }, { conf: { nadSupport: false } });
  assertEquals(result.interfaces.map(({ name }) => name), ["eth0"]);
  await nads.detach(sandbox);
}

async function shortForm({ nads }: World): Promise<void> {
  const { sandbox, result } = await nads.attach({ networks: "br, other/br@ext ,br" });
  const own = result.interfaces.filter(({ sandbox: netns }) => netns).map(({ name }) => name);
  assertEquals(own, ["eth0", "net1", "ext", "net3"]);
  assertMatch(addressOf(result, "net1").join(), /^10\.152\.0\.\d+\/24$/);
  assertMatch(addressOf(result, "ext").join(), /^10\.153\.0\.\d+\/24$/);
  assert(addressOf(result, "net3").join() !== addressOf(result, "net1").join());
  const status = await nads.status(sandbox);
  assertEquals(status.map(({ name, interface: ifname, default: first }) => [name, ifname, first]), [
    ["default/default", "eth0", true],
    ["default/br", "net1", false],
    ["other/br", "ext", false],
    ["default/br", "net3", false],
  ]);
  assertEquals(await endpoints(nads.danm, sandbox), [
    ["default", "DanmNet", "macvlan"],
    ["br", "NetworkAttachmentDefinition", "bridge"],
    ["other/br", "NetworkAttachmentDefinition", "bridge"],
    ["br", "NetworkAttachmentDefinition", "bridge"],
  ]);
  const checked = await nads.danm.call(sandbox, "CHECK", nads.with({ conf: { prevResult: result } }));
  assertEquals([checked.code, checked.document], [0, undefined]);
  await nads.detach(sandbox);
}

async function macvlan({ nads }: World): Promise<void> {
  const { sandbox, result } = await nads.attach({
    networks: [{ name: "mac", interface: "wan", ips: ["10.151.0.77"], mac: "02:00:00:00:00:77" }],
  });
  assertEquals(addressOf(result, "wan"), ["10.151.0.77/24"]);
  assertMatch(await inside(sandbox, "ip", "-o", "addr", "show", "dev", "wan"), / inet 10\.151\.0\.77\/24 /);
  assertMatch(await inside(sandbox, "ip", "-o", "link", "show", "dev", "wan"), /02:00:00:00:00:77/);
  await nads.detach(sandbox);
}

/** host-local refuses a list in CNI_ARGS, and takes it from `args.cni`. */
async function bothFamilies({ nads }: World): Promise<void> {
  const ips = ["10.154.0.50", "fd00:154::50"];
  const { sandbox, result } = await nads.attach({ networks: [{ name: "gw", ips }] });
  assertEquals(addressOf(result, "net1"), ["10.154.0.50/24", "fd00:154::50/64"]);
  await nads.detach(sandbox);
}

async function conflist({ nads }: World): Promise<void> {
  const { sandbox, result } = await nads.attach({
    networks: [{
      name: "list",
      ips: ["10.155.0.9/24"],
      mac: "02:00:00:00:00:55",
      portMappings: [{ hostPort: 8155, containerPort: 80, protocol: "tcp" }],
    }],
  });
  assertEquals(addressOf(result, "net1"), ["10.155.0.9/24"]);
  assertMatch(await inside(sandbox, "ip", "-o", "link", "show", "dev", "net1"), /02:00:00:00:00:55/);
  assertEquals(await inside(sandbox, "sysctl", "-n", "net.ipv4.conf.net1.arp_filter"), "1\n");
  const { stdout } = await nads.node.run(["nft", "list", "ruleset"]);
  assertMatch(stdout, / dnat to 10\.155\.0\.9:80/);
  await nads.detach(sandbox);
}

async function recorded({ nads, scripted }: World): Promise<void> {
  const ask = {
    name: "told",
    ips: ["192.0.2.7/24"],
    mac: "02:00:00:00:00:01",
    "cni-args": { given: 2, vf: 3 },
    bandwidth: { ingressRate: 1000 },
    portMappings: [{ hostPort: 1, containerPort: 1 }],
  };
  const runtimeConfig = { portMappings: [{ hostPort: 2, containerPort: 2 }], bandwidth: { ingressRate: 5 } };
  const { sandbox } = await nads.attach({ networks: [ask] }, { conf: { runtimeConfig } });
  await nads.detach(sandbox);
  const calls = await scripted.calls();
  assertEquals(calls.map(({ command }) => command), ["ADD", "DEL"]);
  for (const { args, conf, interface: name } of calls) {
    assertEquals(name, "net1");
    assertStringIncludes(args, `K8S_POD_UID=${sandbox.pod.uid};MAC=02:00:00:00:00:01;IP=192.0.2.7/24`);
    assertEquals([conf["name"], conf["cniVersion"]], ["told", "1.0.0"]);
    assertEquals(conf["runtimeConfig"], { ips: ask.ips, bandwidth: ask.bandwidth });
    assertEquals(conf["args"], {
      cni: { kept: 1, given: 2, vf: 3, ips: ask.ips, mac: ask.mac },
      other: 2,
    });
  }
}

async function ofFile({ nads, cniDir }: World): Promise<void> {
  await Deno.writeTextFile(`${cniDir}/10-broken.conf`, "{");
  await Deno.writeTextFile(`${cniDir}/20-else.conf`, JSON.stringify({ name: "else", type: "nothing" }));
  const conf = { cniVersion: "0.4.0", name: "file", type: "bridge", bridge: "nadfile" };
  const ipam = { type: "host-local", subnet: "10.156.0.0/24" };
  await Deno.writeTextFile(`${cniDir}/30-any.conf`, JSON.stringify({ ...conf, ipam }));
  const { sandbox, result } = await nads.attach({ networks: "file" });
  assertMatch(addressOf(result, "net1").join(), /^10\.156\.0\.\d+\/24$/);
  await nads.detach(sandbox);
  const { code, msg } = await nads.refuse({ networks: "nofile" });
  assertEquals(code, 7);
  assertMatch(
    msg,
    /spec\.config is empty, and no file in .* has the name "nofile"; 10-broken\.conf is not JSON/,
  );
}

async function withoutLink({ nads, scripted }: World): Promise<void> {
  await scripted.behave({ ADD: { prints: JSON.stringify({ cniVersion: "1.0.0" }) } });
  const { sandbox, result } = await nads.attach({ networks: [{ name: "told" }, { name: "gw", "default-route": [] }] });
  assertEquals(addressOf(result, "net1"), []);
  assertEquals((await nads.danm.held()).filter(({ kind }) => kind === "DanmEp").length, 2);
  await nads.detach(sandbox);
  await scripted.behave({});
}

async function linkInContainer({ nads, scripted }: World): Promise<void> {
  const before =
    `for name in eth0 net1; do nsenter --net="$CNI_NETNS" ip link show dev $name >/dev/null || exit 3; done`;
  await scripted.behave({ ADD: { before } });
  const { sandbox } = await nads.attach({ networks: "br,inner" });
  await nads.detach(sandbox);
  await scripted.behave({});
}

async function guide({ nads }: World): Promise<void> {
  const text = await Deno.readTextFile(new URL("../../docs/user_guide.md", import.meta.url));
  const [section = ""] = /^## Coming from Multus$.*?^## /ms.exec(text) ?? [];
  const [conf, nad, pod] = [...section.matchAll(/^```(?:json|yaml)\n(.*?)^```$/gms)].map(([, block]) =>
    parse(block ?? "")
  );
  assertEquals(conf.nadSupport, true);
  await nads.danm.apply(nad);
  const { "danm.io/interfaces": interfaces, [NAD_ANNOTATION]: networks } = pod.metadata.annotations;
  const { sandbox, result } = await nads.attach({ interfaces: JSON.parse(interfaces), networks });
  assertEquals(result.interfaces.filter((one) => one.sandbox).map(({ name }) => name), ["eth0", "net1", "second"]);
  assertEquals(addressOf(result, "net1"), ["10.144.0.20/24"]);
  assertEquals(await defaultRoutes(sandbox), ["10.144.0.1 net1"]);
  await nads.detach(sandbox);
}

async function deletedBefore({ nads }: World): Promise<void> {
  await nads.define({ name: "short", config: { type: "bridge", bridge: "nadshort" } });
  const { sandbox } = await nads.attach({ networks: "short,br" });
  await nads.remove("short");
  await nads.detach(sandbox);
}
