import type { KubeClient } from "../../shared/kube/client.ts";
import { messageOf } from "../../shared/errors.ts";
import { summarize } from "./statistics.ts";
import { callAtOnce, PATHS } from "./webhook_cluster.ts";
import type { UseFigures, WebhookSize } from "./webhook_figures.ts";

const NAMESPACE = "default";
/** Names of measureable networks: one that everything is attached to but for one endpoint, one with that, one with none. */
const BUSY = "n0";
const USED = "n1";
const FREE = "n2";

/** Deletion of networks, not carried out, by how many DanmEps there are in the cluster. */
export async function measureUse(
  client: KubeClient,
  { endpoints, requests }: WebhookSize,
): Promise<UseFigures[]> {
  await client.create(PATHS.endpoints(NAMESPACE), endpoint(USED, 0));
  const figures = [await measure(client, { endpoints: 1, requests })];
  const { failures } = await callAtOnce(
    (number) => client.create(PATHS.endpoints(NAMESPACE), endpoint(BUSY, number)),
    { callers: 64, goOn: (number) => number < endpoints },
  );
  if (failures.length > 0) throw new Error(`${failures.length} DanmEps were not created: ${failures[0]}`);
  figures.push(await measure(client, { endpoints, requests }));
  return figures;
}

async function measure(
  client: KubeClient,
  { endpoints, requests }: { endpoints: number; requests: number },
): Promise<UseFigures> {
  const count = Math.min(requests, 200);
  const goOn = (number: number): boolean => number < count;
  const path = (name: string): string => `${PATHS.clusterNetworks}/${name}`;
  const free = await callAtOnce(() => client.delete(path(FREE), { dryRun: true }), { callers: 1, goOn });
  const used = await callAtOnce(() => refused(client, path(USED)), { callers: 1, goOn });
  const failure = free.failures[0] ?? used.failures[0];
  if (failure !== undefined) throw new Error(failure);
  return { endpoints, free: summarize(free.times), used: summarize(used.times) };
}

/** @throws {Error} when the deletion is allowed, or refused for another reason than its Pods */
async function refused(client: KubeClient, path: string): Promise<void> {
  try {
    await client.delete(path, { dryRun: true });
  } catch (error) {
    if (messageOf(error).includes(`pod-${USED}-0`)) return;
    throw error;
  }
  throw new Error(`${path} could have been deleted, though a Pod uses it`);
}

function endpoint(network: string, number: number): object {
  return {
    apiVersion: "danm.io/v1",
    kind: "DanmEp",
    metadata: { name: `${network}-${number}`, namespace: NAMESPACE },
    spec: {
      NetworkName: network,
      NetworkType: "ipvlan",
      apiType: "ClusterNetwork",
      Interface: { Name: "eth0", Address: `10.100.${number >> 8 & 255}.${number & 255}/16` },
      Host: `node-${number % 500}`,
      Pod: `pod-${network}-${number}`,
      PodUID: crypto.randomUUID(),
      CID: crypto.randomUUID().replaceAll("-", "").repeat(2),
    },
  };
}
