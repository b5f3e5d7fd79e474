import { SchemaError } from "../shared/schema/describe_issues.ts";
import type { Network } from "../shared/schema/network.ts";
import type { NetworkBackend } from "../shared/schema/network_backend.ts";
import { type AssignedDevices, planDevices } from "./devices/plan_devices.ts";
import type { PlannedAttachment } from "./planned_attachment.ts";

/**
 * Checks that a network's options about devices go together and with its type.
 *
 * @throws {SchemaError} naming the field
 */
export function checkDeviceOptions(
  { spec: { NetworkType, Options: options } }: Network,
  at: { subject: string; backend: NetworkBackend },
): void {
  const wrong = (field: string, reason: string): SchemaError =>
    new SchemaError(at.subject, [{ field: `spec.Options.${field}`, reason }]);
  if (at.backend === "sriov") {
    if (options.host_device) {
      throw wrong("host_device", "is not for NetworkType sriov, whose devices are of device_pool");
    }
    if (!options.device_pool) throw wrong("device_pool", "is needed by NetworkType sriov");
    if (options.vxlan !== undefined) throw wrong("vxlan", "is not for NetworkType sriov: virtual functions have VLANs");
  }
  if (!options.device_pool) return;
  if (options.host_device) throw wrong("device_pool", "device_pool and host_device exclude each other");
  if (at.backend === "sriov" || at.backend === "static") return;
  throw wrong("device_pool", `is not for NetworkType ${NetworkType}, which makes interfaces on host_device`);
}

/**
 * Gives each interface on a network with a device pool another one of the Pod's devices.
 *
 * @param assigned what the kubelet assigned to the Pod
 * @throws {AggregateError} of a {@linkcode CniError} code 104 for each pool that has too few
 */
export function withDevices(planned: readonly PlannedAttachment[], assigned: AssignedDevices): PlannedAttachment[] {
  const requests = planned.flatMap(({ interface: name, network: { spec: { Options: { device_pool: pool } } } }) =>
    pool ? [{ interface: name, pool }] : []
  );
  const devices = planDevices(requests, assigned);
  const byInterface = new Map(requests.map((request, index) => [request.interface, devices[index]]));
  return planned.map((one) => {
    const deviceID = byInterface.get(one.interface);
    return deviceID === undefined ? one : { ...one, deviceID };
  });
}
