/**
 * A proxy in front of a lab's API server that does to requests what networks and API servers do on bad days.
 *
 * It speaks HTTP/2 to its callers and keeps their identities: a client certificate becomes an impersonation, a
 * token is passed on. It is a process of its own in the lab's network namespace, so that test processes and nodes
 * reach it under one address, and so that a busy test does not slow it.
 */
import { waitFor } from "../wait.ts";
import { Channel } from "./fault_channel.ts";
import type { Fault, Match, Rule, SeenRequest } from "./fault_rules.ts";
import type { Partition } from "./fault_listener.ts";
import type { ServerOptions } from "./fault_server.ts";
import type { Lab } from "./lab.ts";
import { Host } from "./network.ts";
import { addressIn } from "./registry.ts";
import type { KubeUser } from "./users.ts";

/**
 * Starts a proxy for a lab; several are independent of each other. It ends by `await using` or with the lab.
 *
 * @throws {Error} when its process does not start
 */
export async function startFaultProxy(lab: Lab): Promise<FaultProxy> {
  const hostname = addressIn(lab.record, Host.gateway);
  const { authority, server } = lab.controlPlane;
  const own = await authority.issue({ commonName: "fault-proxy", hosts: [hostname] });
  const { cert, key } = await authority.issue({ commonName: "fault-proxy", organizations: ["system:masters"] });
  const upstream = { server, ca: authority.cert, cert, key };
  const channel = new Channel(lab.record);
  try {
    const options: ServerOptions = { hostname, ...own, ca: authority.cert, upstream };
    const port = await channel.send({ op: "start", options }) as number;
    return new FaultProxy({ lab, channel, url: `https://${hostname}:${port}` });
  } catch (error) {
    await channel.close();
    throw error;
  }
}

/** A running fault proxy. */
export class FaultProxy implements AsyncDisposable {
  /** What is done to which requests. */
  readonly faults: Faults;
  /** Its URL, for test processes and nodes. */
  readonly url: string;
  readonly #lab: Lab;
  readonly #channel: Channel;

  /** Use {@linkcode startFaultProxy}. */
  constructor({ lab, channel, url }: { lab: Lab; channel: Channel; url: string }) {
    this.#lab = lab;
    this.#channel = channel;
    this.url = url;
    this.faults = new Faults(channel);
  }

  /** The same user, calling through this proxy. */
  async through(user: KubeUser): Promise<KubeUser> {
    return await this.#lab.userAt(user, this.url);
  }

  /** Path of a JSON kubeconfig with which this user calls through this proxy. */
  async kubeconfig(user: KubeUser): Promise<string> {
    return (await this.through(user)).kubeconfigPath;
  }

  /** How many requests it has seen: the number of the last one. */
  async count(): Promise<number> {
    return await this.#channel.send({ op: "count" }) as number;
  }

  /** All requests seen since the start, or after the one of that number, in the order of their arrival. */
  async requests(after = 0): Promise<readonly SeenRequest[]> {
    return await this.#channel.send({ op: "requests", after }) as SeenRequest[];
  }

  /**
   * Waits until a request is seen.
   *
   * @param options.after number of the last one that does not count, default 0; the fewer are looked at the cheaper
   * @throws {Error} when none is within the time, 10 s by default
   */
  async waitForRequest(
    accept: (request: SeenRequest) => boolean,
    { after = 0, ...options }: { readonly after?: number; readonly timeoutMs?: number } = {},
  ): Promise<SeenRequest> {
    const probe = async (): Promise<SeenRequest | undefined> => (await this.requests(after)).find(accept);
    return await waitFor("a request at the fault proxy", probe, { timeoutMs: 10_000, ...options });
  }

  /**
   * Lets a held request go on to the API server, and waits until that has answered.
   *
   * @returns the API server's status code
   */
  async release(request: SeenRequest): Promise<number> {
    await this.#channel.send({ op: "release", number: request.number });
    const isDone = (seen: SeenRequest): boolean => seen.number === request.number && seen.upstreamStatus !== undefined;
    const done = await this.waitForRequest(isDone, { after: request.number - 1 });
    return done.upstreamStatus ?? 0;
  }

  /** Breaks the network to all callers ("silent" or "refuse"), or mends it ("none"). */
  async partition(partition: Partition): Promise<void> {
    await this.#channel.send({ op: "partition", partition });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#channel.close();
  }
}

/** The rules of a proxy. Of several that match a request the oldest whose turn it is applies. */
export class Faults {
  readonly #channel: Channel;
  #count = 0;

  /** Use {@linkcode FaultProxy.faults}. */
  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** For every request that matches, from the n-th on. Gives the rule's number, for {@linkcode Faults.clear}. */
  async push(fault: Fault, match: Match = {}): Promise<number> {
    return await this.#add(fault, { match, times: null });
  }

  /** For one request: the n-th that matches. */
  async once(fault: Fault, match: Match = {}): Promise<number> {
    return await this.#add(fault, { match, times: 1 });
  }

  /** Removes one rule, or all. What is already held or hangs stays so. */
  async clear(id?: number): Promise<void> {
    await this.#channel.send({ op: "clear", ...(id === undefined ? {} : { id }) });
  }

  async #add(fault: Fault, { match, times }: { match: Match; times: number | null }): Promise<number> {
    const { path, nth = 1, ...rest } = match;
    const expression = path === undefined ? {} : { path: { source: path.source, flags: path.flags } };
    const rule: Rule = { id: ++this.#count, fault, ...rest, ...expression, nth, times };
    await this.#channel.send({ op: "add", rule });
    return rule.id;
  }
}
