import type { KubeClient } from "../../../shared/kube/client.ts";
import type { KubectlOptions, Lab } from "../lab/lab.ts";
import { waitFor } from "../wait.ts";
import type { ClusterNode } from "./cluster_node.ts";

interface Parts {
  readonly lab: Lab;
  readonly client: KubeClient;
  readonly nodes: readonly ClusterNode[];
  readonly cleanup: AsyncDisposableStack;
}

interface NodeObject {
  readonly metadata: { readonly name: string };
  readonly status: { readonly conditions?: readonly { type: string; status: string; message: string }[] };
}

/** A running cluster. */
export class Cluster implements AsyncDisposable {
  /** The lab that it is made of: more users, the control plane and its faults. */
  readonly lab: Lab;
  /** An administrator's. */
  readonly client: KubeClient;
  readonly nodes: readonly ClusterNode[];
  readonly #cleanup: AsyncDisposableStack;

  /** Use `startCluster`. */
  constructor({ lab, client, nodes, cleanup }: Parts) {
    this.lab = lab;
    this.client = client;
    this.nodes = nodes;
    this.#cleanup = cleanup;
  }

  /** Runs the real kubectl as `Lab.kubectl` does. */
  async kubectl(argv: readonly string[], options: KubectlOptions = {}): Promise<string> {
    return await this.lab.kubectl(argv, options);
  }

  /** Creates or changes objects with the real kubectl. */
  async apply(...objects: readonly object[]): Promise<void> {
    const stdin = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
    await this.kubectl(["apply", "--filename", "-"], { stdin });
  }

  /** Gives every node an image, out of an archive (OCI or Docker) on this machine. */
  async importImage(archive: string): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.importImage(archive)));
  }

  /** Waits until every node is Ready and has Services. */
  async untilReady(): Promise<void> {
    await untilReady(this);
  }

  /** Takes everything down; nothing is left on the machine. */
  async stop(): Promise<void> {
    await this.#cleanup.disposeAsync();
  }

  /** As {@linkcode Cluster.stop}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** Waits until every node is Ready and has Services, and Pods can be created. */
export async function untilReady({ client, nodes }: Pick<Cluster, "client" | "nodes">): Promise<void> {
  await Promise.all(nodes.map((node) => node.untilHealthy()));
  const signal = AbortSignal.any(nodes.map(({ failed }) => failed));
  await waitFor("all nodes to be Ready", async () => {
    const waiting = (await client.list<NodeObject>("/api/v1/nodes")).filter((node) => !isReady(node));
    const why = waiting.map(({ metadata, status }) =>
      `${metadata.name}: ${status.conditions?.find(({ type }) => type === "Ready")?.message ?? "says nothing"}`
    );
    if (why.length > 0) throw new Error(why.join("; "));
    return true;
  }, { timeoutMs: 180_000, intervalMs: 100, signal });
  // As on a machine that was set up long ago.
  await Promise.all(nodes.map((node) => node.sync()));
  const path = "/api/v1/namespaces/default/serviceaccounts/default";
  await waitFor("the default ServiceAccount", async () => await client.get(path) !== undefined);
}

function isReady({ status }: NodeObject): boolean {
  return status.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}
