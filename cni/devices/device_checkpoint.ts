import * as z from "zod/mini";
import { parse } from "../../shared/schema/describe_issues.ts";
import type { ContainerDevices } from "./pod_resources_messages.ts";

const IDs = z.nullable(z.array(z.string()));

/** What the kubelet's device manager keeps on disk; the rest of the file (registered devices, checksum) is not used. */
const Checkpoint = z.object({
  Data: z.object({
    PodDeviceEntries: z.nullish(z.array(z.object({
      PodUID: z.string(),
      ResourceName: z.string(),
      // A list up to Kubernetes 1.19, since then a list for each NUMA node ("-1": the device has none).
      DeviceIDs: z.nullable(z.union([z.array(z.string()), z.record(z.string(), IDs)])),
    }))),
  }),
});

/**
 * The devices of a Pod in the checkpoint file of the kubelet's device manager, which the kubelet replaces in one step.
 * Unlike the PodResources API it also has those of init containers that have ended.
 *
 * @param text the whole file
 * @throws {SyntaxError} when it is no JSON
 * @throws {SchemaError} when it is no such checkpoint
 * @see https://github.com/kubernetes/kubernetes/tree/v1.36.3/pkg/kubelet/cm/devicemanager/checkpoint
 */
export function parseDeviceCheckpoint(text: string, podUID: string): ContainerDevices[] {
  const { Data } = parse(Checkpoint, JSON.parse(text), "the kubelet's checkpoint");
  return (Data.PodDeviceEntries ?? []).filter((entry) => entry.PodUID === podUID).map((entry) => {
    const ids = entry.DeviceIDs ?? [];
    const deviceIDs = Array.isArray(ids) ? ids : Object.values(ids).flatMap((ofNode) => ofNode ?? []);
    return { resourceName: entry.ResourceName, deviceIDs };
  });
}
