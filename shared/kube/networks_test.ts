import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { type Reply, statusObject } from "../../tests/support/kube/scripted_server.ts";
import { withServer } from "../../tests/support/kube/with_client.ts";
import { CniError } from "../errors.ts";
import type { NetworkKind } from "../schema/network.ts";
import { SchemaError } from "../schema/describe_issues.ts";
import { Forbidden } from "./api_error.ts";
import { getDefaultNetwork, getNetwork } from "./networks.ts";

const SIGNAL = new AbortController().signal;
const MISSING = { status: 404, body: statusObject(404, "NotFound") };
/** How the API server answers for a kind that it does not know. */
const NOT_INSTALLED = { status: 404, headers: { "content-type": "text/plain" }, body: "404 page not found\n" };
const FORBIDDEN = { status: 403, body: statusObject(403, "Forbidden") };
const BROKEN = { status: 200, body: { metadata: { name: "default" }, spec: { NetworkID: 1 } } };

const there = (kind: NetworkKind): Reply => ({
  status: 200,
  body: {
    apiVersion: "danm.io/v1",
    kind,
    metadata: { name: "default", ...(kind !== "ClusterNetwork" && { namespace: "a" }) },
    spec: { NetworkID: "d", NetworkType: "ipvlan", Options: { host_device: "eth0" } },
  },
});

const PLURALS: readonly [plural: string, kind: NetworkKind][] = [
  ["danmnets", "DanmNet"],
  ["tenantnetworks", "TenantNetwork"],
  ["clusternetworks", "ClusterNetwork"],
];

Deno.test("the default network is the first of DanmNet, TenantNetwork and ClusterNetwork that is there", async (t) => {
  const [dn, tn, cn] = PLURALS.map(([, kind]) => there(kind));
  const cases: { what: string; replies: readonly (Reply | undefined)[]; kind: NetworkKind | undefined }[] = [
    { what: "all are there", replies: [dn, tn, cn], kind: "DanmNet" },
    { what: "no DanmNet", replies: [MISSING, tn, cn], kind: "TenantNetwork" },
    { what: "a ClusterNetwork only", replies: [MISSING, MISSING, cn], kind: "ClusterNetwork" },
    { what: "only ClusterNetworks installed", replies: [NOT_INSTALLED, NOT_INSTALLED, cn], kind: "ClusterNetwork" },
    { what: "only DanmNets installed", replies: [dn, NOT_INSTALLED, NOT_INSTALLED], kind: "DanmNet" },
    { what: "one that nobody asks for cannot be read", replies: [dn, FORBIDDEN, BROKEN], kind: "DanmNet" },
    { what: "none is there", replies: [MISSING, NOT_INSTALLED, MISSING], kind: undefined },
  ];
  for (const { what, replies, kind } of cases) {
    await t.step(what, async () => {
      await withReplies(replies, async (reading) => {
        if (kind) return assertEquals((await reading()).kind, kind);
        assertEquals((await assertRejects(reading, CniError)).code, 102);
      });
    });
  }
});

Deno.test("a default network that cannot be read is not passed over", async () => {
  const cn = there("ClusterNetwork");
  await withReplies([FORBIDDEN, MISSING, cn], async (reading) => void await assertRejects(reading, Forbidden));
  await withReplies([MISSING, BROKEN, cn], async (reading) => void await assertRejects(reading, SchemaError));
});

Deno.test("a network that is missing is told apart from a kind that is", async () => {
  const cases: [Reply, RegExp][] = [
    [
      { status: 404, body: statusObject(404, "NotFound", { details: { name: "n" } }) },
      /^create it, or correct the annotation$/,
    ],
    [NOT_INSTALLED, /^this cluster does not have the kind TenantNetwork: apply the Custom/],
  ];
  for (const [reply, says] of cases) {
    await withServer(() => reply, async ({ client }) => {
      const at = {
        kind: "TenantNetwork",
        namespace: "a",
        name: "n",
        signal: SIGNAL,
        namedBy: "the annotation",
      } as const;
      const { code, message, details } = await assertRejects(() => getNetwork(client, at), CniError);
      assertEquals([code, message], [102, "TenantNetwork a/n does not exist"]);
      assertMatch(details ?? "", says);
    });
  }
});

async function withReplies(
  replies: readonly (Reply | undefined)[],
  use: (reading: () => ReturnType<typeof getDefaultNetwork>) => Promise<void>,
): Promise<void> {
  await withServer(
    ({ path }) => replies[PLURALS.findIndex(([plural]) => path.includes(`/${plural}/`))] ?? MISSING,
    async ({ client }) => await use(() => getDefaultNetwork(client, { namespace: "a", signal: SIGNAL })),
  );
}
