/**
 * A Kubernetes control plane and nodes for tests and for trying things out, all on this machine.
 *
 *     await using lab = await startLab({ nodes: 2 });
 *     await lab.kubectl(["apply", "--filename", "crds"]);
 *     const path = await lab.nodes[0].createNetns("pod");
 *     await lab.nodes[0].run(["ip", "link"], { timeoutMs: 5_000 });
 *
 * - etcd, kube-apiserver and kube-controller-manager are the real ones (`binaries.ts`, `control_plane.ts`).
 * - They and the nodes live in network namespaces of the lab's own (`network.ts`), nodes as namespaces or as
 *   user-mode Linux (`nodes.ts`, `node_native.ts`, `node_uml.ts`).
 * - Whatever becomes of the process that runs the lab, nothing of it stays: a second process (`reaper.ts`) waits for
 *   the first one's end, and should that die, too, the next lab removes what is left (`registry.ts`, `reclaim.ts`).
 */
import { run } from "../run.ts";
import { type Progress, toStderr } from "../progress.ts";
import { type Binaries, CONTROL_PLANE, ensureBinaries } from "./binaries.ts";
import { ControlPlane } from "./control_plane.ts";
import { createLabNetwork, freeSlots } from "./network.ts";
import type { Node } from "./node.ts";
import { type NodeKind, startNodes } from "./nodes.ts";
import { ensurePrerequisites } from "./prerequisites.ts";
import { startReaper } from "./reaper_process.ts";
import { reclaimDeadLabs, removeLab } from "./reclaim.ts";
import { claimLab, LAB_ADDRESSES, type LabRecord, withRegistry } from "./registry.ts";
import { type CertificateUser, type KubeUser, type TokenUser, Users } from "./users.ts";

/** What a lab is made of. */
export interface LabOptions {
  /** How many nodes. Default 0. */
  readonly nodes?: number;
  /** Default "auto": native where the kernel has ipvlan, 802.1Q and dummy, else user-mode Linux. */
  readonly nodeKind?: NodeKind;
  /** Default true: run kube-controller-manager. */
  readonly controllerManager?: boolean;
  /**
   * Default false: nobody runs the nodes' Pods, and no controller minds. True: nodes have disks, Node and Pod objects
   * are judged by what kubelets say, the API server is a Service, and logs and commands of Pods can be asked for.
   */
  readonly kubelets?: boolean;
  /** Default: lines on stderr. */
  readonly progress?: Progress;
}

/** How {@linkcode Lab.kubectl} is called. */
export interface KubectlOptions {
  readonly stdin?: string;
  /** Default: the lab's administrator. */
  readonly as?: KubeUser;
  readonly timeoutMs?: number;
}

/**
 * Starts a lab: a control plane of its own in a network namespace of its own. It ends with `await lab[Symbol.asyncDispose]()`
 * (best through `await using`), and also when the process that started it dies.
 *
 * @throws {Error} when a prerequisite is missing or a part does not start; nothing is left then
 */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const { progress = toStderr, kubelets = false } = options;
  keepOffProxies();
  await ensurePrerequisites({}, progress);
  const binaries = await ensureBinaries(CONTROL_PLANE, progress);
  await reclaimDeadLabs();
  const isFree = await freeSlots();
  const record = await withRegistry(() => claimLab(isFree));
  await using undo = new AsyncDisposableStack();
  // Before the lab is removed, thus ended after it: it waits for that.
  undo.use(startReaper(record));
  undo.defer(() => removeLab(record));
  await createLabNetwork(record);
  const [plane, nodes] = await both(
    ControlPlane.start({ lab: record, binaries, controllerManager: options.controllerManager ?? true, kubelets }),
    startNodes(record, {
      count: options.nodes ?? 0,
      kind: options.nodeKind ?? "auto",
      disks: kubelets,
      progress,
      undo,
    }),
  );
  undo.defer(() => plane.stop());
  const users = await Users.create(record, { plane, kubectl: binaries.kubectl });
  await registerNodes(nodes, { kubectl: binaries.kubectl, admin: users.admin });
  return new Lab({ record, plane, users, nodes, binaries, cleanup: undo.move() });
}

/** Waits for both even if one fails, so that nothing is still starting while the rest is taken down. */
async function both<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return await Promise.all([a, b]);
}

/** Tokens can be bound to Nodes that exist only. */
async function registerNodes(
  nodes: readonly Node[],
  { kubectl, admin }: { kubectl: string; admin: KubeUser },
): Promise<void> {
  if (nodes.length === 0) return;
  const items = nodes.map(({ name }) => ({ apiVersion: "v1", kind: "Node", metadata: { name } }));
  const stdin = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  await run([kubectl, "--kubeconfig", admin.kubeconfigPath, "create", "-f", "-"], { stdin });
}

/** A proxy that the environment names for the outside world would answer for the lab's addresses. */
function keepOffProxies(): void {
  for (const name of ["NO_PROXY", "no_proxy"]) {
    const now = Deno.env.get(name);
    if (!now?.includes(LAB_ADDRESSES)) Deno.env.set(name, now ? `${now},${LAB_ADDRESSES}` : LAB_ADDRESSES);
  }
}

interface Parts {
  readonly record: LabRecord;
  readonly plane: ControlPlane;
  readonly users: Users;
  readonly nodes: readonly Node[];
  readonly binaries: Binaries<typeof CONTROL_PLANE[number]>;
  readonly cleanup: AsyncDisposableStack;
}

/** A running lab. */
export class Lab implements AsyncDisposable {
  readonly #parts: Parts;

  /** Use {@linkcode startLab}. */
  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Unique on this machine. */
  get name(): string {
    return this.#parts.record.name;
  }

  /** Slot, addresses, owner. */
  get record(): LabRecord {
    return this.#parts.record;
  }

  /** A directory for keys, data and logs that goes with the lab. The same path inside nodes. */
  get dir(): string {
    return this.#parts.record.dir;
  }

  /** Name of the lab's network namespace, under /run/netns. */
  get netns(): string {
    return this.#parts.record.name;
  }

  /** URL of the API server, the same for test processes, kubectl and nodes. */
  get server(): string {
    return this.#parts.plane.server;
  }

  /** Member of system:masters. */
  get admin(): CertificateUser {
    return this.#parts.users.admin;
  }

  /** The lab's machines; each has a Node object of its name in the API. */
  get nodes(): readonly Node[] {
    return this.#parts.nodes;
  }

  /** The control plane, for its faults: stall, resume or restart etcd. */
  get controlPlane(): ControlPlane {
    return this.#parts.plane;
  }

  /** Path of the kubectl that {@linkcode Lab.kubectl} runs. */
  get kubectlPath(): string {
    return this.#parts.binaries.kubectl;
  }

  /** Gives a user of that name (and groups) a client certificate. */
  async user(name: string, groups: readonly string[] = []): Promise<CertificateUser> {
    return await this.#parts.users.certificate(name, groups);
  }

  /**
   * Gets a token of an existing ServiceAccount.
   *
   * @param options.node binds the token to this existing Node, as a kubelet's requests for its Pods are
   */
  async serviceAccount(namespace: string, name: string, options: { node?: string } = {}): Promise<TokenUser> {
    return await this.#parts.users.serviceAccount(namespace, name, options);
  }

  /** The same user with a kubeconfig for another URL, such as a proxy's. */
  async userAt(user: KubeUser, server: string): Promise<KubeUser> {
    return await this.#parts.users.at(user, server);
  }

  /**
   * Runs the real kubectl and gives what it printed.
   *
   * @throws {CommandFailed} when it fails
   */
  async kubectl(argv: readonly string[], options: KubectlOptions = {}): Promise<string> {
    const { as = this.admin, ...rest } = options;
    const flags = ["--kubeconfig", as.kubeconfigPath, "--cache-dir", `${this.dir}/kubectl`];
    return (await run([this.kubectlPath, ...flags, ...argv], rest)).stdout;
  }

  /** Takes everything down; nothing is left on the machine. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.cleanup.disposeAsync();
  }
}
