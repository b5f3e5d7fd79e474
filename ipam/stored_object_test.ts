import { assertEquals, assertThrows } from "@std/assert";
import { SchemaError } from "../shared/schema/describe_issues.ts";
import { danmIpName } from "../shared/schema/danm_ip.ts";
import { withServer } from "../tests/support/kube/with_client.ts";
import { createObjectStore } from "./object_store.ts";
import { readListed, readStored } from "./stored_object.ts";

const SIGNAL = new AbortController().signal;
const SPACE = "cn.wide";

function danmIp(address: string, changes: object = {}): { metadata: { name: string; uid: string }; spec: object } {
  const owner = { podNamespace: "default", podName: "web", podUID: "p1", containerID: "c1", interface: "eth0" };
  const network = { space: SPACE, networkKind: "ClusterNetwork", networkNamespace: "", networkName: "wide" };
  return {
    metadata: { name: danmIpName("10.0.0.1", SPACE), uid: "u1" },
    spec: { ...network, address, ...owner, node: "node-1", ...changes },
  };
}

Deno.test("objects of a later release are listed and found by what this one needs of them", async () => {
  const later = { plugin: "danm-later", networkKind: "ZoneNetwork", space: "zn.wide", lease: { seconds: 60 } };
  const items = [danmIp("10.0.0.1"), danmIp("10.0.0.2", later), danmIp("2001:db8::1", { node: undefined })];
  await withServer(
    ({ path }) => {
      if (path.includes("/danmeps")) return { status: 200, body: { items: [] } };
      return { status: 200, body: path.includes("?") ? { items } : items[1] };
    },
    async ({ client }) => {
      const store = createObjectStore(client);
      assertEquals(await store.listAddresses(SPACE, SIGNAL), ["10.0.0.1", "10.0.0.2", "2001:db8::1"]);
      const found = await store.find({ kind: "DanmIp", name: "x" }, SIGNAL);
      assertEquals([found?.uid, found?.containerID, found?.address], ["u1", "c1", "10.0.0.2"]);
      const owned = await store.listOwned({ containerID: "c1", podNamespace: undefined }, SIGNAL);
      assertEquals(owned.map(({ plugin }) => plugin), [
        undefined,
        "danm-later",
        undefined,
      ]);
    },
  );
});

Deno.test("what is no address in a list is left out; the others count", async () => {
  const none = [danmIp("10.0.0.256"), danmIp(""), danmIp("10.0.0.0/24"), { metadata: { name: "x" } }, "x", null];
  const items = [danmIp("10.0.0.1"), ...none, danmIp("10.0.0.3")];
  await withServer(
    () => ({ status: 200, body: { items } }),
    async ({ client }) => {
      assertEquals(await createObjectStore(client).listAddresses(SPACE, SIGNAL), ["10.0.0.1", "10.0.0.3"]);
    },
  );
});

Deno.test("a DanmEp of a network of another kind tells its owner and its namespace", () => {
  const spec = { NetworkName: "wide", apiType: "ZoneNetwork", Interface: { Name: "net1", Rate: 1 }, CID: "c1" };
  const item = {
    metadata: { name: "web-1", namespace: "default", uid: "u2" },
    spec: { ...spec, netns: "/run/netns/a" },
  };
  const { listed, podNamespace } = readListed(item, { kind: "DanmEp", namespace: "default" });
  assertEquals([listed.interface, listed.uid, listed.netns, podNamespace], ["net1", "u2", "/run/netns/a", "default"]);
});

Deno.test("an object that does not say whose it is cannot be read", () => {
  const stored = danmIp("10.0.0.1", { containerID: undefined });
  assertThrows(() => readStored({ kind: "DanmIp", name: "x" }, stored), SchemaError, "DanmIp x: spec.containerID: ");
});
