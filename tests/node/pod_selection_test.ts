import { assert, assertEquals, assertMatch } from "@std/assert";
import { type AddResult, answerOf, type TestPod, type TestSandbox } from "../support/danm_lab.ts";
import { startFaultProxy } from "../support/lab/fault_proxy.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import { createPod, createWorld, readStatus, type World } from "./pod_status/world.ts";

const MIRROR = "kubernetes.io/config.mirror";

labTest("which Pods are attached, and to what", {}, async (t) => {
  await using lab = await startLab({ nodes: 1, nodeKind: "native" });
  const world = await createWorld(lab);
  await t.step("the older annotation counts where the newer is not there", () => prefixes(world));
  await t.step("of the networks called default, a DanmNet comes first, then a TenantNetwork", () => defaults(world));
  await t.step("a static Pod is attached as its mirror, also if that comes late", () => staticPod(world));
  await t.step("a Pod that is over or being deleted is not attached", () => over(world));
  await t.step("failures that somebody has to mend are Events, once", () => events(world));
});

async function networksOf(world: World, pod: TestPod): Promise<string[]> {
  const sandbox = await world.danm.createSandbox(world.node, pod);
  await world.danm.add(sandbox);
  const names = (await readStatus(world, pod.name))?.map(({ name }) => name) ?? [];
  await detach(world, sandbox);
  return names;
}

async function prefixes(world: World): Promise<void> {
  const dual = JSON.stringify([{ network: "dual", ip: "dynamic" }]);
  const wide = JSON.stringify([{ clusterNetwork: "wide", ip: "dynamic" }]);
  const cases: [annotations: Record<string, string>, networks: string[]][] = [
    [{ "danm.k8s.io/interfaces": dual }, ["default/dual"]],
    [{ "danm.k8s.io/interfaces": dual, "danm.io/interfaces": wide }, ["wide"]],
    [{ "danm.k8s.io/interfaces": dual, "danm.io/interfaces": "" }, ["default"]],
    [{}, ["default"]],
  ];
  for (const [annotations, networks] of cases) {
    const pod = await createPod(world, annotations);
    assertEquals(await networksOf(world, pod), networks, JSON.stringify(annotations));
  }
}

async function defaults(world: World): Promise<void> {
  const { danm, node } = world;
  const network = (kind: string, cidr: string): object => ({
    apiVersion: "danm.io/v1",
    kind,
    metadata: { name: "default", namespace: "default" },
    spec: { NetworkID: "d", NetworkType: "macvlan", Options: { host_device: node.uplink, cidr } },
  });
  const firstAddress = async (): Promise<string> => {
    const sandbox = await danm.createSandbox(node, await createPod(world, {}));
    const { ips: [ip] }: AddResult = await danm.add(sandbox);
    await detach(world, sandbox);
    return ip?.address ?? "";
  };
  assertMatch(await firstAddress(), /^10\.163\.0\./);
  await danm.apply(network("TenantNetwork", "10.164.0.0/24"));
  assertMatch(await firstAddress(), /^10\.164\.0\./);
  await danm.apply(network("DanmNet", "10.165.0.0/24"));
  assertMatch(await firstAddress(), /^10\.165\.0\./);
}

async function staticPod(world: World): Promise<void> {
  const { danm, node } = world;
  const hash = crypto.randomUUID().replaceAll("-", "");
  const asStatic = { namespace: "default", name: "static-node", uid: hash };
  const annotations = {
    "danm.io/interfaces": JSON.stringify([{ network: "dual", ip: "dynamic" }]),
    [MIRROR]: hash,
    "kubernetes.io/config.hash": hash,
    "kubernetes.io/config.source": "file",
  };
  await using proxy = await startFaultProxy(danm.lab);
  const sandbox = await danm.createSandbox(node, asStatic);
  const kubeconfig = await proxy.kubeconfig(danm.user(node));
  const adding = await danm.start(sandbox, "ADD", { kubeconfig });
  await proxy.waitForRequest(({ path, status }) => path.endsWith("/pods/static-node") && status === 404);
  const mirror = await createPod(world, annotations, "static-node");
  assertEquals(answerOf(await adding.result).code, 0);
  assertEquals((await readStatus(world, "static-node"))?.map(({ name }) => name), ["default/dual"]);
  const uids = async (kind: string, field: string): Promise<string> =>
    (await danm.lab.kubectl(["get", kind, "-A", "-o", `jsonpath={.items[*].spec.${field}}`])).trim();
  assertEquals([await uids("danmips", "podUID"), await uids("danmeps", "PodUID")], [hash, hash]);
  await detach(world, sandbox);

  const stale = await danm.createSandbox(node, { ...asStatic, uid: "0".repeat(32) });
  const { code, msg } = await danm.fail(stale, "ADD");
  assertEquals(code, 11);
  assertMatch(msg, new RegExp(`has UID ${mirror.uid} and ${hash}, the sandbox is for UID 0{32}$`));
  await detach(world, stale);
}

async function over(world: World): Promise<void> {
  const { danm, node } = world;
  const cases: [argv: (name: string) => string[], says: RegExp][] = [
    [
      (
        name,
      ) => ["patch", "pod", name, "--subresource=status", "--type=merge", "-p", '{"status":{"phase":"Succeeded"}}'],
      /^Pod default\/\S+ is over: its phase is Succeeded$/,
    ],
    [(name) => ["delete", "pod", name, "--wait=false"], /^Pod default\/\S+ is being deleted$/],
    [(name) => ["delete", "pod", name, "--force", "--grace-period=0"], /^Pod default\/\S+ is not in the API server$/],
  ];
  for (const [argv, says] of cases) {
    const pod = await createPod(world, {});
    await danm.lab.kubectl(argv(pod.name));
    const sandbox = await danm.createSandbox(node, pod);
    const { code, msg } = await danm.fail(sandbox, "ADD");
    assertEquals(code, 11, msg);
    assertMatch(msg, says);
    await detach(world, sandbox);
    assertEquals(await eventsOf(world, pod), []);
  }
}

interface StoredEvent {
  readonly type: string;
  readonly reason: string;
  readonly note: string;
  readonly regarding: { readonly uid: string };
}

async function eventsOf({ danm }: World, { uid }: TestPod): Promise<StoredEvent[]> {
  const { items } = JSON.parse(await danm.lab.kubectl(["get", "events.events.k8s.io", "-A", "-o", "json"]));
  return items.filter(({ regarding }: StoredEvent) => regarding.uid === uid);
}

async function events(world: World): Promise<void> {
  const { danm, node } = world;
  const pod = await createPod(world, {
    "danm.io/interfaces": JSON.stringify([{ clusterNetwork: "theirs", ip: "dynamic" }]),
  });
  await using proxy = await startFaultProxy(danm.lab);
  const kubeconfig = await proxy.kubeconfig(danm.user(node));
  const step = (): number => Math.floor(Date.now() / 600_000);
  const began = step();
  const tries = 3;
  const messages = new Set<string>();
  for (let i = 0; i < tries; i++) {
    const sandbox = await danm.createSandbox(node, pod);
    const { code, msg } = await danm.fail(sandbox, "ADD", { kubeconfig });
    assertEquals(code, 103);
    messages.add(msg);
    await detach(world, sandbox);
  }
  const posts = (await proxy.requests()).filter(({ method, path }) => method === "POST" && path.endsWith("/events"));
  assertEquals(posts.length, tries);
  const told = await eventsOf(world, pod);
  assert(told.length >= 1 && told.length <= 1 + step() - began, `${told.length} Events`);
  const [event] = told;
  assertEquals([event?.type, event?.reason], ["Warning", "FailedAttachNetwork"]);
  assertEquals(event?.note, `${[...messages].join()} (its spec.AllowedTenants are: elsewhere)`);

  await proxy.faults.push({ kind: "hang" }, { method: "POST", path: /\/events$/ });
  const sandbox = await danm.createSandbox(node, pod);
  const { code, msg } = await danm.fail(sandbox, "ADD", { kubeconfig });
  assertEquals([code, messages.has(msg)], [103, true], "an Event that cannot be written changes nothing");
  await detach(world, sandbox);
}

async function detach({ danm, node }: World, sandbox: TestSandbox): Promise<void> {
  await danm.del(sandbox);
  assertEquals(await danm.leftovers(sandbox), []);
  await node.deleteNetns(sandbox.netns);
}
