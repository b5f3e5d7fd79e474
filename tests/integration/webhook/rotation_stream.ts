import { connect } from "node:tls";
import { messageOf } from "../../../shared/errors.ts";
import { KubeClient } from "../../../shared/kube/client.ts";
import { loadKubeconfig } from "../../../shared/kube/kubeconfig.ts";
import type { Lab } from "../../support/lab/lab.ts";
import { Host } from "../../support/lab/network.ts";
import { addressIn } from "../../support/lab/registry.ts";
import { waitFor } from "../../support/wait.ts";
import { WEBHOOK_HOST, type WebhookLab } from "../../support/webhook/webhook_lab.ts";

/** What the API server keeps of a webhook. */
interface Configuration {
  readonly webhooks: readonly { readonly clientConfig: { readonly caBundle?: string } }[];
}

const CONFIGURATIONS = ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"].map((resource) =>
  `/apis/admissionregistration.k8s.io/v1/${resource}/danm-webhook`
);

/** What a stream has seen since it began, or since it was asked the last time. */
export interface StreamResult {
  /** Objects that went through both webhooks. */
  readonly admissions: number;
  /** Connections that were made with the configurations' authorities alone. */
  readonly handshakes: number;
  /** What went wrong, each text once. */
  readonly failures: readonly string[];
}

/**
 * Admissions all the time, as many at once as there are workers, through the API server. It keeps its connections, so
 * besides there are new ones to every replica, which trust what a configuration said a moment ago: those of an API
 * server that has just started, or hears of changes late.
 */
export class AdmissionStream implements AsyncDisposable {
  readonly #webhook: WebhookLab;
  readonly #client: KubeClient;
  readonly #stop = new AbortController();
  readonly #running: Promise<unknown>;
  #admissions = 0;
  #handshakes = 0;
  #failures = new Set<string>();

  private constructor(webhook: WebhookLab, client: KubeClient) {
    this.#webhook = webhook;
    this.#client = client;
    const workers = [1, 2, 3].map((worker) => this.#admit(worker));
    this.#running = Promise.all([...workers, ...CONFIGURATIONS.map((path) => this.#shakeHands(path))]);
  }

  /** Begins. */
  static async start(lab: Lab, webhook: WebhookLab): Promise<AdmissionStream> {
    const client = new KubeClient(await loadKubeconfig(lab.admin.kubeconfigPath), { retry: { maxTries: 1 } });
    return new AdmissionStream(webhook, client);
  }

  /** What happened since the last call; waits until enough has, so that it says something. */
  async take(least = 20): Promise<StreamResult> {
    await waitFor("admissions and handshakes", () => this.#admissions >= least && this.#handshakes >= least, {
      timeoutMs: 120_000,
    });
    const result = { admissions: this.#admissions, handshakes: this.#handshakes, failures: [...this.#failures] };
    this.#admissions = this.#handshakes = 0;
    this.#failures = new Set();
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
    this.#client[Symbol.dispose]();
  }

  async #admit(worker: number): Promise<void> {
    for (let count = 0; !this.#stop.signal.aborted; count++) {
      const network = {
        apiVersion: "danm.io/v1",
        kind: "ClusterNetwork",
        metadata: { name: `stream-${worker}-${count}` },
        spec: { NetworkID: "stream", NetworkType: "flannel" },
      };
      try {
        await this.#client.create("/apis/danm.io/v1/clusternetworks", network, { query: { dryRun: "All" } });
        this.#admissions++;
      } catch (error) {
        this.#failures.add(messageOf(error).replaceAll(/stream-\d+-\d+/g, "stream"));
      }
      await pause();
    }
  }

  async #shakeHands(path: string): Promise<void> {
    while (!this.#stop.signal.aborted) {
      let ca: string[];
      try {
        const { webhooks } = await this.#client.get<Configuration>(path);
        ca = webhooks.map(({ clientConfig }) => atob(clientConfig.caBundle ?? ""));
      } catch (error) {
        this.#failures.add(messageOf(error));
        continue;
      }
      const until = performance.now() + 1_500;
      while (performance.now() < until && !this.#stop.signal.aborted) {
        await Promise.all(this.#webhook.replicas.map(({ port }) => this.#handshake(port, ca[0] ?? "")));
        await pause();
      }
    }
  }

  async #handshake(port: number, ca: string): Promise<void> {
    const host = addressIn(this.#webhook.lab.record, Host.gateway);
    const socket = connect({ host, port, ca, servername: WEBHOOK_HOST, timeout: 20_000 });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once("secureConnect", resolve);
        socket.once("error", reject);
        socket.once("timeout", () => reject(new Error("no handshake within 20 s")));
      });
      this.#handshakes++;
    } catch (error) {
      this.#failures.add(`handshake: ${messageOf(error)}`);
    } finally {
      socket.destroy();
    }
  }
}

/** Between two of a kind: more than twenty a second of each would show no more, and keep others from their work. */
async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 40));
}
