import { assert, assertEquals } from "@std/assert";
import { parseAllDocuments } from "yaml";
import { NETWORK_KINDS, type NetworkKind } from "../../shared/schema/network.ts";
import { createLogger } from "../../shared/log.ts";
import { type NetworkCase, type Spec } from "../../tests/integration/webhook/cases/network_case.ts";
import { NETWORK_TABLE } from "../../tests/integration/webhook/cases/network_table.ts";
import { assertVerdict } from "../../tests/support/webhook/assert_verdict.ts";
import { clusterOf, judgeCase, requestOf } from "../../tests/support/webhook/judge_in_process.ts";
import type { Manifest } from "../../tests/support/webhook/memory_cluster.ts";
import type { JudgeContext } from "../judge.ts";
import { judgeNetwork } from "./judge_network.ts";
import { mutateNetwork } from "./mutate_network.ts";

const JUDGES = { mutate: mutateNetwork, validate: judgeNetwork };
const ROOT = new URL("../../", import.meta.url).pathname;

Deno.test("networks are judged as the table says", async (t) => {
  for (const of of NETWORK_TABLE) {
    await t.step(`${of.operation} ${of.kind}: ${of.name}`, async () => assertVerdict(of, await judgeCase(of, JUDGES)));
  }
});

Deno.test("every case of the table has a name of its own", () => {
  const names = NETWORK_TABLE.map(({ operation, kind, name }) => `${operation} ${kind}: ${name}`);
  assertEquals(names.filter((name, index) => names.indexOf(name) !== index), []);
});

Deno.test("what was mutated is not mutated again", async () => {
  let mutated = 0;
  for (const of of NETWORK_TABLE) {
    const request = requestOf(of);
    const { object } = await mutateNetwork(request);
    if (object === undefined) continue;
    mutated++;
    assertEquals((await mutateNetwork({ ...request, object })).object, undefined, of.name);
    // Nor is it when it is stored, and sent as the user has it.
    const again = await mutateNetwork({ ...request, operation: "UPDATE", object, oldObject: object });
    assertEquals(again.object, undefined, of.name);
  }
  assert(mutated > 500, String(mutated));
});

Deno.test("whatever has not the shape of a network is passed on by the mutation", async () => {
  const [of] = NETWORK_TABLE;
  assert(of);
  for (const object of [undefined, null, 5, "network", [], {}, { spec: null }, { spec: [] }, { spec: "x" }]) {
    assertEquals(await mutateNetwork({ ...requestOf(of), object }), { denials: [], warnings: [] });
  }
});

Deno.test("a network that is judged where its name is still to be generated is judged all the same", async () => {
  const of: NetworkCase = { name: "", kind: "DanmNet", operation: "CREATE", spec: { NetworkID: "n" } };
  const object = { metadata: { generateName: "net-" }, spec: { NetworkID: "n", NetworkType: "bridge" } };
  const verdict = await judgeNetwork({ ...requestOf(of), name: "", object }, contextOf(of));
  assertEquals(verdict, { denials: [], warnings: [] });
});

Deno.test("a change that concerns no Pod and no other network asks the cluster nothing", async () => {
  const of: NetworkCase = {
    name: "",
    kind: "ClusterNetwork",
    operation: "UPDATE",
    before: { NetworkID: "n", Options: { host_device: "ens4", cidr: "10.0.0.0/24" } },
    spec: { NetworkID: "n", Options: { host_device: "ens4", cidr: "10.0.0.0/24", mtu: 1400, rt_tables: 7 } },
  };
  const nobody = new Proxy({}, {
    get: () => () => {
      throw new Error("the cluster is asked");
    },
  }) as JudgeContext["cluster"];
  const { object } = await mutateNetwork(requestOf(of));
  assertEquals((await judgeNetwork({ ...requestOf(of), object }, { ...contextOf(of), cluster: nobody })).denials, []);
});

Deno.test("the networks of the examples are admitted beside each other, without a warning", async (t) => {
  // What a TenantNetwork is on comes from the TenantConfigs.
  const networks = (await exampleNetworks()).filter(({ kind }) => kind !== "TenantNetwork");
  assert(networks.length >= 4);
  for (const { kind, metadata, spec } of networks) {
    await t.step(`${kind} ${metadata.name}`, async () => {
      const others = networks.filter((other) => other.metadata.name !== metadata.name);
      const of: NetworkCase = {
        name: metadata.name,
        kind: kind as NetworkKind,
        operation: "CREATE",
        spec: spec as Spec,
        metadata: { object: metadata },
        others,
        warns: [],
      };
      assertVerdict(of, await judgeCase(of, JUDGES));
    });
  }
});

async function exampleNetworks(): Promise<Manifest[]> {
  const files = [...Deno.readDirSync(`${ROOT}examples`)].map(({ name }) => `${ROOT}examples/${name}`);
  const texts = await Promise.all(files.map((file) => Deno.readTextFile(file)));
  const objects = texts.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as Manifest));
  return objects.filter(({ kind }) => NETWORK_KINDS.some((one) => one === kind));
}

function contextOf(of: NetworkCase): JudgeContext {
  return { cluster: clusterOf(of), log: createLogger(() => undefined), signal: new AbortController().signal };
}
