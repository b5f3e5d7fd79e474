import { delay } from "../../shared/delay.ts";
import { messageOf } from "../../shared/errors.ts";
import { AlreadyExists, Conflict, NotFound } from "../../shared/kube/api_error.ts";
import type { Logger } from "../../shared/log.ts";
import { applyStep } from "./apply_step.ts";
import type { CertificateNames } from "./certificate_names.ts";
import type { CertificateStore } from "./certificate_store.ts";
import { type Holding, type Observation, observe } from "./observe.ts";
import { planCertificates } from "./plan_certificates.ts";
import { planServing } from "./plan_serving.ts";
import type { ServingCertificate } from "./serving_certificate.ts";
import { checkLifetimes, type LeafFacts, type Lifetimes, type Situation } from "./situation.ts";
import type { Step } from "./step.ts";
import { TrustWatch } from "./trust_watch.ts";
import { isWhole, trustedForMs } from "./validity.ts";

/** The clocks of a process. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds that only go forward. */
  monotonic(): number;
}

/** What certificates are kept with. */
export interface KeeperOptions {
  readonly store: CertificateStore;
  readonly names: CertificateNames;
  readonly lifetimes: Lifetimes;
  /** How often it is looked after the Secret and the configurations, in milliseconds; up to a tenth is added at random. */
  readonly pollMs: number;
  readonly log: Logger;
  /** Called with what is to be served from now on: for the first time when API servers can trust it. */
  readonly use: (certificate: ServingCertificate) => Promise<void>;
  /** Ends it. */
  readonly signal: AbortSignal;
  readonly clock?: Clock;
}

const SYSTEM_CLOCK: Clock = { now: () => Date.now(), monotonic: () => performance.now() };
/** More steps than it takes from nothing to a state that lasts; a replica that fights another one pauses. */
const STEPS_AT_ONCE = 8;
/** Before it serves for the first time, API servers get this time to hear of the authority. */
const START_MS = 1_000;
const FIRST_RETRY_MS = 250;
/** An API server that does not answer is asked again after this time. */
const ROUND_TIMEOUT_MS = 30_000;

/**
 * Makes certificates, keeps them in a Secret and in the webhook configurations, renews them, mends what is damaged, and
 * follows what other replicas do. Returns when the signal aborts. No fault of the API server ends it: what is served
 * stays meanwhile.
 *
 * @throws {RangeError} when the lifetimes leave no time for a renewal
 * @throws {unknown} what `use` throws
 */
export async function keepCertificates(options: KeeperOptions): Promise<void> {
  const { signal, log, pollMs } = options;
  checkLifetimes(options.lifetimes);
  const keeper = new CertificateKeeper(options);
  for (let failures = 0; !signal.aborted;) {
    let pauseMs: number;
    try {
      pauseMs = await keeper.round();
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof UseError) throw error.cause;
      pauseMs = Math.min(pollMs, FIRST_RETRY_MS * 2 ** failures++);
      log.warn("certificates: what is served stays, the next try comes", { error: messageOf(error), pauseMs });
    }
    try {
      await delay(pauseMs * (1 + 0.1 * Math.random()), signal);
    } catch {
      // Aborted, which the loop sees.
    }
  }
}

/** `use` failed, which is not for this module to handle. */
export class UseError extends Error {
  override readonly name = "UseError";
}

/** The certificates of one replica; {@linkcode keepCertificates} calls it again and again. */
export class CertificateKeeper {
  readonly #options: KeeperOptions;
  readonly #clock: Clock;
  readonly #trust = new TrustWatch();
  #known: Holding | undefined;
  #served: LeafFacts | undefined;
  #waiting: ServingCertificate | undefined;
  #isStarted = false;

  /** Nothing is done yet. */
  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
  }

  /**
   * Does what there is to do.
   *
   * @returns the pause until the next time, in milliseconds
   * @throws {ApiError} when the API server fails; {@linkcode UseError} when `use` does
   */
  async round(): Promise<number> {
    const { pollMs, lifetimes } = this.#options;
    const signal = AbortSignal.any([this.#options.signal, AbortSignal.timeout(ROUND_TIMEOUT_MS)]);
    for (let steps = 0; steps < STEPS_AT_ONCE; steps++) {
      const { observation, situation } = await this.#look(signal);
      const step = planCertificates(situation, lifetimes);
      if (step.do === "wait") {
        const startMs = this.#isStarted ? pollMs : START_MS;
        return Math.max(1, Math.min(pollMs, startMs, step.untilMs - situation.nowMs));
      }
      await this.#apply(step, { observation, nowMs: situation.nowMs, signal });
    }
    return pollMs;
  }

  async #look(signal: AbortSignal): Promise<{ observation: Observation; situation: Situation }> {
    const { store, names, lifetimes } = this.#options;
    const observation = await observe(await store.read(signal), names);
    const { holding, configurations } = observation;
    const nowMs = this.#clock.now();
    if (holding && isWhole(holding.facts, nowMs)) this.#known = holding;
    const situation: Situation = {
      nowMs,
      secret: holding?.facts,
      known: this.#known?.facts,
      served: this.#served,
      configurations,
      trustedForMs: this.#trust.observe(configurations, this.#clock.monotonic()),
    };
    if (holding?.facts.leaf && planServing(situation, lifetimes)) {
      this.#served = holding.facts.leaf;
      const { material: { cert, key } } = holding;
      this.#waiting = { cert, key, notAfterMs: this.#served.notAfterMs };
    }
    const trustedMs = this.#served && trustedForMs(situation, this.#served.signer);
    this.#isStarted ||= trustedMs !== undefined && trustedMs >= Math.min(START_MS, lifetimes.graceMs);
    if (this.#isStarted) await this.#serve();
    return { observation, situation: { ...situation, served: this.#served } };
  }

  /** Hands over what waits for it. */
  async #serve(): Promise<void> {
    if (!this.#waiting || !this.#served) return;
    try {
      await this.#options.use(this.#waiting);
    } catch (cause) {
      throw new UseError("the certificate cannot be served with", { cause });
    }
    this.#waiting = undefined;
    const { fingerprint, signer, notAfterMs } = this.#served;
    this.#options.log.info("certificate is served", { fingerprint, signer, until: new Date(notAfterMs).toISOString() });
  }

  async #apply(
    step: Exclude<Step, { do: "wait" }>,
    { observation, nowMs, signal }: { observation: Observation; nowMs: number; signal: AbortSignal },
  ): Promise<void> {
    const { store, names, lifetimes, log } = this.#options;
    const { do: what, ...fields } = step;
    try {
      const known = this.#known;
      await applyStep(step, { observation, known, store, names, lifetimes, nowMs, signal });
      log.info(`certificates: ${what}`, fields);
    } catch (error) {
      if (!isOvertaken(error)) throw error;
      log.debug(`certificates: ${what}: another replica was faster`, { error: messageOf(error) });
    }
  }
}

/** Whether a write failed because another replica's came first. */
function isOvertaken(error: unknown): boolean {
  if (error instanceof Conflict || error instanceof AlreadyExists) return true;
  // What was to be changed or deleted is gone. Of a POST it says that the namespace is.
  return error instanceof NotFound && error.verb !== "POST";
}
