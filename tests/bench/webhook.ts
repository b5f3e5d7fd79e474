import { startLab } from "../support/lab/lab.ts";
import { installCrds } from "../support/lab/install_crds.ts";
import { toStderr } from "../support/progress.ts";
import { WebhookLab } from "../support/webhook/webhook_lab.ts";
import { benchClient, callAtOnce, PATHS } from "./webhook_cluster.ts";
import type { WebhookFigures, WebhookSize } from "./webhook_figures.ts";
import { benchNetwork, measureInProcess } from "./webhook_in_process.ts";
import { measureCreation, measureLoad, measureMemory, residentBytes } from "./webhook_load.ts";
import { measureTenants } from "./webhook_tenants.ts";
import { measureUse } from "./webhook_use.ts";

/** Measures the webhook in process, and two replicas behind a real API server. */
export async function measureWebhook(size: WebhookSize): Promise<WebhookFigures> {
  toStderr("bench: webhook, in process");
  const inProcess = await measureInProcess(size);
  await using lab = await startLab({ nodes: 0 });
  using client = await benchClient(lab);
  await installCrds(lab);
  const { failures } = await callAtOnce(
    (number) => client.create(PATHS.clusterNetworks, benchNetwork(`n${number}`, number)),
    { callers: 8, goOn: (number) => number < size.networks },
  );
  if (failures[0] !== undefined) throw new Error(failures[0]);
  toStderr("bench: webhook, creation without it");
  const without = await measureCreation(client, { what: "without the webhook", size });
  await using webhook = await WebhookLab.start(lab, { replicas: 2 });
  const [replica] = webhook.replicas;
  if (!replica) throw new Error("there is no replica");
  const restBytes = await residentBytes(replica);
  const asked = await measureCreation(client, { what: "mutated and validated", size });
  toStderr("bench: webhook, 50 at a time");
  const load = await measureLoad(webhook, { client, size });
  toStderr("bench: webhook, TenantNetworks at once");
  const tenants = await measureTenants(client, size.tenantNetworks);
  toStderr("bench: webhook, memory");
  const memory = await measureMemory(webhook, { restBytes, size });
  toStderr("bench: webhook, networks in use");
  const use = await measureUse(client, size);
  return { inProcess, throughApi: [without, asked], load, memory, tenants, use };
}
