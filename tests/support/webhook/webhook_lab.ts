/**
 * The webhook on a lab: replicas of the built executable with the product's rights and permissions, behind the product's
 * Service and webhook configurations. The lab plays the Deployment: it writes one EndpointSlice per replica, through which
 * the API server reaches it.
 */
import { Agent, request } from "node:https";
import { SYSTEM_NAMESPACE } from "../../../shared/schema/meta.ts";
import { Authority } from "../lab/certificates.ts";
import { installCrds } from "../lab/install_crds.ts";
import type { Lab } from "../lab/lab.ts";
import { Host } from "../lab/network.ts";
import { addressIn } from "../lab/registry.ts";
import { waitFor } from "../wait.ts";
import { Replica } from "./replica.ts";
import { WEBHOOK_PREREQUISITES, webhookConfigurations } from "./webhook_manifests.ts";

/** The name the API server calls the webhook by. */
export const WEBHOOK_HOST = "danm-webhook.danm-system.svc";
/** HTTPS of the first replica; each replica has two ports. */
const FIRST_PORT = 18_440;

/** How the webhook is installed. */
export interface WebhookLabOptions {
  /** Default 1. */
  readonly replicas?: number;
  /** Whether the lab makes the certificate and gives it as files (default), or the webhook makes its own. */
  readonly certificates?: "given" | "own";
  /** Further flags of all replicas. */
  readonly flags?: readonly string[];
}

/** Certificate files that the lab made. */
interface GivenCertificate {
  readonly authority: Authority;
  readonly certPath: string;
  readonly keyPath: string;
}

/** A running webhook. */
export class WebhookLab implements AsyncDisposable {
  readonly lab: Lab;
  readonly #options: WebhookLabOptions;
  readonly #given: GivenCertificate | undefined;
  readonly #kubeconfig: string;
  readonly #replicas: Replica[] = [];
  #started = 0;

  private constructor(
    lab: Lab,
    parts: { options: WebhookLabOptions; given: GivenCertificate | undefined; kubeconfig: string },
  ) {
    this.lab = lab;
    this.#options = parts.options;
    this.#given = parts.given;
    this.#kubeconfig = parts.kubeconfig;
  }

  /**
   * Installs the CRDs and the webhook's rights, starts the replicas, registers the webhook and waits until the API
   * server asks it.
   */
  static async start(lab: Lab, options: WebhookLabOptions = {}): Promise<WebhookLab> {
    await installCrds(lab);
    for (const path of WEBHOOK_PREREQUISITES) await lab.kubectl(["apply", "-f", path]);
    const { kubeconfigPath: kubeconfig } = await lab.serviceAccount(SYSTEM_NAMESPACE, "danm-webhook");
    const given = options.certificates === "own" ? undefined : await makeCertificate(lab);
    const webhook = new WebhookLab(lab, { options, given, kubeconfig });
    try {
      await webhook.#start();
      return webhook;
    } catch (error) {
      await webhook[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Replicas that were started and not yet ended, in that order. */
  get replicas(): readonly Replica[] {
    return this.#replicas;
  }

  /** PEM of the authority that the API server trusts, where the lab made the certificate. */
  get authority(): Authority | undefined {
    return this.#given?.authority;
  }

  /** Starts one more replica; with its readiness the API server begins to ask it. */
  async addReplica(flags: readonly string[] = []): Promise<Replica> {
    const replica = await this.#startReplica(flags);
    await this.#publish(replica, true);
    return replica;
  }

  /**
   * Ends a replica as a rolling update does: SIGTERM, and as soon as it is not ready any more its endpoint leaves.
   *
   * @returns its exit code
   */
  async terminate(replica: Replica): Promise<number> {
    const ended = replica.terminate();
    await waitFor(`${replica.name} not to be ready`, async () => !(await replica.isReady()));
    await this.#publish(replica, false);
    const code = await ended;
    this.#forget(replica);
    return code;
  }

  /** Kills a replica. Its endpoint stays as long as it takes a kubelet to notice: until {@linkcode withdraw}. */
  async kill(replica: Replica): Promise<void> {
    await replica.kill();
    this.#forget(replica);
  }

  /** Takes a replica's endpoint away. */
  async withdraw(replica: Replica): Promise<void> {
    await this.#publish(replica, false);
  }

  /**
   * Sends a body to a replica, past the API server.
   *
   * @returns the HTTP status, or `dropped` when the connection was
   */
  async post(replica: Replica, body: string): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    const headers = { "content-type": "application/json", "content-length": new TextEncoder().encode(body).byteLength };
    const at = { host: this.#address, port: replica.port, servername: WEBHOOK_HOST, ca: this.authority?.cert };
    const sent = request({ ...at, path: "/validate", method: "POST", headers, agent: new Agent() }, (response) => {
      response.resume();
      response.on("close", () => resolve(String(response.statusCode)));
    });
    sent.on("error", () => resolve("dropped"));
    sent.end(body);
    return await promise;
  }

  /** How many requests all replicas have answered; labels as `resource="pods"`. */
  async admissions(labels = ""): Promise<number> {
    const counts = this.#replicas.map((replica) => replica.metric("danm_webhook_admissions_total", labels));
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  /** Kills the replicas. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#replicas.map((replica) => replica.kill()));
  }

  async #start(): Promise<void> {
    const { replicas = 1 } = this.#options;
    // Those that make their own certificate write it into the configurations.
    if (!this.#given) await this.#register();
    for (let count = 0; count < replicas; count++) await this.addReplica();
    if (this.#given) await this.#register();
    await waitFor("the API server to ask the webhook", async () => {
      await this.#ask();
      return await this.admissions('webhook="mutate"') > 0 && await this.admissions('webhook="validate"') > 0;
    });
  }

  async #startReplica(flags: readonly string[]): Promise<Replica> {
    const number = this.#started++;
    const certificate = this.#given
      ? ["-tls-cert-bundle", this.#given.certPath, "-tls-private-key-file", this.#given.keyPath]
      : [];
    const replica = await Replica.start(this.lab, {
      name: `danm-webhook-${number}`,
      address: this.#address,
      port: FIRST_PORT + 2 * number,
      operationsPort: FIRST_PORT + 2 * number + 1,
      kubeconfig: this.#kubeconfig,
      flags: [...certificate, ...this.#options.flags ?? [], ...flags],
    });
    this.#replicas.push(replica);
    return replica;
  }

  get #address(): string {
    return addressIn(this.lab.record, Host.gateway);
  }

  #forget(replica: Replica): void {
    this.#replicas.splice(this.#replicas.indexOf(replica), 1);
  }

  async #register(): Promise<void> {
    const items = await webhookConfigurations(this.#given?.authority.cert);
    await this.#apply(...items);
  }

  /** A network that is not stored; what becomes of it does not matter. */
  async #ask(): Promise<void> {
    const stdin = JSON.stringify({
      apiVersion: "danm.io/v1",
      kind: "ClusterNetwork",
      metadata: { name: "webhook-lab-probe" },
      spec: { NetworkID: "probe", NetworkType: "flannel" },
    });
    await this.lab.kubectl(["create", "--dry-run=server", "-f", "-"], { stdin });
  }

  async #publish(replica: Replica, ready: boolean): Promise<void> {
    await this.#apply({
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        name: replica.name,
        namespace: SYSTEM_NAMESPACE,
        labels: {
          "kubernetes.io/service-name": "danm-webhook",
          "endpointslice.kubernetes.io/managed-by": "webhook-lab",
        },
      },
      addressType: "IPv4",
      ports: [{ name: "https", protocol: "TCP", port: replica.port }],
      endpoints: [{ addresses: [this.#address], conditions: { ready } }],
    });
  }

  async #apply(...items: readonly object[]): Promise<void> {
    const stdin = JSON.stringify({ apiVersion: "v1", kind: "List", items });
    await this.lab.kubectl(["apply", "--server-side", "--force-conflicts", "-f", "-"], { stdin });
  }
}

async function makeCertificate(lab: Lab): Promise<GivenCertificate> {
  const authority = await Authority.create("webhook-lab");
  const { cert, key } = await authority.issue({ commonName: WEBHOOK_HOST, hosts: [WEBHOOK_HOST] });
  const [certPath, keyPath] = [`${lab.dir}/webhook.crt`, `${lab.dir}/webhook.key`];
  await Deno.writeTextFile(certPath, cert, { mode: 0o600 });
  await Deno.writeTextFile(keyPath, key, { mode: 0o600 });
  return { authority, certPath, keyPath };
}
