import { delay } from "../shared/delay.ts";
import { messageOf } from "../shared/errors.ts";
import type { Logger } from "../shared/log.ts";
import { createAdmissionApp } from "./admission_app.ts";
import { AdmissionBudget } from "./admission_budget.ts";
import type { Cluster } from "./cluster.ts";
import type { Flags } from "./flags.ts";
import { createJudges } from "./judges.ts";
import { Metrics } from "./metrics.ts";
import { createOperationsApp } from "./operations_app.ts";
import { Readiness } from "./readiness.ts";
import { type RunningServer, type RunningTlsServer, serveHttp, serveTls, type TlsKeyPair } from "./server.ts";

/**
 * Of bodies that are taken on at once; beyond it callers are told to come again. What is parsed of them can take twenty
 * times as much.
 */
const MAX_BYTES_IN_FLIGHT = 12 * 1024 * 1024;
/** Longest time between two tries to reach the API server at start. */
const MAX_PAUSE_MS = 5_000;
const READ_TIMEOUT_MS = 10_000;
/** What the API server waits for at most, so whoever asked is gone by then. */
const FINISH_MS = 30_000;

/**
 * Where certificates come from: hands over the one to serve with first, and each that takes its place, until the signal
 * aborts.
 *
 * @throws when there is none, and never will be without somebody's help
 */
type CertificateSource = (use: (pair: TlsKeyPair) => Promise<void>, signal: AbortSignal) => Promise<void>;

/** What the webhook runs with. */
export interface WebhookDeps {
  readonly flags: Flags;
  readonly cluster: Cluster;
  readonly certificates: CertificateSource;
  /** PEM; absent = whoever comes is answered. */
  readonly clientAuthorities?: string | undefined;
  readonly log: Logger;
}

/**
 * Runs one replica until the signal aborts, and then until nobody asks it any more.
 *
 * @throws {Error} when an address cannot be bound to, or certificates end for good
 */
export async function runWebhook(deps: WebhookDeps, stop: AbortSignal): Promise<void> {
  const { flags, log, cluster, clientAuthorities } = deps;
  const budget = new AdmissionBudget({ requests: flags.maxInFlight, bytes: MAX_BYTES_IN_FLIGHT });
  const metrics = new Metrics(() => budget.requests);
  const readiness = new Readiness();
  const failed = new AbortController();
  const ending = AbortSignal.any([stop, failed.signal]);
  const listen = { address: flags.bindAddress, log };
  const operations = await serveHttp(createOperationsApp({ metrics, readiness }), {
    ...listen,
    port: flags.operationsPort,
  });
  const admissions = createAdmissionApp({
    judges: createJudges({ random: Math.random }),
    cluster,
    log,
    metrics,
    budget,
    namingScheme: flags.namingScheme,
  });
  let server: RunningTlsServer | undefined;
  const use = async (certificate: TlsKeyPair): Promise<void> => {
    if (server) return server.setCertificate(certificate);
    server = await serveTls(admissions, { ...listen, port: flags.bindPort, certificate, clientAuthorities });
    readiness.meet("certificate");
    log.info("listening", { port: server.port, operationsPort: operations.port });
  };
  const background = [deps.certificates(use, ending), reachCluster(deps, { readiness, signal: ending })];
  for (const one of background) {
    one.catch((error) => {
      // Whatever ends because it was told to is no failure.
      if (!stop.aborted) failed.abort(error);
    });
  }
  await aborted(ending);
  readiness.stop();
  if (server) await drain(server, deps);
  await operations.close(0);
  if (failed.signal.aborted) throw failed.signal.reason;
}

/** A replica that cannot read the cluster could only fail whoever asks it. */
async function reachCluster(
  { cluster, log }: WebhookDeps,
  { readiness, signal }: { readiness: Readiness; signal: AbortSignal },
): Promise<void> {
  for (let pauseMs = 100; !signal.aborted; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
    try {
      await cluster.listNetworks(AbortSignal.any([signal, AbortSignal.timeout(READ_TIMEOUT_MS)]));
      return readiness.meet("cluster");
    } catch (error) {
      if (signal.aborted) return;
      log.warn("networks cannot be listed; trying again", { error: messageOf(error) });
    }
    await delay(pauseMs, signal);
  }
}

/**
 * Until every API server and proxy knows that this replica is going, requests come and are served; their connections are
 * not used again, so that none is closed while somebody writes to it.
 */
async function drain(server: RunningServer, { flags, log }: WebhookDeps): Promise<void> {
  log.info("shutting down", { drainMs: flags.drainMs });
  server.refuseReuse();
  await delay(flags.drainMs, new AbortController().signal);
  await server.close(FINISH_MS);
  log.info("shut down");
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
