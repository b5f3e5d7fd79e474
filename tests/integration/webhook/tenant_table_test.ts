import { assert, assertEquals } from "@std/assert";
import { NotFound } from "../../../shared/kube/api_error.ts";
import type { KubeClient } from "../../../shared/kube/client.ts";
import { SYSTEM_NAMESPACE } from "../../../shared/schema/meta.ts";
import { resourcePath } from "../../../shared/schema/resources.ts";
import { valueAt } from "../../../shared/schema/value_at.ts";
import { type Lab, startLab } from "../../support/lab/lab.ts";
import { labTest } from "../../support/lab/lab_test_case.ts";
import type { Manifest } from "../../support/webhook/memory_cluster.ts";
import { WebhookLab } from "../../support/webhook/webhook_lab.ts";
import { clientFor } from "../../support/kube/client_for.ts";
import { type ApiAnswer, ApiAsker } from "./api_answer.ts";
import type { TenantCase } from "./cases/tenant_case.ts";
import { TENANT_CONFIG_CASES } from "./cases/tenant_configs.ts";
import { TENANT_NETWORK_CHANGES } from "./cases/tenant_network_changes.ts";
import { TENANT_NETWORK_CREATIONS } from "./cases/tenant_networks.ts";
import { bodyOf, clear, collectionOf, reservationsIn, store } from "./tenant_world.ts";

const CASES = [...TENANT_NETWORK_CREATIONS, ...TENANT_NETWORK_CHANGES, ...TENANT_CONFIG_CASES]
  .filter(({ onlyInProcess }) => !onlyInProcess);

/** Who asks, and who brings about what a case starts from. */
interface World {
  readonly asker: ApiAsker;
  /** Copies networks of an earlier release: what tenants have is taken as it is. */
  readonly migration: KubeClient;
}

labTest("the table of tenants through a real API server", {}, async (t) => {
  await using lab = await startLab({ nodes: 0 });
  await using _webhook = await WebhookLab.start(lab);
  using migration = await migrationClient(lab);
  using asker = await ApiAsker.as(lab.admin);
  for (const of of CASES) {
    await t.step(`${of.operation}: ${of.name}`, async () => {
      await play(of, { asker, migration });
      await clear(migration);
    });
  }
});

async function migrationClient(lab: Lab): Promise<KubeClient> {
  const name = "danm-migrate";
  await lab.kubectl(["--namespace", SYSTEM_NAMESPACE, "create", "serviceaccount", name]);
  const user = await lab.serviceAccount(SYSTEM_NAMESPACE, name);
  const account = `--serviceaccount=${SYSTEM_NAMESPACE}:${name}`;
  await lab.kubectl(["create", "clusterrolebinding", name, "--clusterrole=cluster-admin", account]);
  return await clientFor(user);
}

async function play(of: TenantCase, { asker, migration }: World): Promise<void> {
  for (const manifest of [...of.before ? [of.before] : [], ...of.others ?? []]) await store(migration, manifest);
  const before = await reservationsIn(migration);
  const answer = await send(of, { asker, migration });
  if (of.denied) assertDenied(of, answer);
  else assert(answer.status < 300, answer.message);
  for (const part of of.warns ?? []) assert(answer.warnings.some((one) => one.includes(part)), answer.warnings.join());
  if (of.warns) assertEquals(answer.warnings.length, of.warns.length, answer.warnings.join());
  if (of.denied || of.dryRun) assertEquals(await reservationsIn(migration), before);
  if (of.reserved) assertEquals(await reservationsIn(migration), of.reserved);
  if (of.becomes && !of.dryRun) await assertBecame(of, migration);
}

async function send(of: TenantCase, { asker, migration }: World): Promise<ApiAnswer> {
  const manifest = of.object ?? of.before;
  assert(manifest);
  const query = of.dryRun ? "?dryRun=All" : "";
  if (of.operation === "CREATE") return await asker.send("POST", `${collectionOf(manifest)}${query}`, sent(manifest));
  const path = pathOf(manifest);
  if (of.operation === "DELETE") return await asker.send("DELETE", path, { kind: "DeleteOptions", apiVersion: "v1" });
  const stored = await migration.get<Manifest>(path);
  const metadata = { ...manifest.metadata, resourceVersion: stored.metadata["resourceVersion"] };
  return await asker.send("PUT", `${path}${query}`, sent({ ...manifest, metadata }));
}

function sent(manifest: Manifest): Record<string, unknown> {
  const { status: _, ...body } = bodyOf(manifest);
  return body;
}

function pathOf({ kind, metadata: { namespace, name } }: Manifest): string {
  return resourcePath(kind, { namespace, name });
}

function assertDenied({ denied = [] }: TenantCase, { status, message, causes }: ApiAnswer): void {
  assert(status === 422 || status === 403, `${status}: ${message}`);
  for (const { field, says } of denied) {
    // The CRD says some of it before the webhook does, in words of its own.
    const isOurs = message.includes(`${field === "" ? "" : `${field}: `}`) && message.includes(says);
    const isCrds = !message.includes("admission webhook") && causes.some((cause) => isAbout(cause.field ?? "", field));
    assert(isOurs || isCrds, `nothing names ${field || "the object"} and says ${says}: ${message}`);
  }
}

function isAbout(cause: string, field: string): boolean {
  return [cause, field].every((one) => one === "" || one === "<nil>") || cause.startsWith(field.split(/[[.]/)[0] ?? "");
}

async function assertBecame({ object, becomes = {} }: TenantCase, client: KubeClient): Promise<void> {
  assert(object);
  const stored = await client.get(pathOf(object)).catch((error) => {
    if (error instanceof NotFound) return undefined;
    throw error;
  });
  for (const [field, value] of Object.entries(becomes)) assertEquals(valueAt(stored, `spec.${field}`), value, field);
}
