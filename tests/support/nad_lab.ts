/** NetworkAttachmentDefinitions on a lab: their kind, and Pods that ask for them. */
import { assertEquals } from "@std/assert";
import type { AddResult, CallOptions, CniErrorDocument, DanmLab, TestSandbox } from "./danm_lab.ts";
import { hostTraces } from "./delegates/delegate_lab.ts";
import type { Node } from "./lab/node.ts";

const GROUP = "k8s.cni.cncf.io";

/** The kind as its specification has it, as far as a server needs it. */
const CRD = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `network-attachment-definitions.${GROUP}` },
  spec: {
    group: GROUP,
    scope: "Namespaced",
    names: {
      plural: "network-attachment-definitions",
      singular: "network-attachment-definition",
      kind: "NetworkAttachmentDefinition",
      shortNames: ["net-attach-def"],
    },
    versions: [{
      name: "v1",
      served: true,
      storage: true,
      schema: {
        openAPIV3Schema: {
          type: "object",
          properties: { spec: { type: "object", properties: { config: { type: "string" } } } },
        },
      },
    }],
  },
};

/** One definition. */
export interface TestNad {
  readonly name: string;
  /** `default` when it is not given. */
  readonly namespace?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** A text as it is, anything else as JSON. */
  readonly config?: object | string;
}

/** What a Pod asks for. */
export interface Asked {
  /** Of NetworkAttachmentDefinitions: a text as it is, anything else as JSON. */
  readonly networks: string | readonly object[];
  /** Of networks of ours; absent = the default network. */
  readonly interfaces?: readonly object[];
}

/** One entry of the status annotation. */
export interface StatusEntry {
  readonly name: string;
  readonly interface: string;
  readonly ips?: readonly string[];
  readonly default: boolean;
}

/** DANM on a lab with NetworkAttachmentDefinitions. */
export class NadLab {
  readonly danm: DanmLab;
  readonly node: Node;
  /** What every call has. */
  readonly #options: CallOptions;

  constructor(danm: DanmLab, { node, options }: { node: Node; options: CallOptions }) {
    this.danm = danm;
    this.node = node;
    this.#options = { ...options, conf: { nadSupport: true, ...options.conf } };
  }

  /** Installs the kind. */
  async install(): Promise<void> {
    await this.danm.apply(CRD);
    await this.danm.lab.kubectl(["wait", "--for=condition=Established", "--timeout=60s", `crd/${CRD.metadata.name}`]);
  }

  /** Creates definitions. */
  async define(...nads: readonly TestNad[]): Promise<void> {
    await this.danm.apply(...nads.map(({ name, namespace = "default", annotations = {}, config }) => ({
      apiVersion: `${GROUP}/v1`,
      kind: "NetworkAttachmentDefinition",
      metadata: { name, namespace, annotations },
      spec: config === undefined ? {} : { config: typeof config === "string" ? config : JSON.stringify(config) },
    })));
  }

  /** Deletes a definition. */
  async remove(name: string): Promise<void> {
    await this.danm.lab.kubectl(["delete", `network-attachment-definitions.${GROUP}`, name]);
  }

  /** A sandbox of a new Pod. */
  async createSandbox({ networks, interfaces }: Asked): Promise<TestSandbox> {
    const { danm, node } = this;
    const pod = await danm.createPod(node, interfaces ? { interfaces } : {});
    const text = typeof networks === "string" ? networks : JSON.stringify(networks);
    await danm.lab.kubectl(["annotate", "pod", pod.name, `k8s.v1.cni.cncf.io/networks=${text}`]);
    return await danm.createSandbox(node, pod);
  }

  /** What a call gets. */
  with(options: CallOptions = {}): CallOptions {
    return { ...this.#options, ...options, conf: { ...this.#options.conf, ...options.conf } };
  }

  /** ADD that must succeed. */
  async attach(asked: Asked, options: CallOptions = {}): Promise<{ sandbox: TestSandbox; result: AddResult }> {
    const sandbox = await this.createSandbox(asked);
    return { sandbox, result: await this.danm.add(sandbox, this.with(options)) };
  }

  /** ADD that must fail and leave nothing. */
  async refuse(asked: Asked): Promise<CniErrorDocument> {
    const sandbox = await this.createSandbox(asked);
    const error = await this.danm.fail(sandbox, "ADD", this.with());
    await this.assertGone(sandbox);
    return error;
  }

  /** DEL that must succeed and leave nothing. */
  async detach(sandbox: TestSandbox): Promise<void> {
    await this.danm.del(sandbox, this.with());
    await this.assertGone(sandbox);
  }

  /** Checks that nothing is left of a sandbox in the API, in its namespace and on the node, and removes its namespace. */
  async assertGone(sandbox: TestSandbox): Promise<void> {
    assertEquals([...await this.danm.leftovers(sandbox), ...await hostTraces(sandbox.node)], []);
    await sandbox.node.deleteNetns(sandbox.netns);
  }

  /** The status annotation of a sandbox's Pod. */
  async status({ pod }: TestSandbox): Promise<StatusEntry[]> {
    const { metadata } = JSON.parse(await this.danm.lab.kubectl(["get", "pod", pod.name, "-o", "json"]));
    return JSON.parse(metadata.annotations["k8s.v1.cni.cncf.io/network-status"]);
  }
}
