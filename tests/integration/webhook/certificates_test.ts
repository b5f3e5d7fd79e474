import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { KubeClient } from "../../../shared/kube/client.ts";
import { loadKubeconfig } from "../../../shared/kube/kubeconfig.ts";
import { Authority } from "../../support/lab/certificates.ts";
import { labTest } from "../../support/lab/lab_test_case.ts";
import { startLab } from "../../support/lab/lab.ts";
import { waitFor } from "../../support/wait.ts";
import { WebhookLab } from "../../support/webhook/webhook_lab.ts";
import { webhookConfigurations } from "../../support/webhook/webhook_manifests.ts";
import { AdmissionStream } from "./rotation_stream.ts";

const SECRETS = "/api/v1/namespaces/danm-system/secrets";
const SECRET = `${SECRETS}/danm-webhook-tls`;
const WEBHOOKS = "/apis/admissionregistration.k8s.io/v1";
const CONFIGURATION = `${WEBHOOKS}/mutatingwebhookconfigurations/danm-webhook`;
const MERGE = { contentType: "application/merge-patch+json" } as const;
const JSON_PATCH = { contentType: "application/json-patch+json" } as const;

interface Secret {
  readonly data: Record<string, string>;
  readonly immutable?: boolean;
}
interface Configuration {
  readonly webhooks: readonly { readonly clientConfig: { readonly caBundle?: string } }[];
}

/** Replicas look every second; a machine with much else to do needs its time, too. */
const WAITING = { timeoutMs: 60_000, intervalMs: 200 };

labTest("a Secret and webhook configurations that are lost or tampered with heal under load", {}, async (t) => {
  await using lab = await startLab({ nodes: 0 });
  const flags = ["-trust-seconds", "2", "-certificate-poll-seconds", "1"];
  await using webhook = await WebhookLab.start(lab, { replicas: 2, certificates: "own", flags });
  using client = new KubeClient(await loadKubeconfig(lab.admin.kubeconfigPath));
  const { data } = await client.get<Secret>(SECRET);
  const other = await Authority.create("foreign");
  const leaf = await other.issue({ commonName: "x", hosts: ["danm-webhook.danm-system.svc"] });
  const bundles = async (): Promise<(string | undefined)[]> =>
    (await client.get<Configuration>(CONFIGURATION)).webhooks.map(({ clientConfig }) => clientConfig.caBundle);
  const healed = async (): Promise<boolean> => {
    const secret = await client.get<Secret>(SECRET);
    return secret.immutable !== true && JSON.stringify(secret.data) === JSON.stringify(data) &&
      (await bundles()).every((bundle) => bundle === data["ca.crt"]);
  };
  const setEntry = (entries: Record<string, string>): Promise<unknown> =>
    client.patch(SECRET, { data: entries }, MERGE);
  const setBundle = (value: string): Promise<unknown> =>
    client.patch(CONFIGURATION, [{ op: "add", path: "/webhooks/0/clientConfig/caBundle", value }], JSON_PATCH);

  await t.step("nobody but us is trusted, and both configurations say the same", async () => {
    await waitFor("both configurations", healed, WAITING);
  });

  const harmless: readonly (readonly [string, () => Promise<unknown>])[] = [
    ["the Secret is deleted", () => client.delete(SECRET)],
    ["garbage in ca.crt", () => setEntry({ "ca.crt": btoa("garbage") })],
    ["garbage in ca.key", () => setEntry({ "ca.key": btoa("garbage") })],
    ["garbage in tls.crt", () => setEntry({ "tls.crt": btoa("garbage") })],
    ["garbage in tls.key", () => setEntry({ "tls.key": btoa("garbage") })],
    ["a key that does not fit", () => setEntry({ "tls.key": btoa(leaf.key) })],
    ["somebody else's certificate", () => setEntry({ "tls.crt": btoa(leaf.cert), "tls.key": btoa(leaf.key) })],
    ["somebody else's authority", () => setEntry({ "ca.crt": btoa(other.cert) })],
    ["the Secret is made immutable", () => client.patch(SECRET, { immutable: true }, MERGE)],
  ];
  await t.step("accidents with the Secret, of which no admission notices anything", async (t) => {
    await using stream = await AdmissionStream.start(lab, webhook);
    for (const [what, happen] of harmless) {
      await t.step(what, async () => {
        await happen();
        await waitFor("the Secret as it was", healed, WAITING);
        assertEquals((await stream.take(10)).failures, []);
      });
    }
  });

  const harmful: readonly (readonly [string, () => Promise<unknown>])[] = [
    ["a bundle is emptied", () => setBundle("")],
    ["a foreign bundle", () => setBundle(btoa(other.cert))],
    ["a configuration is applied again", async () => {
      await client.delete(CONFIGURATION);
      const items = await webhookConfigurations(undefined);
      const stdin = JSON.stringify({ apiVersion: "v1", kind: "List", items });
      return await lab.kubectl(["apply", "--server-side", "--force-conflicts", "-f", "-"], { stdin });
    }],
  ];
  await t.step("accidents with the configurations, after which admissions go on", async (t) => {
    await using stream = await AdmissionStream.start(lab, webhook);
    for (const [what, happen] of harmful) {
      await t.step(what, async () => {
        await happen();
        await waitFor("the bundles as they were", healed, WAITING);
        await waitFor(
          "admissions without a failure",
          async () => (await stream.take(10)).failures.length === 0,
          WAITING,
        );
      });
    }
  });

  await t.step("a Secret that is lost while nobody runs is made again", async () => {
    for (const replica of [...webhook.replicas]) {
      await webhook.kill(replica);
      await webhook.withdraw(replica);
    }
    await client.delete(SECRET);
    await Promise.all([webhook.addReplica(), webhook.addReplica()]);
    const now = (await client.get<Secret>(SECRET)).data;
    assertNotEquals(now["tls.crt"], data["tls.crt"]);
    assert(
      atob(now["ca.crt"] ?? "").includes(atob(data["ca.crt"] ?? "")),
      "replicas that are not known of stay trusted",
    );
    await using stream = await AdmissionStream.start(lab, webhook);
    assertEquals((await stream.take()).failures, []);
  });
});
