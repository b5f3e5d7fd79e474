import { createJudges } from "../../webhook/judges.ts";
import { AppUnderTest } from "../support/webhook/admission_app.ts";
import { type Manifest, MemoryCluster } from "../support/webhook/memory_cluster.ts";
import { reviewOf } from "../support/webhook/reviews.ts";
import { summarize } from "./statistics.ts";
import type { RequestTimes, WebhookSize } from "./webhook_figures.ts";

/** A ClusterNetwork with a VLAN and an address range of its own. */
export function benchNetwork(name: string, number: number): Manifest & { readonly apiVersion: string } {
  return {
    apiVersion: "danm.io/v1",
    kind: "ClusterNetwork",
    metadata: { name },
    spec: {
      NetworkID: `b${number}`,
      NetworkType: "ipvlan",
      Options: {
        host_device: "ens4",
        vlan: number + 1,
        cidr: `10.${100 + Math.floor(number / 250)}.${number % 250}.0/24`,
        routes: { "10.20.0.0/16": `10.${100 + Math.floor(number / 250)}.${number % 250}.1` },
      },
    },
  };
}

/** What the application takes for one request, without network and API server. */
export async function measureInProcess({ networks, requests }: WebhookSize): Promise<RequestTimes[]> {
  const cluster = new MemoryCluster(
    Array.from({ length: networks }, (_, number) => benchNetwork(`n${number}`, number)),
  );
  const app = new AppUnderTest(createJudges({ random: Math.random }), { cluster });
  const object = benchNetwork("first", networks);
  const body = JSON.stringify(reviewOf({ resource: "clusternetworks.danm.io", kind: "ClusterNetwork", object }));
  const measured: RequestTimes[] = [];
  for (const what of ["mutate", "validate"]) {
    const times: number[] = [];
    for (let count = -100; count < requests; count++) {
      const startMs = performance.now();
      const { document } = await app.post(`/${what}`, body);
      const ms = performance.now() - startMs;
      if (document.response?.allowed !== true) throw new Error(`${what}: ${JSON.stringify(document)}`);
      if (count >= 0) times.push(ms);
      app.lines.length = 0;
    }
    measured.push({ what: `/${what}`, times: summarize(times) });
  }
  return measured;
}
