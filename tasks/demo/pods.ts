import { join } from "node:path";
import { ROOT } from "../support/root.ts";
import type { DanmLab, TestPod } from "../../tests/support/danm_lab.ts";
import type { Lab } from "../../tests/support/lab/lab.ts";
import type { Node } from "../../tests/support/lab/node.ts";
import { findAnnotation } from "../../shared/schema/annotations.ts";
import { type InterfaceRequest, parseInterfacesAnnotation } from "../../shared/schema/interfaces_annotation.ts";
import { type Network, NETWORK_KINDS, type NetworkKind, parseNetwork } from "../../shared/schema/network.ts";
import { RESOURCES } from "../../shared/schema/resources.ts";

/** A Pod of the API server, the node it is on, and the interfaces that it asks for. */
export interface PlacedPod extends TestPod {
  readonly node: Node;
  readonly requests: readonly InterfaceRequest[];
}

/** Path of an example, relative to the repository, as a person would type it. */
export function examplePath(name: string): string {
  return join("examples", `${name}.yaml`);
}

/** Applies examples with the real kubectl. @returns what it printed */
export async function applyExamples(lab: Lab, names: readonly string[]): Promise<string> {
  return await lab.kubectl(["apply", ...names.flatMap((name) => ["-f", join(ROOT, examplePath(name))])]);
}

/** The network objects of the cluster. */
export async function readNetworks(lab: Lab): Promise<Network[]> {
  const kinds = NETWORK_KINDS.map((kind) => RESOURCES[kind].plural).join(",");
  const { items } = JSON.parse(await lab.kubectl(["get", kinds, "-A", "-o", "json"]));
  return items.map((item: { kind: NetworkKind }) => parseNetwork(item.kind, item));
}

/**
 * Does what a scheduler does: binds each Pod of namespace default, by its name, to a node.
 *
 * @param placement names of Pods, and the nodes they go to
 */
export async function placePods(
  danm: DanmLab,
  placement: readonly (readonly [pod: string, node: Node])[],
): Promise<PlacedPod[]> {
  const namespace = "default";
  return await Promise.all(placement.map(async ([name, node]): Promise<PlacedPod> => {
    const { lab } = danm;
    const target = { apiVersion: "v1", kind: "Node", name: node.name };
    const binding = { apiVersion: "v1", kind: "Binding", metadata: { name, namespace }, target };
    const path = `/api/v1/namespaces/${namespace}/pods/${name}/binding`;
    await lab.kubectl(["create", "--raw", path, "-f", "-"], { stdin: JSON.stringify(binding) });
    const pod = JSON.parse(await lab.kubectl(["get", "pod", name, "-o", "json"]));
    const annotation = findAnnotation(pod.metadata.annotations, "interfaces");
    const requests = parseInterfacesAnnotation(annotation?.value ?? "");
    return { namespace, name, uid: pod.metadata.uid, node, requests };
  }));
}

/** The links that the example networks need on every host, as their comments say. */
export const HOST_LINKS: readonly string[] = [
  "link add link eth1 name external.200 type vlan id 200",
  "link set external.200 up",
  "link add name vx_heartbeat type vxlan id 300 dev eth1 group 239.0.1.44 dstport 4789",
  "link set vx_heartbeat up",
];

/** Makes {@linkcode HOST_LINKS} on a node, with one command. */
export async function makeHostLinks(node: Node): Promise<void> {
  const lines = HOST_LINKS.map((line) => line.replaceAll("eth1", node.uplink));
  await node.run(["ip", "-batch", "-"], { stdin: `${lines.join("\n")}\n` });
}
