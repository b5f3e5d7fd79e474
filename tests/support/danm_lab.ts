/** DANM installed on a lab, and a caller that does what a container runtime does. */
import { join } from "node:path";
import { resourcePath } from "../../shared/schema/resources.ts";
import { clientFor } from "./kube/client_for.ts";
import { CNI_PLUGINS, cniPath, ensureBinaries } from "./lab/binaries.ts";
import type { Lab } from "./lab/lab.ts";
import type { Node } from "./lab/node.ts";
import type { KubeUser } from "./lab/users.ts";
import type { CommandResult, RunningCommand } from "./run.ts";
import { toStderr } from "./progress.ts";
import { waitFor } from "./wait.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

/** Where `deno task build` puts the executables. */
export const DIST = join(ROOT, "dist");

/** Of `k8s/base` what needs no kubelet. Without a webhook its configurations would refuse every network. */
const PARTS = ["namespace.yaml", "admission", "flow_control", "rbac"];

/**
 * Links (a line of JSON), rules and files that a sandbox may have left, by one command: programs start slowly on a
 * user-mode node. A namespace that is gone has neither links nor rules, a directory that is not there no files.
 */
const LIST_LEFTOVERS = `
if links=$(nsenter --net="$1" ip -json link show 2>/dev/null); then
  echo "$links"
  nsenter --net="$1" ip -4 rule show
  nsenter --net="$1" ip -6 rule show
fi
shift
for dir in "$@"; do if [ -d "$dir" ]; then find "$dir" -maxdepth 1 -type f; fi; done
`;

/** Where `danm` keeps its records, in every node. */
export const STATE_DIR = "/var/lib/cni/danm";

/** Where `danm-ipam` keeps its own. */
export const IPAM_STATE_DIR = "/var/lib/cni/danm-ipam";

/** A sandbox as a runtime has it: a container id and a network namespace, for a Pod. */
export interface TestSandbox {
  readonly node: Node;
  readonly pod: TestPod;
  readonly containerID: string;
  readonly netns: string;
}

/** A Pod object without a kubelet. */
export interface TestPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** How a plugin is called. */
export interface CallOptions {
  readonly conf?: Record<string, unknown>;
  readonly env?: Readonly<Record<string, string>>;
  /** The plugin's PATH, where it is not the node's: only the plugin, not what starts it, looks for commands there. */
  readonly path?: string;
  /** Takes the place of the rendered configuration. */
  readonly stdin?: string;
  /** Another API server in between, by its kubeconfig. */
  readonly kubeconfig?: string;
}

/** A plugin that is called in place of `danm`. */
export interface TestPlugin {
  /** Path of the executable. */
  readonly executable: string;
  /** Its configuration on a node. */
  conf(node: Node, options: CallOptions): Record<string, unknown>;
}

/** What a plugin answered. */
export interface Answer {
  readonly code: number;
  /** The one JSON document on stdout; undefined when there was none. */
  readonly document: Record<string, unknown> | undefined;
  readonly stderr: string;
}

/** An error document of CNI. */
export interface CniErrorDocument {
  readonly code: number;
  readonly msg: string;
  readonly details?: string;
}

/** DANM on a lab: CRDs, rights, admission policies, a kubeconfig for each node. */
export class DanmLab {
  readonly lab: Lab;
  readonly cniPath: string;
  readonly #users: Map<string, KubeUser>;
  readonly #plugin: TestPlugin | undefined;

  private constructor(
    lab: Lab,
    { path, users, plugin }: { path: string; users: Map<string, KubeUser>; plugin?: TestPlugin },
  ) {
    this.lab = lab;
    this.cniPath = path;
    this.#users = users;
    this.#plugin = plugin;
  }

  /**
   * Installs DANM: of what `kubectl apply` installs the API, its rules and the plugin's rights, and what the installer
   * puts on every node.
   */
  static async install(lab: Lab): Promise<DanmLab> {
    const binaries = await ensureBinaries(CNI_PLUGINS, toStderr);
    const danm = new DanmLab(lab, { path: `${DIST}:${cniPath(binaries)}`, users: new Map() });
    await Promise.all(lab.nodes.map(giveOwnCache));
    await lab.kubectl(["apply", "-f", join(ROOT, "crds")]);
    await lab.kubectl(["wait", "--for=condition=Established", "--timeout=60s", "-f", join(ROOT, "crds")]);
    for (const part of PARTS) await lab.kubectl(["apply", "-f", join(ROOT, "k8s/base", part)]);
    for (const node of lab.nodes) {
      const user = await lab.serviceAccount("danm-system", "danm-cni", { node: node.name });
      danm.#users.set(node.name, user);
    }
    await waitFor("default ServiceAccount", async () => await lab.kubectl(["get", "serviceaccount", "default"]) !== "");
    return danm;
  }

  /** The same lab, for calls of another plugin. */
  calling(plugin: TestPlugin): DanmLab {
    return new DanmLab(this.lab, { path: this.cniPath, users: this.#users, plugin });
  }

  /** The CNI user of a node: a token of `danm-cni` bound to that Node. */
  user(node: Node): KubeUser {
    const user = this.#users.get(node.name);
    if (!user) throw new Error(`${node.name} is not a node of this lab`);
    return user;
  }

  /** Path of that user's kubeconfig. */
  kubeconfig(node: Node): string {
    return this.user(node).kubeconfigPath;
  }

  /** Applies objects with the real kubectl. */
  async apply(...objects: readonly object[]): Promise<void> {
    const list = { apiVersion: "v1", kind: "List", items: objects };
    await this.lab.kubectl(["apply", "-f", "-"], { stdin: JSON.stringify(list) });
  }

  /** Creates a Pod object on a node; nothing starts it. */
  async createPod(
    node: Node,
    options: {
      interfaces?: readonly object[] | string;
      annotations?: Readonly<Record<string, string>>;
      namespace?: string;
      name?: string;
    } = {},
  ): Promise<TestPod> {
    const { interfaces, annotations, namespace = "default", name = `pod-${crypto.randomUUID().slice(0, 8)}` } = options;
    const annotation = typeof interfaces === "string" ? interfaces : interfaces && JSON.stringify(interfaces);
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name,
        namespace,
        annotations: { ...(annotation !== undefined && { "danm.io/interfaces": annotation }), ...annotations },
      },
      spec: { nodeName: node.name, containers: [{ name: "main", image: "lab.local/pause:1" }] },
    };
    using client = await clientFor(this.lab.admin);
    const path = `/api/v1/namespaces/${namespace}/pods`;
    const { metadata } = await client.create<{ metadata: { uid: string } }>(path, pod);
    return { namespace, name, uid: metadata.uid };
  }

  /** Makes a sandbox for a Pod, as a runtime does before it calls ADD. */
  async createSandbox(node: Node, pod: TestPod): Promise<TestSandbox> {
    const containerID = crypto.randomUUID().replaceAll("-", "").repeat(2);
    const netns = await node.createNetns(`cni-${containerID.slice(0, 12)}`);
    return { node, pod, containerID, netns };
  }

  /** A Pod and its sandbox in one step. */
  async createSandboxFor(node: Node, interfaces: readonly object[] | string): Promise<TestSandbox> {
    return await this.createSandbox(node, await this.createPod(node, { interfaces }));
  }

  /** The configuration that the installer writes to a node, or that of the other plugin. */
  conf(node: Node, options: CallOptions = {}): Record<string, unknown> {
    if (this.#plugin) return this.#plugin.conf(node, options);
    return {
      cniVersion: "1.0.0",
      name: "danm",
      type: "danm",
      kubeconfig: options.kubeconfig ?? this.kubeconfig(node),
      nodeName: node.name,
      logFile: `/var/lib/danm.log`,
      ...options.conf,
    };
  }

  /** The environment that a runtime gives. */
  env(sandbox: TestSandbox, command: string): Record<string, string> {
    const { pod, containerID } = sandbox;
    return {
      CNI_COMMAND: command,
      CNI_CONTAINERID: containerID,
      CNI_NETNS: sandbox.netns,
      CNI_IFNAME: "eth0",
      CNI_PATH: this.cniPath,
      CNI_ARGS: [
        "IgnoreUnknown=1",
        `K8S_POD_NAMESPACE=${pod.namespace}`,
        `K8S_POD_NAME=${pod.name}`,
        `K8S_POD_INFRA_CONTAINER_ID=${containerID}`,
        `K8S_POD_UID=${pod.uid}`,
      ].join(";"),
    };
  }

  /** Calls the plugin and waits for its end. */
  async call(sandbox: TestSandbox, command: string, options: CallOptions = {}): Promise<Answer> {
    const result = await sandbox.node.run(this.#argv(options), {
      ...this.#invocation(sandbox, command, options),
      check: false,
    });
    return answerOf(result);
  }

  /** Starts the plugin, to be killed. */
  async start(sandbox: TestSandbox, command: string, options: CallOptions = {}): Promise<RunningCommand> {
    return await sandbox.node.start(this.#argv(options), this.#invocation(sandbox, command, options));
  }

  /** ADD that must succeed. */
  async add(sandbox: TestSandbox, options: CallOptions = {}): Promise<AddResult> {
    const answer = await this.call(sandbox, "ADD", options);
    if (answer.code === 0 && answer.document) return answer.document as unknown as AddResult;
    throw new Error(`ADD failed: ${JSON.stringify(answer)}`);
  }

  /** DEL that must succeed. */
  async del(sandbox: TestSandbox, options: CallOptions = {}): Promise<void> {
    const answer = await this.call(sandbox, "DEL", options);
    if (answer.code !== 0 || answer.document) throw new Error(`DEL failed: ${JSON.stringify(answer)}`);
  }

  /** A call that must fail; the error document. */
  async fail(sandbox: TestSandbox, command: string, options: CallOptions = {}): Promise<CniErrorDocument> {
    const answer = await this.call(sandbox, command, options);
    const document = answer.document as CniErrorDocument | undefined;
    if (answer.code !== 0 && typeof document?.code === "number" && typeof document.msg === "string") return document;
    throw new Error(`${command} did not fail as it should: ${JSON.stringify(answer)}`);
  }

  /** Everything that is left of a sandbox, in the API, in its namespace and on its node; empty when nothing is. */
  async leftovers(sandbox: TestSandbox): Promise<string[]> {
    const { node, containerID, netns } = sandbox;
    const left: string[] = [];
    for (const { kind, name, containerID: owner } of await this.held()) {
      if (owner === containerID) left.push(`${kind} ${name}`);
    }
    const argv = ["sh", "-ec", LIST_LEFTOVERS, "sh", netns, STATE_DIR, IPAM_STATE_DIR];
    for (const line of (await node.run(argv)).stdout.split("\n")) {
      if (line.startsWith("[")) {
        for (const { ifname } of JSON.parse(line)) if (ifname !== "lo") left.push(`link ${ifname}`);
      }
      if (line.startsWith("32000:")) left.push(`rule ${line}`);
      if (line.startsWith("/") && line.includes(containerID)) left.push(`record ${line}`);
    }
    return left;
  }

  /** All DanmIps and DanmEps of the cluster. */
  async held(): Promise<{ kind: string; name: string; containerID: string }[]> {
    using client = await clientFor(this.lab.admin);
    const kinds = (["DanmIp", "DanmEp"] as const).map(async (kind) => {
      const items = await client.list<{ metadata: { name: string }; spec: Record<string, string> }>(resourcePath(kind));
      return items.map(({ metadata: { name }, spec }) => ({
        kind,
        name,
        containerID: spec["containerID"] ?? spec["CID"] ?? "",
      }));
    });
    return (await Promise.all(kinds)).flat();
  }

  #argv({ path }: CallOptions): string[] {
    const executable = this.#plugin?.executable ?? join(DIST, "danm");
    return [...(path === undefined ? [] : ["env", `PATH=${path}`]), executable];
  }

  #invocation(
    sandbox: TestSandbox,
    command: string,
    options: CallOptions,
  ): { stdin: string; env: Record<string, string> } {
    const stdin = options.stdin ?? JSON.stringify(this.conf(sandbox.node, options));
    return { stdin, env: { ...this.env(sandbox, command), ...options.env } };
  }
}

/**
 * Gives a node with a kernel of its own a cache of compiled code of its own, as every machine has. Kernels that share a
 * file through hostfs know neither of each other's locks nor of each other's memory: SQLite's files, and with them what
 * V8 executes, do not survive that.
 */
async function giveOwnCache(node: Node): Promise<void> {
  if (node.kind !== "uml") return;
  await node.run(["sh", "-c", 'if [ -d "$1" ]; then mount -t tmpfs tmpfs "$1"; fi', "sh", join(DIST, "cache")]);
}

/** A result of ADD, version 1.0.0. */
export interface AddResult {
  readonly cniVersion: string;
  readonly interfaces: readonly { name: string; mac: string; sandbox: string; mtu?: number }[];
  readonly ips: readonly { address: string; interface: number; gateway?: string; version?: string }[];
  readonly routes: readonly { dst: string; gw: string }[];
}

/** What a finished call of a plugin answered. @throws {SyntaxError} when stdout is not one JSON document, or none */
export function answerOf({ code, stdout, stderr }: CommandResult): Answer {
  return { code, document: stdout === "" ? undefined : JSON.parse(stdout), stderr };
}
