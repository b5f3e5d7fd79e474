import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** How a request ended. */
export type Outcome = "allowed" | "denied" | "malformed" | "overload" | "timeout" | "error";

/** What is counted of a request. */
export interface Admission {
  readonly webhook: "mutate" | "validate";
  /** As `<plural>.<group>`; only resources that have judges, so that no caller can invent series. */
  readonly resource: string;
  readonly operation: string;
  readonly outcome: Outcome;
  readonly seconds: number;
}

/** What the webhook counts, for Prometheus. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #admissions: Counter<"webhook" | "resource" | "operation" | "outcome">;
  readonly #seconds: Histogram<"webhook" | "resource">;

  /** @param inFlight gives the number of requests under way */
  constructor(inFlight: () => number) {
    const registers = [this.#registry];
    this.#admissions = new Counter({
      name: "danm_webhook_admissions_total",
      help: "Admission requests that were answered",
      labelNames: ["webhook", "resource", "operation", "outcome"],
      registers,
    });
    this.#seconds = new Histogram({
      name: "danm_webhook_admission_duration_seconds",
      help: "Time from the request's head to its answer",
      labelNames: ["webhook", "resource"],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    });
    const gauge = (name: string, help: string, read: () => number): void => {
      new Gauge({ name, help, registers, collect: gaugeOf(read) });
    };
    gauge("danm_webhook_admissions_in_flight", "Admission requests under way", inFlight);
    gauge("process_resident_memory_bytes", "Memory that is resident", () => Deno.memoryUsage().rss);
    gauge("process_heap_bytes", "JavaScript heap in use", () => Deno.memoryUsage().heapUsed);
    const startedAt = performance.timeOrigin / 1000;
    gauge("process_start_time_seconds", "When the process started, since the epoch", () => startedAt);
  }

  /** A registry for what other parts count. */
  get registry(): Registry {
    return this.#registry;
  }

  /** Counts a request that was answered. */
  count({ webhook, resource, operation, outcome, seconds }: Admission): void {
    this.#admissions.inc({ webhook, resource, operation, outcome });
    this.#seconds.observe({ webhook, resource }, seconds);
  }

  /** Everything in Prometheus' text format, and its content type. */
  async render(): Promise<{ text: string; contentType: string }> {
    return { text: await this.#registry.metrics(), contentType: this.#registry.contentType };
  }
}

function gaugeOf(read: () => number): (this: Gauge) => void {
  return function (this: Gauge): void {
    this.set(read());
  };
}
