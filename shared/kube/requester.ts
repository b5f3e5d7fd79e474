import { abortable } from "../abortable.ts";
import { messageOf } from "../errors.ts";
import { apiError, type ApiFailure, type Verb } from "./api_error.ts";
import type { KubeClientOptions } from "./client_options.ts";
import type { KubeTarget } from "./kube_target.ts";
import { failureOfAnswer, failureOfError, type SentRequest } from "./read_failure.ts";
import { requestBody } from "./request_body.ts";
import { DEFAULT_RETRY, isRetriable, retryDelayMs, type RetryPolicy } from "./retry.ts";
import { RelayedTransport } from "./relayed_transport.ts";
import { type Answer, type Outgoing, Transport } from "./transport.ts";

/** A request as a caller means it; it may be sent several times. */
export interface Call {
  readonly verb: Verb;
  /** Path and query. */
  readonly path: string;
  readonly contentType?: string;
  /** Rendered as JSON; none when undefined. */
  readonly body?: unknown;
  /** Sending it twice does what sending it once does. */
  readonly idempotent: boolean;
  readonly signal?: AbortSignal | undefined;
}

type Outcome = { readonly value: unknown } | { readonly failure: ApiFailure };

/** Sends calls to one API server, with credentials, retries and typed errors. */
export class Requester implements Disposable {
  readonly #target: KubeTarget;
  readonly #options: KubeClientOptions;
  readonly #policy: RetryPolicy;
  readonly #transport: Transport | RelayedTransport;

  /** @throws {KubeconfigError} when the target's certificate, key or proxy cannot be used */
  constructor(target: KubeTarget, options: KubeClientOptions) {
    this.#target = target;
    this.#options = options;
    this.#policy = { ...DEFAULT_RETRY, ...options.retry };
    const { relay } = target;
    this.#transport = relay === undefined ? new Transport(target) : new RelayedTransport({ ...target, relay });
  }

  /**
   * The parsed body of the answer.
   *
   * @throws {ApiError} of the last try; its effect is `unknown` if that of any try was
   * @throws {KubeconfigError} when there is no token to send
   */
  async call(call: Call): Promise<unknown> {
    let doubt = false;
    let token = await this.#token(call);
    let renewed = false;
    for (let tries = 1;; tries++) {
      const outcome = await this.#try(call, { attempt: tries, token });
      if ("value" in outcome) return outcome.value;
      doubt ||= outcome.failure.effect === "unknown";
      const failure: ApiFailure = { ...outcome.failure, tries, effect: doubt ? "unknown" : "none" };
      if (failure.status === 401 && token !== undefined && !renewed) {
        // The token may have been rotated since it was read. Once: a second 401 is about who we are.
        renewed = true;
        const fresh = await this.#token(call, token);
        if (fresh !== token) {
          token = fresh;
          continue;
        }
      }
      await this.#pauseOrThrow(call, outcome.failure, failure);
      token = await this.#token(call);
    }
  }

  /** The token to send, unless the call's time is over: then nothing is sent. Making one may take a command that hangs. */
  async #token({ signal }: Call, rejected?: string): Promise<string | undefined> {
    const { token } = this.#target;
    return token === undefined || signal?.aborted ? undefined : await abortable(token(rejected), signal);
  }

  /** Waits before the next try of `call`, or throws `failure` when there shall be none. */
  async #pauseOrThrow(call: Call, last: ApiFailure, failure: ApiFailure): Promise<void> {
    if (!isRetriable(last, call.idempotent)) throw apiError(failure);
    const tries = failure.tries ?? 1;
    const delayMs = retryDelayMs(last, tries, { policy: this.#policy, random: Math.random() });
    if (delayMs === undefined) throw apiError(failure);
    const paused = await pause(delayMs, call.signal);
    if (paused) return;
    throw apiError({ ...failure, text: `${failure.text}; no time for another try: ${messageOf(call.signal?.reason)}` });
  }

  async #try(call: Call, { attempt, token }: { attempt: number; token: string | undefined }): Promise<Outcome> {
    const { verb, path, signal } = call;
    const sent = { verb, path, server: this.#target.server };
    if (signal?.aborted) return { failure: neverSent(sent, signal.reason) };
    const started = performance.now();
    let answer: Answer | undefined;
    try {
      answer = await this.#transport.send(path, () => this.#outgoing(call, token));
      return read(sent, answer);
    } catch (error) {
      const aborted = signal?.aborted ? { reason: signal.reason, afterMs: performance.now() - started } : undefined;
      return { failure: failureOfError(sent, error, aborted) };
    } finally {
      this.#options.onRequest?.({
        method: verb,
        path,
        status: answer?.status,
        ms: performance.now() - started,
        attempt,
      });
    }
  }

  #outgoing({ verb, contentType, body, signal }: Call, token: string | undefined): Outgoing {
    const headers: Record<string, string> = {
      accept: "application/json",
      "user-agent": this.#options.userAgent ?? "danm",
    };
    if (token !== undefined) headers["authorization"] = `Bearer ${token}`;
    if (body === undefined) return { method: verb, headers, signal };
    headers["content-type"] = contentType ?? "application/json";
    return { method: verb, headers, signal, body: requestBody(body) };
  }

  /** Closes the connection; requests on their way fail. */
  [Symbol.dispose](): void {
    this.#transport[Symbol.dispose]();
  }
}

function read(sent: SentRequest, answer: Answer): Outcome {
  if (answer.status < 200 || answer.status >= 300) return { failure: failureOfAnswer(sent, answer) };
  try {
    return { value: JSON.parse(answer.body) };
  } catch (cause) {
    // An answer without a content-length that broke off can look whole.
    const json = answer.headers.get("content-type")?.startsWith("application/json");
    return { failure: { ...failureOfAnswer(sent, answer), reason: json ? "BrokenOff" : "NotJson", cause } };
  }
}

function neverSent({ verb, path }: SentRequest, reason: unknown): ApiFailure {
  return {
    verb,
    path,
    status: 0,
    reason: "Aborted",
    text: `not sent: ${messageOf(reason)}`,
    effect: "none",
    cause: reason,
  };
}

/** Resolves to false as soon as the signal fires. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const stop = (): void => finish(false);
    const finish = (whole: boolean): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
      resolve(whole);
    };
    const timer: ReturnType<typeof setTimeout> = setTimeout(() => finish(true), ms);
    if (signal?.aborted) finish(false);
    else signal?.addEventListener("abort", stop);
  });
}
