import { join } from "node:path";
import { messageOf } from "../../shared/errors.ts";
import { type Answer, answerOf, type DanmLab, DIST, type TestSandbox } from "../support/danm_lab.ts";
import { CNI_PLUGINS, ensureBinaries } from "../support/lab/binaries.ts";
import type { Node } from "../support/lab/node.ts";
import { toStderr } from "../support/progress.ts";

/** The machine that sandboxes are attached on. */
export interface BenchNode {
  readonly danm: DanmLab;
  readonly node: Node;
  /** Path of the kubeconfig of the node's plugins; it names the node's relay, where that has one. */
  readonly kubeconfig: string;
}

/** One call of an executable, as a runtime makes it. */
export interface PluginCall {
  readonly executable: string;
  readonly conf: object;
  /** Default: `eth0`. */
  readonly ifname?: string;
  /** Default: that of the lab. */
  readonly cniPath?: string;
}

/** A plugin that is measured, and how it is used. */
export interface BenchPlugin {
  readonly name: string;
  /** Numbers of interfaces that it is measured with. */
  readonly counts: readonly number[];
  /** Annotations of a Pod that is to have so many interfaces. */
  annotations(count: number): Readonly<Record<string, string>>;
  /** The calls that attach so many interfaces, one after the other; DEL goes the other way round. */
  calls(count: number): readonly PluginCall[];
}

/** What calling a plugin came to. */
export interface Outcome {
  /** Wall time of all calls, entering the node included. */
  readonly ms: number;
  /** What a call that failed answered; absent = all went well. */
  readonly failure?: string;
  /** Of an ADD: all addresses that it answered. */
  readonly addresses: readonly string[];
}

/** Name of {@linkcode danmPlugin}. */
export const DANM = "danm";

/** Name of {@linkcode floorPlugin}. */
export const FLOOR = "macvlan + host-local";

/** Numbers of interfaces that are measured if nothing is in the way. */
export const COUNTS: readonly number[] = [1, 3, 8];

/** `danm`, each interface on a network of its own with an IPv4 address; makes the networks. */
export async function danmPlugin(
  { danm, node, kubeconfig }: BenchNode,
  { backend, conf = {} }: { backend: "ipvlan" | "macvlan"; conf?: Record<string, unknown> },
): Promise<BenchPlugin> {
  await danm.apply(...Array.from({ length: Math.max(...COUNTS) }, (_, index) => ({
    apiVersion: "danm.io/v1",
    kind: "ClusterNetwork",
    metadata: { name: `bench-${index}` },
    spec: {
      NetworkID: `bench${index}`,
      NetworkType: backend,
      Options: { host_device: node.uplink, cidr: `10.${150 + index}.0.0/16` },
    },
  })));
  const interfaces = (count: number): object[] =>
    Array.from({ length: count }, (_, index) => ({ clusterNetwork: `bench-${index}`, ip: "dynamic" }));
  return {
    name: DANM,
    counts: COUNTS,
    annotations: (count) => ({ "danm.io/interfaces": JSON.stringify(interfaces(count)) }),
    calls: () => [{ executable: join(DIST, "danm"), conf: danm.conf(node, { kubeconfig, conf }) }],
  };
}

/**
 * What the kernel and the delegate cost without us: the reference `macvlan` with `host-local`, called once for each
 * interface, each on a network of its own.
 */
export async function floorPlugin({ node }: BenchNode): Promise<BenchPlugin> {
  const { macvlan } = await ensureBinaries(CNI_PLUGINS, toStderr);
  return callEach(FLOOR, (index) => ({
    executable: macvlan,
    conf: {
      cniVersion: "1.0.0",
      name: `bench-floor-${index}`,
      type: "macvlan",
      master: node.uplink,
      ipam: {
        type: "host-local",
        dataDir: "/var/lib/cni/networks",
        ranges: [[{ subnet: `10.${240 + index}.0.0/16` }]],
      },
    },
  }));
}

/** A plugin that makes one interface per call, whatever the Pod says. */
export function callEach(name: string, callOf: (index: number) => PluginCall): BenchPlugin {
  return {
    name,
    counts: COUNTS,
    annotations: () => ({}),
    calls: (count) => Array.from({ length: count }, (_, index) => ({ ...callOf(index), ifname: `eth${index}` })),
  };
}

/** Attaches or detaches a sandbox. An ADD ends with the first call that fails, a DEL makes them all. */
export async function callPlugin(
  { danm, sandbox }: { danm: DanmLab; sandbox: TestSandbox },
  { plugin, count, command }: { plugin: BenchPlugin; count: number; command: "ADD" | "DEL" },
): Promise<Outcome> {
  const calls = command === "ADD" ? plugin.calls(count) : plugin.calls(count).toReversed();
  const addresses: string[] = [];
  let failure: string | undefined;
  const began = performance.now();
  for (const call of calls) {
    const { code, document, stderr } = await callOnce({ danm, sandbox }, { call, command });
    const given = command === "ADD" && code === 0 ? addressesOf(document) : [];
    addresses.push(...given);
    // An ADD that succeeded without an address failed, too.
    if (code === 0 && (command === "DEL" || given.length > 0)) continue;
    failure ??= `${command} of ${plugin.name}: exit code ${code}: ${document ? JSON.stringify(document) : stderr}`;
    if (command === "ADD") break;
  }
  return { ms: performance.now() - began, addresses, ...(failure !== undefined && { failure }) };
}

async function callOnce(
  { danm, sandbox }: { danm: DanmLab; sandbox: TestSandbox },
  { call, command }: { call: PluginCall; command: "ADD" | "DEL" },
): Promise<Answer> {
  const { executable, conf, ifname, cniPath } = call;
  const result = await sandbox.node.run([executable], {
    env: {
      ...danm.env(sandbox, command),
      ...(ifname !== undefined && { CNI_IFNAME: ifname }),
      ...(cniPath !== undefined && { CNI_PATH: cniPath }),
    },
    stdin: JSON.stringify(conf),
    check: false,
  });
  try {
    return answerOf(result);
  } catch (error) {
    const stderr = `it printed what is not JSON (${messageOf(error)}): ${result.stdout.slice(0, 200)}`;
    return { code: result.code || 1, document: undefined, stderr };
  }
}

function addressesOf(document: Answer["document"]): string[] {
  const ips = document?.["ips"];
  return Array.isArray(ips) ? ips.map(({ address }) => String(address)) : [];
}
