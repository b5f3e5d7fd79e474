import { assert } from "@std/assert";
import { DanmLab, type TestPod } from "../../support/danm_lab.ts";
import type { Lab } from "../../support/lab/lab.ts";
import type { Node } from "../../support/lab/node.ts";

/** Name of the annotation that says how a Pod is attached. */
export const STATUS = "k8s.v1.cni.cncf.io/network-status";

/** DANM on a lab with one node and networks of several kinds. */
export interface World {
  readonly danm: DanmLab;
  readonly node: Node;
}

/** A Pod as these tests read it. */
export interface StoredPod {
  readonly metadata: { readonly uid: string; readonly annotations?: Readonly<Record<string, string>> };
}

/** An entry of the status annotation. */
export interface StatusEntry {
  readonly name: string;
  readonly interface: string;
  readonly ips?: readonly string[];
  readonly mac?: string;
  readonly mtu?: number;
  readonly default: boolean;
  readonly dns: object;
  readonly gateway?: readonly string[];
}

/** Installs DANM and the networks: macvlans, because every kernel has them. */
export async function createWorld(lab: Lab): Promise<World> {
  const danm = await DanmLab.install(lab);
  const [node] = lab.nodes;
  assert(node);
  const network = (kind: string, name: string, options: object, spec: object = {}): object => ({
    apiVersion: "danm.io/v1",
    kind,
    metadata: { name, ...(kind !== "ClusterNetwork" && { namespace: "default" }) },
    spec: { NetworkID: name, NetworkType: "macvlan", ...spec, Options: { host_device: node.uplink, ...options } },
  });
  await danm.apply(
    network("DanmNet", "dual", {
      cidr: "10.160.0.0/24",
      net6: "fd00:160::/64",
      routes: { "0.0.0.0/0": "10.160.0.1" },
    }),
    network("ClusterNetwork", "wide", { cidr: "10.161.0.0/24", mtu: 1400, container_prefix: "wide" }),
    network("TenantNetwork", "bare", {}),
    network("ClusterNetwork", "theirs", { cidr: "10.162.0.0/24" }, { AllowedTenants: ["elsewhere"] }),
    network("ClusterNetwork", "default", { cidr: "10.163.0.0/24" }),
  );
  return { danm, node };
}

/** Creates a Pod with these annotations. */
export async function createPod(
  { danm, node }: World,
  annotations: Readonly<Record<string, string>>,
  name = `pod-${crypto.randomUUID().slice(0, 8)}`,
): Promise<TestPod> {
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", annotations },
    spec: { nodeName: node.name, containers: [{ name: "main", image: "lab.local/pause:1" }] },
  };
  const created = await danm.lab.kubectl(["create", "-o", "json", "-f", "-"], { stdin: JSON.stringify(pod) });
  return { namespace: "default", name, uid: JSON.parse(created).metadata.uid };
}

/** The Pod as it is now. */
export async function readPod({ danm }: World, name: string): Promise<StoredPod> {
  return JSON.parse(await danm.lab.kubectl(["get", "pod", name, "-o", "json"]));
}

/** What the status annotation of a Pod says; undefined when there is none. */
export async function readStatus(world: World, name: string): Promise<StatusEntry[] | undefined> {
  const text = (await readPod(world, name)).metadata.annotations?.[STATUS];
  return text === undefined ? undefined : JSON.parse(text);
}
