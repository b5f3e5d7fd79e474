import { assert, assertEquals } from "@std/assert";
import { planAttachments } from "../../cni/plan_attachments.ts";
import type { PlannedAttachment } from "../../cni/planned_attachment.ts";
import { messageOf } from "../../shared/errors.ts";
import { checkTenant } from "../../shared/schema/allowed_tenants.ts";
import { describeNetwork } from "../../shared/schema/describe_network.ts";
import { parseInterfacesAnnotation } from "../../shared/schema/interfaces_annotation.ts";
import { NAD_KIND } from "../../shared/schema/nad.ts";
import { type Network, parseNetwork } from "../../shared/schema/network.ts";
import { spaceOf } from "../../shared/schema/space.ts";
import { NETWORKS } from "../../tests/integration/webhook/annotated_networks.ts";
import { contextOf, requestOf } from "../../tests/integration/webhook/judging.ts";
import { seededRandom } from "../../tests/support/seeded_random.ts";
import { MemoryCluster } from "../../tests/support/webhook/memory_cluster.ts";
import { judgePod } from "./judge_pod.ts";

type Random = () => number;

/** Networks by what messages call them, as a Pod of `apps` sees them. */
const STORED: ReadonlyMap<string, Network> = new Map(
  NETWORKS.filter(({ metadata: { namespace } }) => namespace === undefined || namespace === "apps").map((manifest) => {
    const { kind, metadata: { name } } = manifest;
    assert(kind === "DanmNet" || kind === "TenantNetwork" || kind === "ClusterNetwork");
    return [describeNetwork(kind, "apps", name), parseNetwork(kind, manifest)] as const;
  }),
);

/** What the plugin would fail of: of the annotation and the networks as they are, or of what may still change. */
function pluginFails(text: string, namingScheme: "" | "legacy"): "never" | "now" | "for ever" {
  try {
    const requests = parseInterfacesAnnotation(text);
    const found = requests.map(({ kind, name }) => STORED.get(describeNetwork(kind, "apps", name)));
    const networks = found.filter((network) => network !== undefined);
    if (networks.length < found.length) return "now";
    for (const network of networks) {
      if (isForbidden(network)) return "now";
    }
    const delegateConfs = new Map(networks.map((network) => {
      const document = { type: network.spec.NetworkType };
      return [network, { source: "/c/a.conf", document }];
    }));
    const input = { namespace: "apps", firstInterface: "eth0", cniVersion: "1.0.0", delegateConfs };
    const planned = planAttachments({ ...input, namingScheme, requests, networks });
    return isAskedTwice(planned) ? "for ever" : "never";
  } catch (error) {
    // Of ours, and not of the annotation's.
    if (error instanceof TypeError) throw error;
    return "for ever";
  }
}

/** The plugin finds that out when it takes the second one. */
function isAskedTwice(planned: readonly PlannedAttachment[]): boolean {
  const taken = planned.flatMap(({ network, addresses }) => {
    assert(network.kind !== NAD_KIND);
    const { kind, metadata: { name, namespace }, spec: { Options: options } } = network;
    const space = spaceOf({ kind, name, namespace, addressSpace: options.address_space });
    return addresses.flatMap((one) => one.static === undefined ? [] : `${space} ${one.family} ${one.static}`);
  });
  return new Set(taken).size < taken.length;
}

function isForbidden(network: Network): boolean {
  try {
    checkTenant(network, { subject: "", namespace: "apps" });
    return false;
  } catch (error) {
    return messageOf(error) !== "";
  }
}

const FIELDS = { DanmNet: "network", TenantNetwork: "tenantNetwork", ClusterNetwork: "clusterNetwork" } as const;

function anyAnnotation(random: Random): string {
  const pick = <T>(from: readonly T[]): T => {
    const one = from[Math.floor(random() * from.length)];
    assert(one !== undefined);
    return one;
  };
  const known = [...STORED.values()].map(({ kind, metadata: { name } }) => ({ [FIELDS[kind]]: name }));
  const v4 = [
    "dynamic",
    "dynamic",
    "none",
    "10.1.0.9",
    "10.2.0.0",
    "10.5.0.7",
    "10.16.0.1/16",
    "10.19.0.7",
    "10.2.0.255",
  ];
  const v6 = ["dynamic", "none", "fd00:1::9", "fd00:3::1:ffff", "fd00:1::", "fd00:3::9/64"];
  const entries = Array.from({ length: 1 + Math.floor(random() ** 3 * 13) }, () => ({
    ...(random() < 0.03 ? { network: "later" } : pick(known)),
    ...(random() < 0.6 && { ip: pick(v4) }),
    ...(random() < 0.25 && { ip6: pick(v6) }),
    ...(random() < 0.1 && { proutes: { "10.9.0.0/16": "10.1.0.1" } }),
    ...(random() < 0.02 && { ipv6: "dynamic" }),
  }));
  return JSON.stringify(entries);
}

Deno.test("a Pod is denied if, and only if, the plugin would fail of the annotation for ever", async () => {
  const seed = 20260;
  const random = seededRandom(seed);
  const cluster = new MemoryCluster(NETWORKS);
  const seen = new Map<string, number>();
  for (let index = 0; index < 2_000; index++) {
    const text = anyAnnotation(random);
    const namingScheme = random() < 0.3 ? "legacy" : "";
    const expected = pluginFails(text, namingScheme);
    const object = { metadata: { annotations: { "danm.io/interfaces": text } }, spec: {} };
    const request = requestOf({ group: "", kind: "Pod", plural: "pods" }, { object });
    const { denials, warnings } = await judgePod(request, contextOf(cluster, { namingScheme }));
    const about = `annotation ${index} of seed ${seed}, ${namingScheme}: ${text}\n${
      JSON.stringify([denials, warnings])
    }`;
    // Of a network that is not there, others may be to be blamed as well as the Pod for the rest.
    if (expected === "now") assert(warnings.length > 0 || denials.length > 0, about);
    else assertEquals(denials.length > 0, expected === "for ever", about);
    seen.set(expected, (seen.get(expected) ?? 0) + 1);
  }
  for (const outcome of ["never", "now", "for ever"]) assert((seen.get(outcome) ?? 0) > 100, `${outcome}: too rare`);
});
