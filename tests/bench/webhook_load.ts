import { randomUUID } from "node:crypto";
import { Agent, request } from "node:https";
import type { KubeClient } from "../../shared/kube/client.ts";
import { Host } from "../support/lab/network.ts";
import { addressIn } from "../support/lab/registry.ts";
import type { Replica } from "../support/webhook/replica.ts";
import { reviewOf } from "../support/webhook/reviews.ts";
import { WEBHOOK_HOST, type WebhookLab } from "../support/webhook/webhook_lab.ts";
import { summarize } from "./statistics.ts";
import { answered, callAtOnce, PATHS } from "./webhook_cluster.ts";
import type { LoadFigures, MemoryFigures, RequestTimes, WebhookSize } from "./webhook_figures.ts";
import { benchNetwork } from "./webhook_in_process.ts";

const DRY_RUN = { query: { dryRun: "All" } } as const;

/** Creating a network that is not stored: through the API server, with or without the webhook. */
export async function measureCreation(
  client: KubeClient,
  { what, size: { requests, networks } }: { what: string; size: WebhookSize },
): Promise<RequestTimes> {
  const object = benchNetwork("measured", networks);
  const create = (): Promise<unknown> => client.create(PATHS.clusterNetworks, object, DRY_RUN);
  for (let count = 0; count < 20; count++) await create();
  const { times, failures } = await callAtOnce(create, { callers: 1, goOn: (number) => number < requests });
  if (failures.length > 0) throw new Error(failures[0]);
  return { what, times: summarize(times) };
}

/** 50 requests at a time. */
export async function measureLoad(
  webhook: WebhookLab,
  { client, size: { loadMs, networks } }: { client: KubeClient; size: WebhookSize },
): Promise<LoadFigures> {
  const callers = 50;
  const object = benchNetwork("measured", networks);
  const before = await answered(webhook.replicas);
  const untilMs = performance.now() + loadMs;
  const { times, failures, seconds } = await callAtOnce(
    () => client.create(PATHS.clusterNetworks, object, DRY_RUN),
    { callers, goOn: () => performance.now() < untilMs },
  );
  if (times.length === 0) throw new Error(`all of ${failures.length} requests were lost: ${failures[0]}`);
  return {
    callers,
    seconds,
    objectsPerSecond: times.length / seconds,
    admissionsPerSecond: (await answered(webhook.replicas) - before) / seconds,
    times: summarize(times),
    lost: failures.length,
  };
}

/** Resident memory of a replica that is asked directly, as an API server would. */
export async function measureMemory(
  webhook: WebhookLab,
  { restBytes, size: { admissions, networks } }: { restBytes: number; size: WebhookSize },
): Promise<MemoryFigures> {
  const [replica] = webhook.replicas;
  if (!replica) throw new Error("there is no replica");
  const object = benchNetwork("measured", networks);
  const agent = new Agent({ keepAlive: true, maxSockets: 16, ca: webhook.authority?.cert });
  const target = { host: addressIn(webhook.lab.record, Host.gateway), port: replica.port, servername: WEBHOOK_HOST };
  const send = (number: number): Promise<void> => {
    const review = { resource: "clusternetworks.danm.io", kind: "ClusterNetwork", object };
    const body = JSON.stringify(reviewOf({ ...review, request: { uid: randomUUID() } }));
    return post(body, { ...target, agent, path: number % 2 === 0 ? "/mutate" : "/validate" });
  };
  const sendMany = async (count: number): Promise<void> => {
    const { failures } = await callAtOnce(send, { callers: 16, goOn: (number) => number < count });
    if (failures.length > 0) throw new Error(`${failures.length} of ${count} requests failed: ${failures[0]}`);
  };
  try {
    await sendMany(admissions / 10);
    const warmBytes = await residentBytes(replica);
    await sendMany(admissions * 9 / 10);
    return { restBytes, warmBytes, afterBytes: await residentBytes(replica), admissions };
  } finally {
    agent.destroy();
  }
}

/** What a replica says of itself. */
export async function residentBytes(replica: Replica): Promise<number> {
  return await replica.metric("process_resident_memory_bytes");
}

function post(
  body: string,
  options: { host: string; port: number; servername: string; path: string; agent: Agent },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": new TextEncoder().encode(body).length };
    const sent = request({ ...options, method: "POST", headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => text += chunk);
      response.once("error", reject).once("end", () => {
        if (text.includes('"allowed":true')) resolve();
        else reject(new Error(`${response.statusCode} ${text.slice(0, 300)}`));
      });
    });
    sent.once("error", reject).end(body);
  });
}
