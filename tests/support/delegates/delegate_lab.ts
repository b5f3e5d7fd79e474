/** Static delegates on a lab: networks with the files that configure their plugins, and what those leave on a node. */
import { waitFor } from "../wait.ts";
import { assertEquals } from "@std/assert";
import type { AddResult, CallOptions, DanmLab, TestSandbox } from "../danm_lab.ts";
import type { Node } from "../lab/node.ts";

/** A network whose plugin is configured by a file. */
export interface StaticNetwork {
  /** Name, and NetworkID. */
  readonly name: string;
  readonly type: string;
  readonly options?: object;
  /** Content of `<name>.conf`; of `<name>.conflist` when it has `plugins`. */
  readonly file?: object;
}

/** What the API has of an interface. */
export interface Endpoint {
  readonly Name: string;
  readonly Address?: string;
  readonly AddressIPv6?: string;
  readonly MacAddress?: string;
}

/** DANM on a lab with a directory of delegates' configurations. */
export class DelegateLab {
  readonly danm: DanmLab;
  /** Value of `cniDir`. */
  readonly cniDir: string;

  constructor(danm: DanmLab) {
    this.danm = danm;
    this.cniDir = `${danm.lab.dir}/delegates`;
  }

  /** Creates networks and writes their files. */
  async define(...networks: readonly StaticNetwork[]): Promise<void> {
    await Deno.mkdir(this.cniDir, { recursive: true });
    for (const { name, file } of networks) {
      if (file) await this.write(`${name}.${"plugins" in file ? "conflist" : "conf"}`, file);
    }
    await this.danm.apply(...networks.map(({ name, type, options = {} }) => ({
      apiVersion: "danm.io/v1",
      kind: "DanmNet",
      metadata: { name, namespace: "default" },
      spec: { NetworkID: name, NetworkType: type, Options: options },
    })));
  }

  /** Writes a file of the directory: a text as it is, anything else as JSON. */
  async write(name: string, content: object | string): Promise<void> {
    const text = typeof content === "string" ? content : JSON.stringify(content);
    await Deno.writeTextFile(`${this.cniDir}/${name}`, text);
  }

  /** What a call needs so that the directory is looked into. */
  with(options: CallOptions = {}): CallOptions {
    return { ...options, conf: { cniDir: this.cniDir, ...options.conf } };
  }

  /** ADD that must succeed, of a new sandbox of a new Pod. */
  async attach(
    node: Node,
    interfaces: readonly object[],
    options: CallOptions = {},
  ): Promise<{ sandbox: TestSandbox; result: AddResult }> {
    const sandbox = await this.danm.createSandboxFor(node, interfaces);
    return { sandbox, result: await this.danm.add(sandbox, this.with(options)) };
  }

  /** DEL that must succeed and leave nothing: in the API, in the namespace, on the node. */
  async detach(sandbox: TestSandbox, options: CallOptions = {}): Promise<void> {
    await this.danm.del(sandbox, this.with(options));
    await this.assertGone(sandbox);
  }

  /** Checks that nothing is left of a sandbox, and removes its namespace. */
  async assertGone(sandbox: TestSandbox): Promise<void> {
    assertEquals([...await this.danm.leftovers(sandbox), ...await hostTraces(sandbox.node)], []);
    await sandbox.node.deleteNetns(sandbox.netns);
  }

  /** The interfaces that the API knows of a sandbox, by name. */
  async endpoints(sandbox: TestSandbox): Promise<Map<string, Endpoint>> {
    const { items } = JSON.parse(await this.danm.lab.kubectl(["get", "danmeps", "-A", "-o", "json"]));
    const own: { spec: { CID: string; Interface: Endpoint } }[] = items;
    return new Map(
      own.filter(({ spec }) => spec.CID === sandbox.containerID).map((
        { spec },
      ) => [spec.Interface.Name, spec.Interface]),
    );
  }
}

/** Runs a command in a sandbox. */
export async function inside({ node, netns }: TestSandbox, ...argv: string[]): Promise<string> {
  return (await node.run(["nsenter", `--net=${netns}`, ...argv])).stdout;
}

/** Waits until a sandbox has an answer of an address: a bridge's own IPv6 address may not be used at once. */
export async function waitForPing({ node, netns }: TestSandbox, address: string): Promise<void> {
  const ping = ["nsenter", `--net=${netns}`, "ping", "-c", "1", "-W", "2", address];
  await waitFor(`an answer of ${address}`, async () => (await node.run(ping, { check: false })).code === 0);
}

/**
 * What plugins have for sandboxes on a node: ends of links, addresses of host-local, forwarded ports, what tuning has
 * saved. Bridges and empty chains are no sandbox's.
 */
export async function hostTraces(node: Node): Promise<string[]> {
  const links: { ifname: string; linkinfo?: { info_kind: string } }[] = JSON.parse(
    (await node.run(["ip", "-json", "-details", "link", "show"])).stdout,
  );
  const kept = ["lo", node.uplink];
  const files = await node.run(["find", "/var/lib/cni/networks", "/run/cni", "-type", "f"], { check: false });
  const rules = (await node.run(["nft", "list", "ruleset"])).stdout;
  return [
    ...links.filter(({ ifname, linkinfo }) => linkinfo?.info_kind !== "bridge" && !kept.includes(ifname))
      .map(({ ifname }) => `link ${ifname}`),
    ...files.stdout.split("\n").filter((path) => path !== "" && !/\/(lock|last_reserved_ip\.\d+)$/.test(path)),
    ...rules.split("\n").filter((line) => line.includes(" dnat to ")),
  ];
}
