import { assert, assertEquals } from "@std/assert";
import { ApiError } from "../../../shared/kube/api_error.ts";
import type { KubeClient } from "../../../shared/kube/client.ts";
import { SYSTEM_NAMESPACE } from "../../../shared/schema/meta.ts";
import { resourcePath } from "../../../shared/schema/resources.ts";
import { type FaultProxy, startFaultProxy } from "../../support/lab/fault_proxy.ts";
import type { Fault } from "../../support/lab/fault_rules.ts";
import { type Lab, startLab } from "../../support/lab/lab.ts";
import { labTest } from "../../support/lab/lab_test_case.ts";
import { toStderr } from "../../support/progress.ts";
import { WebhookLab } from "../../support/webhook/webhook_lab.ts";
import { clientFor } from "../../support/kube/client_for.ts";
import { refusal } from "../crd_cases/api.ts";
import { device, held, tenantConfig } from "./cases/tenant_case.ts";
import { assertUnique, bodyOf, clear, configsOf, reservationsIn, store, tenantUses } from "./tenant_world.ts";

const STATUS = { method: "PUT", path: /\/tenantconfigs\/[^/]+\/status/ } as const;

/** What can happen to the write of a reservation. */
const FAULTS: readonly Fault[] = [
  { kind: "answer", status: 500 },
  { kind: "answer", status: 503 },
  { kind: "answer", status: 429, retryAfterS: 1 },
  { kind: "answer", status: 409, reason: "Conflict" },
  { kind: "answer", status: 409, reason: "Conflict", when: "after" },
  { kind: "answer", status: 500, when: "after" },
  { kind: "drop", when: "before" },
  { kind: "drop", when: "meanwhile" },
  { kind: "drop", when: "after" },
  { kind: "drop", when: "after", scope: "request" },
  { kind: "truncate" },
  { kind: "twice", answer: "first" },
  { kind: "twice", answer: "second" },
  { kind: "delay", ms: 500 },
];

labTest("VNIs of tenants on a real API server", {}, async (t) => {
  await using lab = await startLab({ nodes: 0 });
  await using webhook = await WebhookLab.start(lab, { replicas: 2 });
  await using proxy = await startFaultProxy(lab);
  using client = await clientFor(lab.admin);
  await t.step("a hundred networks at once get a hundred VNIs", () => hundredAtOnce(client));
  await t.step("names that are wanted several times at once get one VNI each", () => sameNames(client));
  await t.step("a dry run leaves everything as it is", () => dryRun(client));
  for (const args of [["apply"], ["apply", "--server-side"], ["replace"]]) {
    await t.step(`kubectl ${args.join(" ")} of the same manifest keeps what was assigned`, async () => {
      await manifestAgain(client, { lab, args });
    });
  }
  await t.step("what is in use cannot be taken away while networks are created", () => shrinking(client));
  for (const replica of [...webhook.replicas]) await webhook.terminate(replica);
  const user = await lab.serviceAccount(SYSTEM_NAMESPACE, "danm-webhook");
  const through = ["-kubeconfig", await proxy.kubeconfig(user)];
  await webhook.addReplica(through);
  for (const fault of FAULTS) {
    await t.step(`a reservation with ${JSON.stringify(fault)}`, () => faulty(client, { proxy, fault }));
  }
  await t.step("killed between reservation and answer, the same name gets the same VNI", async () => {
    await killed(client, { proxy, webhook, through });
  });
});

function network(name: string, Options: Record<string, unknown> = {}): Record<string, unknown> {
  return bodyOf({
    kind: "TenantNetwork",
    metadata: { namespace: "default", name },
    spec: { NetworkID: name, Options },
  });
}

async function create(client: KubeClient, name: string, Options: Record<string, unknown> = {}): Promise<void> {
  await client.create(resourcePath("TenantNetwork", { namespace: "default" }), network(name, Options));
}

/** Several TenantConfigs that name the same devices, with a hundred VNIs in all. */
async function storeConfigs(client: KubeClient): Promise<void> {
  const devices = {
    a: [device("ens4", "vlan", "700-719"), device("ens5", "vxlan", "5000-5009")],
    b: [device("ens4", "vlan", "720-739"), device("ens6", "vlan", "700-729")],
    c: [device("ens5", "vxlan", "16777205-16777214"), device("ens4", "vlan", "900-909")],
  };
  for (const [name, hostDevices] of Object.entries(devices)) await store(client, tenantConfig(name, { hostDevices }));
}

async function hundredAtOnce(client: KubeClient): Promise<void> {
  await storeConfigs(client);
  const began = performance.now();
  await Promise.all(Array.from({ length: 100 }, (_, index) => create(client, `n${index}`)));
  toStderr(`100 TenantNetworks at once in ${Math.round(performance.now() - began)} ms`);
  assertEquals(await assertUnique(client), 100);
  const error = await refusal(() => create(client, "one-more"));
  assert(error?.message.includes("ens4 has no free VNI for tenants"), error?.message);
  assert((await reservationsIn(client)).every((line) => !line.includes("one-more")));
  await clear(client);
}

async function sameNames(client: KubeClient): Promise<void> {
  await storeConfigs(client);
  const names = Array.from({ length: 40 }, (_, index) => `n${index % 8}`);
  const answers = await Promise.all(names.map((name) => refusal(() => create(client, name, { host_device: "ens4" }))));
  assertEquals(answers.filter((error) => error === undefined).length, 8);
  assertEquals(answers.filter((error) => error && error.status !== 409), []);
  assertEquals(await assertUnique(client), 8);
  assertEquals((await reservationsIn(client)).length, 8);
  await clear(client);
}

async function dryRun(client: KubeClient): Promise<void> {
  await storeConfigs(client);
  const before = await configsOf(client);
  const path = `${resourcePath("TenantNetwork", { namespace: "default" })}?dryRun=All`;
  const shown = await client.create<{ spec: { Options: unknown } }>(path, network("dry", { host_device: "ens6" }));
  assertEquals(shown.spec.Options, { host_device: "ens6", vlan: 700 });
  assertEquals(await configsOf(client), before);
  await clear(client);
}

/** Manifests do not have what was filled in, and have the NetworkID that was overridden. */
async function manifestAgain(client: KubeClient, { lab, args }: { lab: Lab; args: readonly string[] }): Promise<void> {
  await store(
    client,
    tenantConfig("a", { hostDevices: [device("ens4", "vlan", "700-702")], networkIds: { ipvlan: "x" } }),
  );
  const say = (mtu: number): Promise<string> =>
    lab.kubectl([...args, "-f", "-"], { stdin: JSON.stringify(network("n", { mtu })) });
  if (args[0] === "replace") await create(client, "n");
  for (const mtu of [1300, 1400, 1400]) {
    await say(mtu);
    const path = resourcePath("TenantNetwork", { namespace: "default", name: "n" });
    const { spec } = await client.get<{ spec: Record<string, unknown> }>(path);
    assertEquals(spec, { NetworkID: "x", NetworkType: "ipvlan", Options: { host_device: "ens4", vlan: 700, mtu } });
  }
  assertEquals(await reservationsIn(client), ["a: ens4 vlan 700 default/n"]);
  await clear(client);
}

/** A range is cut to nothing again and again while networks get VNIs of it. */
async function shrinking(client: KubeClient): Promise<void> {
  const range = (vniRange: string) => ({ hostDevices: [device("ens4", "vlan", vniRange), device("ens9")] });
  await store(client, tenantConfig("a", range("700-760")));
  const path = resourcePath("TenantConfig", { name: "a" });
  let isOver = false;
  const creating = Promise.all(
    Array.from({ length: 40 }, (_, index) => refusal(() => create(client, `n${index}`, { host_device: "ens4" }))),
  ).finally(() => {
    isOver = true;
  });
  let tries = 0;
  for (; !isOver; tries++) {
    for (const vniRange of ["760", "700-760"]) {
      const [config] = await configsOf(client);
      await refusal(() => client.replace(path, bodyOf({ ...config!, kind: "TenantConfig", ...range(vniRange) })));
    }
  }
  const refused = (await creating).filter((error) => error !== undefined);
  assert(tries > 0, "nobody tried to take anything away");
  assertEquals(await assertUnique(client) + refused.length, 40);
  await clear(client);
}

/** Whatever happens to the write, in the end there is the network with one reservation. */
async function faulty(client: KubeClient, { proxy, fault }: { proxy: FaultProxy; fault: Fault }): Promise<void> {
  await store(
    client,
    tenantConfig("a", { hostDevices: [device("ens4", "vlan", "700-702")] }, [
      held("ens4", "vlan", 700, "kube-public/other"),
    ]),
  );
  const since = (await proxy.requests()).at(-1)?.number;
  await proxy.faults.once(fault, STATUS);
  const error = await refusal(() => create(client, "n"));
  assert((await proxy.requests(since)).some(({ method, path }) => method === "PUT" && STATUS.path.test(path)));
  await proxy.faults.clear();
  if (error) await create(client, "n");
  assertEquals((await tenantUses(client)).map(({ vni }) => vni), [701], error?.message);
  assertEquals(await reservationsIn(client), ["a: ens4 vlan 700 kube-public/other", "a: ens4 vlan 701 default/n"]);
  await clear(client);
}

async function killed(
  client: KubeClient,
  { proxy, webhook, through }: { proxy: FaultProxy; webhook: WebhookLab; through: readonly string[] },
): Promise<void> {
  await storeConfigs(client);
  await create(client, "first");
  const since = (await proxy.requests()).at(-1)?.number ?? 0;
  await proxy.faults.push({ kind: "hold" }, STATUS);
  const creating = refusal(() => create(client, "n"));
  const held = await proxy.waitForRequest(({ number, method, path }) =>
    number > since && method === "PUT" && STATUS.path.test(path)
  );
  const [replica] = webhook.replicas;
  assert(replica);
  await webhook.kill(replica);
  await webhook.withdraw(replica);
  assertEquals(await proxy.release(held), 200);
  assert((await creating) instanceof ApiError);
  await proxy.faults.clear();
  const reserved = (await reservationsIn(client)).filter((line) => line.endsWith(" default/n"));
  assertEquals(reserved.length, 1);
  await webhook.addReplica(through);
  await create(client, "n");
  const [mine] = (await tenantUses(client)).filter(({ network }) => network === "default/n");
  assert(reserved[0]?.endsWith(`${mine?.device} ${mine?.vniType} ${mine?.vni} default/n`), JSON.stringify(mine));
  assertEquals(await assertUnique(client), 2);
  assertEquals((await reservationsIn(client)).length, 2);
}
