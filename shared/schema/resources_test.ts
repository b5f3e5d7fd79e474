import { assertEquals, assertThrows } from "@std/assert";
import { crdName, type Kind, resourcePath, RESOURCES } from "./resources.ts";

Deno.test("resourcePath finds objects and whole kinds", () => {
  assertEquals(resourcePath("DanmNet", { namespace: "ns", name: "a" }), "/apis/danm.io/v1/namespaces/ns/danmnets/a");
  assertEquals(resourcePath("DanmNet", { namespace: "ns" }), "/apis/danm.io/v1/namespaces/ns/danmnets");
  assertEquals(resourcePath("DanmEp"), "/apis/danm.io/v1/danmeps");
  assertEquals(resourcePath("DanmIp", { name: "10.0.0.1.cn.n" }), "/apis/danm.io/v1/danmips/10.0.0.1.cn.n");
});

Deno.test("resourcePath lets no name leave its place in the path", () => {
  assertEquals(resourcePath("ClusterNetwork", { name: "../../pods?x#y" }).split("/").length, 6);
});

Deno.test("resourcePath refuses what the scope does not allow", () => {
  assertThrows(() => resourcePath("DanmIp", { namespace: "ns", name: "a" }), TypeError, "not namespaced");
  assertThrows(() => resourcePath("DanmNet", { name: "a" }), TypeError, "needs a namespace");
});

Deno.test("the kinds have the plurals and short names that users of the original know", () => {
  const names = (Object.keys(RESOURCES) as Kind[]).map((kind) => [crdName(kind), ...RESOURCES[kind].shortNames]);
  assertEquals(names, [
    ["danmnets.danm.io", "dn", "dnet"],
    ["tenantnetworks.danm.io", "tn", "tnet"],
    ["clusternetworks.danm.io", "cn", "cnet"],
    ["tenantconfigs.danm.io", "tc", "tconf"],
    ["danmeps.danm.io", "de", "dep"],
    ["danmips.danm.io", "dip"],
    ["danmnetworkpolicies.danm.io", "dnp", "dnetpol"],
  ]);
});
