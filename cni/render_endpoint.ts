import type { DanmEpSpec } from "../shared/schema/danm_ep.ts";
import { NAD_KIND } from "../shared/schema/nad.ts";
import type { PlannedAttachment } from "./planned_attachment.ts";
import type { SandboxRecord } from "./record.ts";
import { type Configured, formatGiven } from "./render_configuration.ts";

/** `spec` of the DanmEp of an interface: what it is, what it has, whose it is. */
export function renderEndpoint(
  sandbox: Pick<SandboxRecord, "containerID" | "netns" | "node" | "pod">,
  made: { configured: Configured; endpoint: string; mac: string | undefined },
): DanmEpSpec {
  const { attachment, addresses } = made.configured;
  const { network } = attachment;
  const address = (family: 4 | 6): string | undefined => {
    const given = addresses.find((one) => one.family === family);
    return given && formatGiven(given);
  };
  const policyRoutes = (family: 4 | 6): Record<string, string> =>
    Object.fromEntries(
      attachment.routes.filter((route) => route.family === family && route.table !== undefined)
        .map(({ destination, gateway }) => [destination, gateway]),
    );
  return {
    NetworkName: nameOf(network, sandbox.pod.namespace),
    NetworkType: network.spec.NetworkType,
    EndpointID: made.endpoint,
    Interface: {
      Name: attachment.interface,
      ...given("Address", address(4)),
      ...given("AddressIPv6", address(6)),
      ...given("MacAddress", made.mac || undefined),
      proutes: policyRoutes(4),
      proutes6: policyRoutes(6),
      ...given("DeviceID", attachment.deviceID),
    },
    Host: sandbox.node,
    Pod: sandbox.pod.name,
    PodUID: sandbox.pod.uid,
    CID: sandbox.containerID,
    netns: sandbox.netns,
    apiType: network.kind,
  };
}

/** A name that tells the network, seen from the Pod's namespace. */
function nameOf({ kind, metadata: { namespace, name } }: PlannedAttachment["network"], ofPod: string): string {
  return kind === NAD_KIND && namespace !== ofPod ? `${namespace}/${name}` : name;
}

function given<K extends string>(key: K, value: string | undefined): { [key in K]?: string } {
  return value === undefined ? {} : { [key]: value } as { [key in K]?: string };
}
