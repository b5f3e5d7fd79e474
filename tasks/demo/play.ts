import { DanmLab } from "../../tests/support/danm_lab.ts";
import type { Lab } from "../../tests/support/lab/lab.ts";
import { attachAll, type AttachedPod, detachAll, showAttached } from "./attach.ts";
import { auditNothingLeft, readNodeLinks } from "./audit.ts";
import { membersOf, planPings, runPings, showPings } from "./ping.ts";
import { applyExamples, examplePath, HOST_LINKS, makeHostLinks, placePods, readNetworks } from "./pods.ts";
import type { Screen } from "./screen.ts";

const NETWORKS = ["management", "external", "heartbeat"];

/**
 * Plays the demo on a lab with two nodes: networks and Pods from `examples/`, attached, pinged, detached.
 *
 * @throws {Error} when a step fails that the others build on; what is merely wrong is a failed check of the screen
 */
export async function playDemo(lab: Lab, screen: Screen): Promise<void> {
  const danm = await install(lab, screen);
  await makeNetworks(lab, screen);
  const before = await readNodeLinks(lab);
  const attached = await attach(danm, screen);
  await showInside(attached, screen);
  await ping(attached, screen);
  await showObjects(lab, attached, screen);

  screen.section("Detaching all of them at once");
  await detachAll(danm, attached, screen);

  screen.section("Nothing is left");
  await auditNothingLeft(danm, attached, { before, screen });
}

async function install(lab: Lab, screen: Screen): Promise<DanmLab> {
  for (const { name, kind, uplink, address } of lab.nodes) {
    const kernel = kind === "uml" ? "a kernel of its own (user-mode Linux)" : "a network namespace";
    screen.say(`${name}: ${kernel}, ${uplink} ${address}`);
  }
  if (lab.nodes.some(({ kind }) => kind === "uml")) {
    screen.say("This machine's kernel lacks ipvlan, 802.1Q or dummy. In user-mode Linux programs start 10 to 40 times");
    screen.say("slower, so the times below say nothing about DANM: deno task bench does.");
  }
  screen.say(`kubeconfig while it runs: ${lab.admin.kubeconfigPath}`);
  screen.section("DANM on it: the API, the plugin's rights, the admission policies");
  screen.say("$ kubectl apply -f crds/\n$ kubectl apply -f k8s/base/{namespace.yaml,admission,flow_control,rbac}");
  const danm = await DanmLab.install(lab);
  screen.command(
    "kubectl api-resources --api-group=danm.io",
    await lab.kubectl(["api-resources", "--api-group=danm.io"]),
  );
  return danm;
}

async function makeNetworks(lab: Lab, screen: Screen): Promise<void> {
  screen.section("Networks");
  const typed = NETWORKS.map((name) => `-f ${examplePath(name)}`).join(" ");
  screen.command(`kubectl apply ${typed}`, await applyExamples(lab, NETWORKS));
  screen.say("\nTheir links on the hosts, made by hand on both nodes:");
  screen.say(HOST_LINKS.map((line) => `$ ip ${line}`).join("\n"));
  await Promise.all(lab.nodes.map(makeHostLinks));
}

async function attach(danm: DanmLab, screen: Screen): Promise<AttachedPod[]> {
  const { lab } = danm;
  const [node1, node2] = lab.nodes;
  if (!node1 || !node2) throw new TypeError("the demo needs two nodes");
  screen.section("Four Pods, each on two or three networks, attached all at once");
  screen.command(`kubectl apply -f ${examplePath("pods")}`, await applyExamples(lab, ["pods"]));
  const pods = await placePods(danm, [["web-1", node1], ["web-2", node2], ["db-1", node1], ["db-2", node2]]);
  screen.say("The demo is scheduler and container runtime: it binds the Pods, makes their sandboxes and calls");
  screen.say("dist/danm for each of them in its node.");
  screen.say("");
  const attached = await attachAll(danm, pods, await readNetworks(lab));
  await showAttached(attached, screen);
  return attached;
}

/** One sandbox as somebody sees it who looks into it. */
async function showInside(attached: readonly AttachedPod[], screen: Screen): Promise<void> {
  const inside = attached.find(({ pod }) => pod.name === "db-1");
  if (!inside) throw new TypeError("db-1 is not attached");
  const { node, netns } = inside.sandbox;
  screen.section("Inside of db-1: routes of its networks, and policy routes that it asked for");
  const commands = [
    "ip -4 route",
    "ip -4 rule",
    "ip -6 rule",
    "ip -4 route show table 200",
    "ip -6 route show table 200",
  ];
  const outputs = await Promise.all(
    commands.map((command) => node.run(["nsenter", `--net=${netns}`, ...command.split(" ")])),
  );
  commands.forEach((command, index) => screen.command(command, outputs[index]?.stdout ?? ""));
  const text = outputs.map(({ stdout }) => stdout).join("\n");
  for (
    const expected of [
      "198.51.100.0/24 via 192.0.2.1 dev ext1",
      "203.0.113.0/24 via 192.0.2.1 dev ext1",
      "2001:db8:3::/64 via 2001:db8:1::1 dev ext1",
      "from 192.0.2.21 lookup 200",
      "from 2001:db8:1::21 lookup 200",
    ]
  ) screen.check(text.includes(expected), `db-1 has "${expected}"`);
}

/** Where the Pods use a network without addresses, they bring their own. */
const OWN_SUBNET = "192.168.77";

async function ping(attached: readonly AttachedPod[], screen: Screen): Promise<void> {
  screen.section("Pings across the nodes, over each network");
  const members = membersOf(attached);
  const withOwn = await Promise.all(members.map(async (member, index) => {
    if (member.addresses.length > 0) return member;
    const { sandbox } = attached.find(({ pod }) => pod.name === member.pod) ?? {};
    const own = `${OWN_SUBNET}.${index + 1}`;
    await sandbox?.node.run([
      ...["nsenter", `--net=${sandbox.netns}`, "ip", "address", "add", `${own}/24`, "dev", member.interface],
    ]);
    screen.say(`${member.network} has no addresses: ${member.pod} sets ${own} on ${member.interface} itself`);
    return { ...member, addresses: [own] };
  }));
  showPings(await runPings(attached, planPings(withOwn)), screen);
}

async function showObjects(lab: Lab, attached: readonly AttachedPod[], screen: Screen): Promise<void> {
  screen.section("What kubectl shows");
  for (const what of ["danmnets", "clusternetworks", "danmeps", "danmips"]) {
    screen.command(`kubectl get ${what}`, await lab.kubectl(["get", what]));
  }
  const attachments = attached.flatMap((one) => one.attachments);
  const expected = [attachments.length, attachments.reduce((sum, { got }) => sum + got.addresses.length, 0)];
  const names = await lab.kubectl(["get", "danmeps,danmips", "-o", "name"]);
  const found = ["danmep", "danmip"].map((kind) => names.split("\n").filter((name) => name.startsWith(kind)).length);
  const what = `${expected[0]} interfaces are ${found[0]} DanmEps, ${expected[1]} addresses are ${found[1]} DanmIps`;
  screen.check(String(expected) === String(found), what);
}
