/** etcd, kube-apiserver and kube-controller-manager in a lab's network namespace. */
import type { Binaries, CONTROL_PLANE } from "./binaries.ts";
import { Authority, createTokenKeys } from "./certificates.ts";
import { renderKubeconfig } from "./kubeconfig.ts";
import { Host, netnsPath } from "./network.ts";
import { addressIn, type LabRecord } from "./registry.ts";
import { Service } from "./service.ts";

const ETCD = "http://127.0.0.1:2379";

/** Memory for time: Go collects garbage at five times what is in use instead of twice that. */
const GO_ENV = { GOGC: "400" };

/**
 * Controllers that judge Nodes and Pods by what kubelets report. Labs without kubelets create Nodes and Pods
 * that never report, and these would mark, evict or delete them while a test is looking.
 */
const NO_KUBELET = ["node-lifecycle-controller", "taint-eviction-controller", "pod-garbage-collector-controller"];

/** What the control plane is made of and made for. */
export interface ControlPlaneOptions {
  readonly lab: LabRecord;
  readonly binaries: Binaries<typeof CONTROL_PLANE[number]>;
  /** Namespace deletion, garbage collection of dependents, default ServiceAccounts. */
  readonly controllerManager: boolean;
  /** Whether nodes have kubelets. */
  readonly kubelets: boolean;
}

/** A running control plane: RBAC and NodeRestriction on, users are client certificates. */
export class ControlPlane {
  readonly authority: Authority;
  /** URL of the API server, the same for test processes, kubectl and nodes. */
  readonly server: string;
  readonly #options: ControlPlaneOptions;
  #etcd: Service;
  readonly #services: Service[] = [];

  private constructor(options: ControlPlaneOptions, authority: Authority) {
    this.#options = options;
    this.authority = authority;
    this.server = serverUrl(options.lab);
    this.#etcd = this.#startEtcd();
  }

  /**
   * Starts everything and waits until it answers.
   *
   * @throws {Error} when a part does not get ready; the message has the end of its log
   */
  static async start(options: ControlPlaneOptions): Promise<ControlPlane> {
    const authority = await writeKeys(options.lab);
    const plane = new ControlPlane(options, authority);
    // The API server waits for etcd by itself.
    await plane.#startApiServer();
    if (options.controllerManager) await plane.#startControllerManager();
    return plane;
  }

  /**
   * Stops etcd in its tracks: requests hang. Whether the write of a caller who goes away meanwhile is done later is
   * a matter of luck; a fault proxy that holds the request decides it.
   */
  stallEtcd(): void {
    this.#etcd.signal("SIGSTOP");
  }

  /** Lets a stalled etcd go on. */
  resumeEtcd(): void {
    this.#etcd.signal("SIGCONT");
  }

  /** Kills etcd and starts it again on its data; returns when the API server answers again. */
  async restartEtcd(): Promise<void> {
    await this.#etcd.kill();
    this.#etcd = this.#startEtcd();
    await this.#etcd.waitUntil("to answer", () => this.#isReady());
  }

  /** Kills the API server and starts it again, once something is done without it; returns when it is ready. */
  async restartApiServer(meanwhile: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    const [apiServer] = this.#services.splice(0, 1);
    await apiServer?.kill();
    await meanwhile();
    await this.#startApiServer();
    // It is the first one again.
    this.#services.unshift(...this.#services.splice(-1));
  }

  /** Kills all parts and waits until they are gone. */
  async stop(): Promise<void> {
    await Promise.all([...this.#services, this.#etcd].map((service) => service.kill()));
  }

  #startEtcd(): Service {
    return this.#service("etcd", [
      this.#options.binaries["etcd"],
      "--name=lab",
      `--data-dir=${this.#options.lab.dir}/etcd`,
      `--listen-client-urls=${ETCD}`,
      `--advertise-client-urls=${ETCD}`,
      "--listen-peer-urls=http://127.0.0.1:2380",
      "--initial-advertise-peer-urls=http://127.0.0.1:2380",
      "--initial-cluster=lab=http://127.0.0.1:2380",
      "--unsafe-no-fsync",
      "--log-level=warn",
    ]);
  }

  async #startApiServer(): Promise<void> {
    const keys = keyDir(this.#options.lab);
    const service = this.#service("kube-apiserver", [
      this.#options.binaries["kube-apiserver"],
      `--etcd-servers=${ETCD}`,
      "--bind-address=0.0.0.0",
      "--secure-port=6443",
      `--advertise-address=${addressIn(this.#options.lab, Host.gateway)}`,
      `--tls-cert-file=${keys}/server.crt`,
      `--tls-private-key-file=${keys}/server.key`,
      `--client-ca-file=${keys}/ca.crt`,
      "--service-account-issuer=https://kubernetes.default.svc",
      `--service-account-key-file=${keys}/tokens.pub`,
      `--service-account-signing-key-file=${keys}/tokens.key`,
      "--service-cluster-ip-range=10.96.0.0/16",
      "--authorization-mode=Node,RBAC",
      "--enable-admission-plugins=NodeRestriction",
      "--allow-privileged",
      ...(this.#options.kubelets ? reachKubelets(keys) : ["--endpoint-reconciler-type=none"]),
      // Nobody routes the Services' addresses here: webhooks are reached at their endpoints' own.
      "--enable-aggregator-routing=true",
    ]);
    this.#services.push(service);
    await service.waitUntil("to be ready", () => this.#isReady(), { timeoutMs: 120_000 });
  }

  async #startControllerManager(): Promise<void> {
    const { lab, binaries, kubelets } = this.#options;
    const user = "system:kube-controller-manager";
    // An administrator: a ServiceAccount per controller, as in a cluster, costs five seconds of start-up.
    const credentials = await this.authority.issue({ commonName: user, organizations: ["system:masters"] });
    const kubeconfig = `${keyDir(lab)}/controller-manager.json`;
    const ca = this.authority.cert;
    await Deno.writeTextFile(kubeconfig, renderKubeconfig({ server: this.server, ca, user, credentials }));
    const service = this.#service("kube-controller-manager", [
      binaries["kube-controller-manager"],
      `--kubeconfig=${kubeconfig}`,
      "--bind-address=127.0.0.1",
      `--cert-dir=${lab.dir}/controller-manager`,
      "--leader-elect=false",
      "--kube-api-qps=500",
      "--kube-api-burst=1000",
      `--root-ca-file=${keyDir(lab)}/ca.crt`,
      `--service-account-private-key-file=${keyDir(lab)}/tokens.key`,
      ...(kubelets ? [] : [`--controllers=*,${NO_KUBELET.map((name) => `-${name}`).join(",")}`]),
    ]);
    this.#services.push(service);
    const path = "/api/v1/namespaces/default/serviceaccounts/default";
    await service.waitUntil("to make ServiceAccounts", () => this.#answers(path), { timeoutMs: 60_000 });
  }

  #service(name: string, argv: readonly string[]): Service {
    const { lab } = this.#options;
    return new Service({ name, argv, netns: netnsPath(lab), logPath: `${lab.dir}/${name}.log`, env: GO_ENV });
  }

  async #isReady(): Promise<boolean> {
    return await this.#answers("/readyz");
  }

  async #answers(path: string): Promise<boolean> {
    const { cert, key } = await this.#adminCertificate();
    using client = Deno.createHttpClient({ caCerts: [this.authority.cert], cert, key });
    const response = await fetch(`${this.server}${path}`, { client, signal: AbortSignal.timeout(5_000) });
    await response.body?.cancel();
    return response.ok;
  }

  #admin: Promise<{ cert: string; key: string }> | undefined;

  #adminCertificate(): Promise<{ cert: string; key: string }> {
    this.#admin ??= this.authority.issue({ commonName: "lab-readiness", organizations: ["system:masters"] });
    return this.#admin;
  }
}

/** Flags with which the API server calls kubelets, whose names no DNS knows. */
function reachKubelets(keys: string): string[] {
  return [
    "--kubelet-preferred-address-types=InternalIP",
    `--kubelet-client-certificate=${keys}/kubelet-client.crt`,
    `--kubelet-client-key=${keys}/kubelet-client.key`,
  ];
}

/** Where a lab keeps its keys. */
export function keyDir(lab: LabRecord): string {
  return `${lab.dir}/keys`;
}

function serverUrl(lab: LabRecord): string {
  return `https://${addressIn(lab, Host.gateway)}:6443`;
}

async function writeKeys(lab: LabRecord): Promise<Authority> {
  const directory = keyDir(lab);
  await Deno.mkdir(directory, { mode: 0o700 });
  const authority = await Authority.create("danm-lab");
  const hosts = [addressIn(lab, Host.gateway), "127.0.0.1", "10.96.0.1", "localhost", "kubernetes.default.svc"];
  const server = await authority.issue({ commonName: "kube-apiserver", hosts });
  const toKubelets = await authority.issue({
    commonName: "kube-apiserver-kubelet-client",
    organizations: ["system:masters"],
  });
  const tokens = await createTokenKeys();
  const files = {
    "ca.crt": authority.cert,
    "server.crt": server.cert,
    "server.key": server.key,
    "kubelet-client.crt": toKubelets.cert,
    "kubelet-client.key": toKubelets.key,
    "tokens.key": tokens.privateKey,
    "tokens.pub": tokens.publicKey,
  };
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${directory}/${name}`, text, { mode: 0o600 });
  }
  return authority;
}
