import { assert, assertEquals } from "@std/assert";
import type { ObjectStore } from "../../../ipam/object_store.ts";
import type { ObjectRef } from "../../../ipam/ledger.ts";
import type { DanmEpSpec } from "../../../shared/schema/danm_ep.ts";
import { danmIpName, type DanmIpSpec } from "../../../shared/schema/danm_ip.ts";

const SPACE = "dn.default.contract";

function addressOn(
  node: string,
  text: string,
  changes: Partial<DanmIpSpec> = {},
): { ref: ObjectRef; spec: DanmIpSpec } {
  const spec: DanmIpSpec = {
    space: SPACE,
    address: text,
    networkKind: "DanmNet",
    networkNamespace: "default",
    networkName: "contract",
    podNamespace: "default",
    podName: "web",
    podUID: "pod-1",
    containerID: "container-1",
    interface: "eth0",
    node,
    ...changes,
  };
  return { ref: { kind: "DanmIp", name: danmIpName(text, spec.space) }, spec };
}

function endpointOn(
  node: string,
  name: string,
  changes: Partial<DanmEpSpec> = {},
): { ref: ObjectRef; spec: DanmEpSpec } {
  const spec: DanmEpSpec = {
    NetworkName: "contract",
    NetworkType: "ipvlan",
    EndpointID: name,
    Interface: { Name: "eth0", Address: "10.9.0.1/24" },
    Host: node,
    Pod: "web",
    PodUID: "pod-1",
    CID: "container-1",
    apiType: "DanmNet",
    ...changes,
  };
  return { ref: { kind: "DanmEp", namespace: "default", name }, spec };
}

/**
 * What every {@linkcode ObjectStore} must do, on an empty one. The one in memory passes it in the unit tests, the real
 * one against an API server.
 *
 * @param node that the caller may write for
 */
export async function objectStoreContract(t: Deno.TestContext, store: ObjectStore, node = "node-1"): Promise<void> {
  const address = (text: string, changes?: Partial<DanmIpSpec>): ReturnType<typeof addressOn> =>
    addressOn(node, text, changes);
  const endpoint = (name: string, changes?: Partial<DanmEpSpec>): ReturnType<typeof endpointOn> =>
    endpointOn(node, name, changes);
  const signal = AbortSignal.timeout(60_000);
  const ip = address("10.9.0.1");
  const ep = endpoint("web-1");
  let uid = "";

  await t.step("an object is created once; who comes second learns that it exists", async () => {
    const [first, second] = await Promise.all([1, 2].map(() => store.create(ip.ref, ip.spec, signal)));
    assertEquals([first?.kind, second?.kind].sort(), ["created", "exists"]);
    const created = [first, second].find((outcome) => outcome?.kind === "created");
    uid = created?.kind === "created" ? created.uid : "";
    assert(uid !== "");
    assertEquals((await store.create(ep.ref, ep.spec, signal)).kind, "created");
    assertEquals((await store.create(ep.ref, ep.spec, signal)).kind, "exists");
  });

  await t.step("what is stored tells its owner and its versions", async () => {
    const owner = { interface: "eth0", podUID: "pod-1", podNamespace: "default", podName: "web", node };
    for (const [{ ref }, own] of [[ip, { address: "10.9.0.1" }], [ep, {}]] as const) {
      const { uid, resourceVersion, createdAt, ...rest } = await store.find(ref, signal) ?? {};
      assert(uid && resourceVersion && createdAt, `${ref.kind} has no versions`);
      assertEquals(rest, { containerID: "container-1", ...owner, ...own });
    }
    assertEquals((await store.find(ip.ref, signal))?.uid, uid);
    assertEquals(await store.find(address("10.9.0.2").ref, signal), undefined);
    assertEquals(await store.find(endpoint("none").ref, signal), undefined);
  });

  await t.step("an object whose name does not say its address is refused", async () => {
    const outcome = await store.create(address("10.9.0.7").ref, address("10.9.0.8").spec, signal);
    assertEquals(outcome.kind, "refused");
    assertEquals(await store.find(address("10.9.0.7").ref, signal), undefined);
  });

  await t.step("addresses are listed by space, in canonical form", async () => {
    for (const { ref, spec } of [address("2001:db8::1:0"), address("10.9.0.1", { space: "as.contract" })]) {
      assertEquals((await store.create(ref, spec, signal)).kind, "created");
    }
    assertEquals((await store.listAddresses(SPACE, signal)).sort(), ["10.9.0.1", "2001:db8::1:0"]);
    assertEquals(await store.listAddresses("as.contract", signal), ["10.9.0.1"]);
    assertEquals(await store.listAddresses("as.other", signal), []);
  });

  await t.step("what a container owns is listed by its id alone", async () => {
    const other = { ...address("10.9.0.3", { containerID: "container-2" }) };
    await store.create(other.ref, other.spec, signal);
    const foreign = endpoint("web-2", { CID: "container-2", Interface: { Name: "eth1" } });
    await store.create(foreign.ref, foreign.spec, signal);
    const owned = async (containerID: string, podNamespace: string | undefined): Promise<string[]> =>
      (await store.listOwned({ containerID, podNamespace }, signal))
        .map(({ kind, namespace, name, interface: ifname, podUID }) =>
          [kind, namespace ?? "-", name, ifname, podUID].join(" ")
        ).sort();
    const second = [
      "DanmEp default web-2 eth1 pod-1",
      `DanmIp - 10.9.0.3.${SPACE} eth0 pod-1`,
    ];
    assertEquals(await owned("container-2", "default"), second);
    assertEquals(await owned("container-2", undefined), second);
    assertEquals(await owned("container-2", "kube-system"), second.slice(1));
    assertEquals((await owned("container-1", undefined)).length, 4);
    assertEquals(await owned("container-3", undefined), []);
    const [listed] = (await store.listOwned({ containerID: "container-1", podNamespace: "default" }, signal))
      .filter(({ name }) => name === ip.ref.name);
    assertEquals(listed?.uid, uid);
  });

  await t.step("an object is removed by its UID, once; another object of that name stays", async () => {
    assertEquals(await store.remove(ip.ref, { uid: "another", signal }), false);
    assertEquals(await store.remove(ip.ref, { uid, resourceVersion: "1000000000", signal }), false);
    const before = await store.find(ip.ref, signal);
    assertEquals(before?.uid, uid);
    const resourceVersion = before?.resourceVersion ?? "";
    assertEquals(await store.remove(ip.ref, { uid, resourceVersion, signal }), true);
    assertEquals(await store.remove(ip.ref, { uid, signal }), false);
    assertEquals(await store.find(ip.ref, signal), undefined);
    const again = await store.create(ip.ref, ip.spec, signal);
    assert(again.kind === "created" && again.uid !== uid, "a new object has a new UID");
    assertEquals(await store.remove(ip.ref, { uid, signal }), false);
    assertEquals((await store.find(ip.ref, signal))?.containerID, "container-1");
  });
}
