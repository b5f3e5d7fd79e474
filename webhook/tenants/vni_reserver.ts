import { abortable } from "../../shared/abortable.ts";
import { delay } from "../../shared/delay.ts";
import { ApiError, Conflict, NotFound } from "../../shared/kube/api_error.ts";
import type { Network } from "../../shared/schema/network.ts";
import type { Cluster } from "../cluster.ts";
import type { Plan } from "./plan_assignment.ts";
import { type Claim, type Grant, planReservations } from "./plan_reservations.ts";

/** What several claims share is nobody's in particular, so no claim's signal may end it. */
const ROUND_TIMEOUT_MS = 10_000;
const BASE_DELAY_MS = 5;
const MAX_DELAY_MS = 250;

interface Waiting extends Claim {
  readonly cluster: Cluster;
  readonly signal: AbortSignal;
  readonly answer: PromiseWithResolvers<Plan>;
}

/** What a reserver decides and waits with. */
export interface ReserverDeps {
  /** From 0 up to 1: decides between devices, and spreads retries. */
  readonly random: () => number;
  /** Waits between two tries, milliseconds. Default: by the clock. */
  readonly sleep?: (ms: number) => Promise<void>;
}

/**
 * Reserves VNIs in the status of TenantConfigs. Every write is a compare-and-swap of the object that the decision was
 * made on; whoever loses it decides again on what there is then. Claims of one process that come during a write share
 * the next one, so that a hundred of them do not fight each other.
 */
export class VniReserver {
  readonly #random: () => number;
  readonly #sleep: (ms: number) => Promise<void>;
  #waiting: Waiting[] = [];
  #isRunning = false;

  constructor({ random, sleep = unhurried }: ReserverDeps) {
    this.#random = random;
    this.#sleep = sleep;
  }

  /**
   * Reserves what a TenantNetwork gets, or finds it reserved for this namespace and name. The answer comes after the
   * API server has said that the reservation is stored.
   *
   * @throws {ApiError} when the API server refuses, or the signal's reason; then something may be reserved or not
   */
  async reserve(network: Network, { cluster, signal }: { cluster: Cluster; signal: AbortSignal }): Promise<Plan> {
    const answer = Promise.withResolvers<Plan>();
    this.#waiting.push({ network, random: this.#random(), dryRun: false, cluster, signal, answer });
    if (!this.#isRunning) void this.#run();
    return await abortable(answer.promise, signal);
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    for (let lost = 0; this.#waiting.length > 0;) {
      const [first] = this.#waiting;
      const claims = this.#waiting.filter(({ cluster }) => cluster === first?.cluster);
      this.#waiting = this.#waiting.filter(({ cluster }) => cluster !== first?.cluster);
      const left = await this.#round(claims.filter(({ signal }) => !signal.aborted));
      this.#waiting.unshift(...left);
      lost = left.length > 0 ? lost + 1 : 0;
      if (lost > 0) await this.#sleep(this.#pauseMs(lost));
    }
    this.#isRunning = false;
  }

  /** Answers what can be answered, and gives back who has to try again. */
  async #round(claims: readonly Waiting[]): Promise<Waiting[]> {
    const cluster = claims[0]?.cluster;
    if (!cluster) return [];
    try {
      const signal = AbortSignal.timeout(ROUND_TIMEOUT_MS);
      // Networks first: what is not stored yet then has its reservation in the TenantConfigs that are read after them.
      const networks = await cluster.listNetworks(signal);
      const configs = await cluster.listTenantConfigs(signal);
      const { grants, writes } = planReservations(claims, { configs, networks });
      const outcomes = new Map(
        await Promise.all(writes.map(async (config) => {
          const outcome = await cluster.replaceTenantConfigStatus(config, signal).then(() => undefined, asError);
          return [config.metadata.name, outcome] as const;
        })),
      );
      return claims.filter((claim, index) => !settle(claim, grants[index], outcomes));
    } catch (error) {
      for (const { answer } of claims) answer.reject(error);
      return [];
    }
  }

  #pauseMs(lost: number): number {
    return Math.min(MAX_DELAY_MS, BASE_DELAY_MS * 2 ** lost) * (0.5 + this.#random() / 2);
  }
}

/** @returns false when the claim has to try again */
function settle(
  { answer }: Waiting,
  grant: Grant | undefined,
  outcomes: ReadonlyMap<string, Error | undefined>,
): boolean {
  const failure = grant?.home === undefined ? undefined : outcomes.get(grant.home);
  if (failure && isPassing(failure)) return false;
  if (failure) answer.reject(failure);
  else if (grant) answer.resolve(grant.plan);
  return true;
}

/** Somebody was faster, or nobody knows whether it was written: the next look at what is stored tells. */
function isPassing(error: Error): boolean {
  return error instanceof Conflict || error instanceof NotFound ||
    (error instanceof ApiError && error.effect === "unknown");
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error), { cause: error });
}

async function unhurried(ms: number): Promise<void> {
  await delay(ms, new AbortController().signal);
}
