import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { parseAllDocuments } from "yaml";
import type { KubeClient } from "../../../shared/kube/client.ts";
import { resourcePath } from "../../../shared/schema/resources.ts";
import { type Lab, startLab } from "../../support/lab/lab.ts";
import { toStderr } from "../../support/progress.ts";
import { CommandFailed, run } from "../../support/run.ts";
import { waitFor } from "../../support/wait.ts";
import { WebhookLab } from "../../support/webhook/webhook_lab.ts";
import { clientFor } from "../../support/kube/client_for.ts";
import { MERGE, refusal } from "../crd_cases/api.ts";

const NETWORKS = resourcePath("ClusterNetwork");
const DEPLOYMENT = new URL("../../../k8s/base/webhook/deployment.yaml", import.meta.url).pathname;

Deno.test("the webhook behind a real API server", async (t) => {
  await using lab = await startLab({ nodes: 0 });
  // Long enough for an API server on a busy machine to hear that an endpoint is gone.
  await using webhook = await WebhookLab.start(lab, { replicas: 2, flags: ["-drain-seconds", "6"] });
  using client = await clientFor(lab.admin);
  await t.step("kubectl prints field and reason of what is refused", () => printedMessages(lab));
  await t.step("defaults are stored", () => defaultsAreStored(lab, client));
  await t.step("what is none of its business never reaches it", () => nothingElseArrives(webhook, client));
  await t.step("its account may do what it has to, and no more", () => leastPrivilege(lab));
  await t.step("its Pods keep to the restricted profile, but for the host network", () => restrictedPods(lab));
  await t.step("a stalled etcd makes it neither fall over nor unready", () => stalledEtcd(webhook, client));
  await t.step("it goes on after the API server was restarted", () => restartedApiServer(webhook, client));
  await t.step("replicas are replaced under load without one lost admission", () => rollingUpdate(webhook, client));
  await t.step("a crowd waits and is served in turn", () => crowd(webhook, client));
  await t.step("hostile clients neither end nor fill it", () => hostileClients(webhook, client));
  await t.step("without it only our own kinds wait", () => outage(webhook, client));
});

/** A network of the cluster. */
function network(name: string, options: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    apiVersion: "danm.io/v1",
    kind: "ClusterNetwork",
    metadata: { name },
    spec: { NetworkID: name.slice(0, 10), Options: { host_device: "ens4", cidr: "10.0.0.0/24", ...options } },
  };
}

function pod(name: string, metadata: Record<string, unknown> = {}): Record<string, unknown> {
  const spec = { containers: [{ name: "main", image: "lab.local/pause:1" }] };
  return { apiVersion: "v1", kind: "Pod", metadata: { name, ...metadata }, spec };
}

const OURS = { annotations: { "danm.io/interfaces": `[{"clusterNetwork": "missing", "ip": "none"}]` } };

/** What kubectl prints besides its result. */
async function kubectlSays(lab: Lab, object: unknown, verb = "create"): Promise<{ code: number; stderr: string }> {
  const argv = [lab.kubectlPath, "--kubeconfig", lab.admin.kubeconfigPath, verb, "-f", "-"];
  return await run(argv, { stdin: JSON.stringify(object), check: false });
}

async function printedMessages(lab: Lab): Promise<void> {
  const accepted = await kubectlSays(lab, network("first", { vlan: 100 }), "apply");
  assertEquals([accepted.code, accepted.stderr], [0, ""]);
  const refused = await kubectlSays(lab, network("second", { vlan: 100 }), "apply");
  assertEquals(refused.code, 1);
  assertMatch(refused.stderr, /^The ClusterNetwork "second" is invalid: \n\* spec\.NetworkID: second: /);
  const broken = await kubectlSays(lab, pod("broken", { annotations: { "danm.io/interfaces": "[{" } }));
  assertEquals(broken.code, 1);
  assertMatch(broken.stderr, /^The Pod "broken" is invalid: .*danm\.io\/interfaces/);
  const warned = await kubectlSays(lab, pod("warned", OURS));
  assertEquals(warned.code, 0);
  assertMatch(warned.stderr, /^Warning: .*missing/);
  await lab.kubectl(["delete", "pod", "warned", "--force", "--grace-period=0"]);
  await lab.kubectl(["delete", "clusternetwork", "first"]);
}

async function defaultsAreStored(lab: Lab, client: KubeClient): Promise<void> {
  await lab.kubectl(["create", "-f", "-"], { stdin: JSON.stringify(network("defaults")) });
  const stored = await client.get<{ spec: { NetworkType: string; Options: { allocation_pool: unknown } } }>(
    `${NETWORKS}/defaults`,
  );
  assertEquals(stored.spec.NetworkType, "ipvlan");
  assertEquals(stored.spec.Options.allocation_pool, { start: "10.0.0.1", end: "10.0.0.254" });
}

async function nothingElseArrives(webhook: WebhookLab, client: KubeClient): Promise<void> {
  const before = await webhook.admissions();
  const pods = (namespace: string): string => `/api/v1/namespaces/${namespace}/pods`;
  await client.create(pods("default"), pod("plain", { annotations: { "example.com/danm.io": "x" } }));
  await client.patch(`${pods("default")}/plain`, { metadata: OURS }, MERGE);
  await client.create(pods("kube-system"), pod("infrastructure", OURS));
  await client.create(pods("danm-system"), pod("ours", OURS));
  const services = "/api/v1/namespaces/default/services";
  await client.create(services, {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "a" },
    spec: { ports: [{ port: 80 }] },
  });
  await client.patch(`${services}/a`, { metadata: { labels: { a: "b" } } }, MERGE);
  const labels = { app: "a" };
  const template = { metadata: { labels }, spec: pod("x")["spec"] };
  const deployment = {
    metadata: { name: "a", ...OURS },
    spec: { replicas: 0, selector: { matchLabels: labels }, template },
  };
  const deployments = "/apis/apps/v1/namespaces/default/deployments";
  await client.create(deployments, { apiVersion: "apps/v1", kind: "Deployment", ...deployment });
  await client.patch(`${NETWORKS}/defaults`, { metadata: { labels: { a: "b" }, annotations: { c: "d" } } }, MERGE);
  await client.patch(`${NETWORKS}/defaults/status`, { status: { capacity: 1 } }, MERGE);
  assertEquals(await webhook.admissions(), before);
  // The same, with what is ours, does arrive.
  await client.create(`${pods("default")}?dryRun=All`, pod("annotated", OURS));
  const annotated = { ...template, metadata: { labels, ...OURS } };
  await client.patch(`${deployments}/a`, { spec: { template: annotated } }, MERGE);
  await client.patch(`${services}/a`, { metadata: { annotations: { "danm.io/selector": `{"a":"b"}` } } }, MERGE);
  await client.patch(`${NETWORKS}/defaults?dryRun=All`, { spec: { Options: { mtu: 1400 } } }, MERGE);
  assertEquals(await webhook.admissions() - before, 5);
}

async function leastPrivilege(lab: Lab): Promise<void> {
  const may = async (...what: string[]): Promise<boolean> => {
    const as = "--as=system:serviceaccount:danm-system:danm-webhook";
    try {
      return (await lab.kubectl(["auth", "can-i", ...what, as])).trim() === "yes";
    } catch (error) {
      if (error instanceof CommandFailed && error.result?.stdout.trim() === "no") return false;
      throw error;
    }
  };
  const configuration = "mutatingwebhookconfigurations.admissionregistration.k8s.io";
  const cases: [boolean, string[]][] = [
    [true, ["list", "tenantnetworks.danm.io", "-A"]],
    [true, ["update", "tenantconfigs.danm.io", "--subresource=status"]],
    [true, ["update", `${configuration}/danm-webhook`]],
    [true, ["get", "secret/danm-webhook-tls", "-n", "danm-system"]],
    [false, ["update", "tenantconfigs.danm.io"]],
    [false, ["update", `${configuration}/other`]],
    [false, ["create", configuration]],
    [false, ["get", "secret/other", "-n", "danm-system"]],
    [false, ["get", "secret/danm-webhook-tls", "-n", "default"]],
    [false, ["list", "secrets", "-n", "danm-system"]],
    [false, ["create", "danmips.danm.io"]],
    [false, ["get", "pods", "-A"]],
  ];
  for (const [expected, what] of cases) assertEquals(await may(...what), expected, what.join(" "));
}

async function restrictedPods(lab: Lab): Promise<void> {
  await lab.kubectl(["create", "namespace", "restricted"]);
  await lab.kubectl(["label", "namespace", "restricted", "pod-security.kubernetes.io/enforce=restricted"]);
  await lab.kubectl(["create", "serviceaccount", "danm-webhook", "-n", "restricted"]);
  const [deployment] = parseAllDocuments(await Deno.readTextFile(DEPLOYMENT)).map((document) => document.toJS());
  const { metadata, spec } = deployment.spec.template;
  const object = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...metadata, name: "webhook", namespace: "restricted" },
    // The host network is all that the profile would refuse.
    spec: { ...spec, hostNetwork: false },
  };
  await lab.kubectl(["create", "--dry-run=server", "-f", "-"], { stdin: JSON.stringify(object) });
  for (const text of await kubectlManifests(lab)) assertStringIncludes(text, "danm-webhook");
}

/** Everything of the folder is what the API server knows, strictly. */
async function kubectlManifests(lab: Lab): Promise<string[]> {
  const folder = new URL(".", `file://${DEPLOYMENT}`).pathname;
  const argv = ["apply", "--dry-run=server", "--validate=strict", "--server-side", "--force-conflicts", "-f", folder];
  return (await lab.kubectl([...argv, "-o", "name"])).trim().split("\n");
}

async function stalledEtcd(webhook: WebhookLab, client: KubeClient): Promise<void> {
  const { controlPlane } = webhook.lab;
  controlPlane.stallEtcd();
  try {
    const error = await refusal(() =>
      client.create(`${NETWORKS}?dryRun=All`, network("stalled"), { signal: AbortSignal.timeout(4_000) })
    );
    assert(error, "an API server without etcd accepted something");
    for (const replica of webhook.replicas) assert(await replica.isReady(), replica.name);
  } finally {
    controlPlane.resumeEtcd();
  }
  await accepted(client);
}

async function restartedApiServer(webhook: WebhookLab, client: KubeClient): Promise<void> {
  await webhook.lab.controlPlane.restartApiServer();
  for (const replica of webhook.replicas) assert(await replica.isReady(), replica.name);
  await accepted(client);
}

/** An API server that was away takes a moment. */
async function accepted(client: KubeClient): Promise<void> {
  await waitFor("a network to be accepted", async () => {
    await client.create(`${NETWORKS}?dryRun=All`, network("again"));
    return true;
  });
}

/** Asks again and again, many at a time, while something is done; how often, and what failed. */
async function underLoad(
  client: KubeClient,
  { workers, work }: { workers: number; work: (count: () => number) => Promise<void> },
): Promise<{ count: number; failures: string[] }> {
  const done = new AbortController();
  const failures: string[] = [];
  let count = 0;
  const worker = async (number: number): Promise<void> => {
    for (let round = 0; !done.signal.aborted; round++) {
      const error = await refusal(() => client.create(`${NETWORKS}?dryRun=All`, network(`load-${number}-${round}`)));
      if (error) failures.push(error.message);
      count++;
    }
  };
  const all = Array.from({ length: workers }, (_, number) => worker(number));
  try {
    await work(() => count);
  } finally {
    done.abort();
    await Promise.all(all);
  }
  return { count, failures };
}

async function rollingUpdate(webhook: WebhookLab, client: KubeClient): Promise<void> {
  const before = [...webhook.replicas];
  const { count, failures } = await underLoad(client, {
    workers: 16,
    work: async (count) => {
      for (const replica of before) {
        await webhook.addReplica();
        const sofar = count();
        await waitFor("the load to go on", () => count() > sofar + 50);
        assertEquals(await webhook.terminate(replica), 0);
      }
    },
  });
  assertEquals(failures, []);
  assert(webhook.replicas.every((replica) => !before.includes(replica)));
  toStderr(`${count} admissions while replicas were replaced, none lost`);
}

/** The API server comes again by itself when it is told to, so whoever asked it notices nothing but time. */
async function crowd(webhook: WebhookLab, client: KubeClient): Promise<void> {
  const before = [...webhook.replicas];
  const narrow = await webhook.addReplica(["-max-in-flight", "1"]);
  for (const replica of before) await webhook.terminate(replica);
  const { count, failures } = await underLoad(client, {
    workers: 6,
    work: async () => {
      await waitFor(
        "somebody to be sent away",
        async () => await narrow.metric("danm_webhook_admissions_total", 'outcome="overload"') > 0,
      );
    },
  });
  assertEquals(failures, []);
  toStderr(`${count} admissions, one at a time`);
  for (const _ of before) await webhook.addReplica();
  await webhook.terminate(narrow);
}

/** More than a replica's memory, in every bad shape, from somebody who is no API server. */
async function hostileClients(webhook: WebhookLab, client: KubeClient): Promise<void> {
  const [replica] = webhook.replicas;
  assert(replica);
  const huge = 8 * 1024 * 1024;
  const wide = `[${"{},".repeat(huge / 4)}{}]`;
  const bodies = ["[".repeat(huge), wide, wide.slice(0, -1), `"${"x".repeat(huge - 2)}"`, "{".repeat(99), "\u0000", ""];
  const statuses = new Map<string, number>();
  for (let round = 0; round < 6; round++) {
    const answers = await Promise.all(
      bodies.flatMap((body) => [body, body]).map((body) => webhook.post(replica, body)),
    );
    for (const answer of answers) statuses.set(answer, (statuses.get(answer) ?? 0) + 1);
  }
  assert(!statuses.has("200") && (statuses.get("400") ?? 0) > 12, JSON.stringify([...statuses]));
  const megabytes = Math.round(await replica.metric("process_resident_memory_bytes") / 1e6);
  toStderr(`answers to hostile bodies: ${JSON.stringify(Object.fromEntries(statuses))}; then ${megabytes} MB`);
  assert(megabytes < 450, `${megabytes} MB`);
  assertEquals(await replica.metric("danm_webhook_admissions_in_flight"), 0);
  await accepted(client);
}

async function outage(webhook: WebhookLab, client: KubeClient): Promise<void> {
  for (const replica of [...webhook.replicas]) await webhook.kill(replica);
  const error = await refusal(() => client.create(NETWORKS, network("nobody")));
  assertStringIncludes(error?.text ?? "", 'failed calling webhook "mutate-networks.danm.io"');
  await client.create("/api/v1/namespaces/default/pods", pod("annotated", OURS));
  await client.patch(`${NETWORKS}/defaults/status`, { status: { capacity: 2 } }, MERGE);
  const replica = await webhook.addReplica();
  await waitFor("networks to be accepted again", async () => {
    await client.create(`${NETWORKS}?dryRun=All`, network("somebody"));
    return true;
  });
  assert(await replica.isReady());
}
