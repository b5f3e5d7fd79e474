import type { Summary } from "./statistics.ts";

/** How much of everything is measured. */
export interface WebhookSize {
  /** Networks that are there while requests are judged. */
  readonly networks: number;
  /** Requests in a row that a percentile is taken of. */
  readonly requests: number;
  /** How long 50 requests at a time are sent, in milliseconds. */
  readonly loadMs: number;
  /** Admissions that a replica's memory is compared before and after. */
  readonly admissions: number;
  /** TenantNetworks that are created at once. */
  readonly tenantNetworks: number;
  /** DanmEps that are there when a network is deleted. */
  readonly endpoints: number;
}

/** What is promised is promised for this size. */
export const FULL_WEBHOOK: WebhookSize = {
  networks: 100,
  requests: 1000,
  loadMs: 60_000,
  admissions: 100_000,
  tenantNetworks: 100,
  endpoints: 100_000,
};

/** To see whether the benchmark works. */
export const SMALL_WEBHOOK: WebhookSize = {
  networks: 100,
  requests: 100,
  loadMs: 10_000,
  admissions: 5_000,
  tenantNetworks: 100,
  endpoints: 2_000,
};

/** Times of one kind of request, in milliseconds. */
export interface RequestTimes {
  readonly what: string;
  readonly times: Summary;
}

/** Many requests at a time. */
export interface LoadFigures {
  readonly callers: number;
  readonly seconds: number;
  /** Objects that went through both webhooks, a second. */
  readonly objectsPerSecond: number;
  /** Admission requests that the replicas answered, a second. */
  readonly admissionsPerSecond: number;
  readonly times: Summary;
  readonly lost: number;
}

/** Resident memory of a replica, in bytes. */
export interface MemoryFigures {
  readonly restBytes: number;
  /** After a tenth of the admissions. */
  readonly warmBytes: number;
  readonly afterBytes: number;
  readonly admissions: number;
}

/** TenantNetworks that were created at once through two replicas. */
export interface TenantFigures {
  readonly count: number;
  readonly seconds: number;
  /** What was answered to those that failed, each text once. */
  readonly refusals: readonly string[];
  readonly failures: number;
  readonly distinctVnis: number;
}

/** Deletion of a network, not carried out. */
export interface UseFigures {
  readonly endpoints: number;
  readonly free: Summary;
  readonly used: Summary;
}

/** Everything that was measured of the webhook. */
export interface WebhookFigures {
  readonly inProcess: readonly RequestTimes[];
  readonly throughApi: readonly RequestTimes[];
  readonly load: LoadFigures;
  readonly memory: MemoryFigures;
  readonly tenants: TenantFigures;
  readonly use: readonly UseFigures[];
}
