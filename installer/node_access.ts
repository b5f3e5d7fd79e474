import { KubeClient } from "../shared/kube/client.ts";
import type { KubeTarget } from "../shared/kube/kube_target.ts";
import type { Logger } from "../shared/log.ts";
import { type HostPaths, relayPath } from "./host_paths.ts";
import { keepToken } from "./keep_token.ts";
import { getNode, type NodeObject } from "./node_object.ts";

/**
 * Reads how to reach the API server, and who we are there.
 *
 * @param apiServer its URL, where the setting of that name says one
 */
export type LoadTarget = (apiServer: string | undefined) => Promise<KubeTarget>;

/** What a node is looked after with. */
export interface NodeAccessDeps {
  readonly paths: HostPaths;
  readonly nodeName: string;
  readonly loadTarget: LoadTarget;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Logger;
}

interface Opened {
  readonly target: KubeTarget;
  readonly client: KubeClient;
}

/** The installer's own way to the API server, and what it knows and holds there of its node. */
export class NodeAccess implements Disposable {
  readonly #deps: NodeAccessDeps;
  #apiServer: string | undefined;
  #open: Promise<Opened> | undefined;
  #node: NodeObject | undefined;

  /** Reads and connects nothing yet. */
  constructor(deps: NodeAccessDeps) {
    this.#deps = deps;
  }

  /** Whether the API server has accepted us. */
  get isKnown(): boolean {
    return this.#node !== undefined;
  }

  /** Goes to the API server that the setting of that name says; undefined = as Pods are told. */
  use(apiServer: string | undefined): void {
    if (apiServer === this.#apiServer) return;
    this[Symbol.dispose]();
    this.#apiServer = apiServer;
  }

  /** @throws {KubeconfigError} naming what cannot be read; the next call reads again */
  async client(): Promise<KubeClient> {
    return (await this.#connect()).client;
  }

  /** The API server that {@linkcode client} speaks to, and who we are there. @throws {KubeconfigError} as that does */
  async target(): Promise<KubeTarget> {
    return (await this.#connect()).target;
  }

  /** The node's object, which is read once. @throws {ApiError} */
  async node(signal: AbortSignal): Promise<NodeObject> {
    return this.#node ??= await getNode(await this.client(), { name: this.#deps.nodeName, signal });
  }

  /**
   * Sees to it that the plugins have a token, as `keepToken` does.
   *
   * @param options.refused the API server did not accept the present one: Node or ServiceAccount may be others by now
   * @throws {Error} when there is none that could work
   */
  async keepToken({ signal, refused = false }: { signal: AbortSignal; refused?: boolean }): Promise<void> {
    if (refused) this.#node = undefined;
    const { paths, nodeName, now, log } = this.#deps;
    const { client, target: { server, caCerts } } = await this.#connect();
    const api = { server: withoutSlash(this.#apiServer ?? server), authorities: caCerts, relay: relayPath(paths) };
    const node = {
      name: nodeName,
      knownUID: this.#node?.metadata.uid,
      getUID: async () => (await this.node(signal)).metadata.uid,
    };
    await keepToken({ paths, client, api, node, now, log, signal }, { refused });
  }

  /** Closes connections. */
  [Symbol.dispose](): void {
    // What could not be opened has nothing to close.
    this.#open?.then(({ client }) => client[Symbol.dispose](), () => {});
    this.#open = undefined;
  }

  /** Once for all who ask meanwhile; again after a failure. */
  #connect(): Promise<Opened> {
    const open = this.#open ??= this.#load();
    open.catch(() => {
      if (this.#open === open) this.#open = undefined;
    });
    return open;
  }

  async #load(): Promise<Opened> {
    const target = await this.#deps.loadTarget(this.#apiServer);
    return { target, client: new KubeClient(target, { userAgent: "danm-installer" }) };
  }
}

/** As a {@linkcode KubeTarget} has it. */
export function withoutSlash(url: string): string {
  return url.replace(/\/+$/, "");
}
