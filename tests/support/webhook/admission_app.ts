import type { NamingScheme } from "../../../ipam/plan_interfaces.ts";
import { createLogger } from "../../../shared/log.ts";
import { createAdmissionApp } from "../../../webhook/admission_app.ts";
import { AdmissionBudget, type Budget } from "../../../webhook/admission_budget.ts";
import type { Cluster } from "../../../webhook/cluster.ts";
import type { Judges } from "../../../webhook/judges.ts";
import { Metrics } from "../../../webhook/metrics.ts";
import { MemoryCluster } from "./memory_cluster.ts";

/** What was answered: the HTTP status, the document, and the response within an AdmissionReview. */
export interface AppAnswer {
  readonly status: number;
  readonly headers: Headers;
  // deno-lint-ignore no-explicit-any
  readonly document: any;
}

/** The webhook's application without a server, and what it logged and counted. */
export class AppUnderTest {
  readonly app: ReturnType<typeof createAdmissionApp>;
  readonly metrics: Metrics;
  readonly budget: AdmissionBudget;
  readonly lines: Record<string, unknown>[] = [];

  constructor(judges: Judges, options: { cluster?: Cluster; budget?: Budget; namingScheme?: NamingScheme } = {}) {
    this.budget = new AdmissionBudget(options.budget ?? { requests: 100, bytes: 100_000_000 });
    this.metrics = new Metrics(() => this.budget.requests);
    this.app = createAdmissionApp({
      judges,
      cluster: options.cluster ?? new MemoryCluster(),
      log: createLogger((line) => this.lines.push(JSON.parse(line)), { level: "debug" }),
      metrics: this.metrics,
      budget: this.budget,
      namingScheme: options.namingScheme ?? "",
    });
  }

  /** Sends a body: a text or bytes as they are, anything else as JSON. */
  async post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<AppAnswer> {
    const raw = typeof body === "string" || body instanceof Uint8Array || body instanceof ReadableStream;
    const response = await this.app.request(path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: raw ? body as BodyInit : JSON.stringify(body),
    });
    return { status: response.status, headers: response.headers, document: await response.json() };
  }
}
