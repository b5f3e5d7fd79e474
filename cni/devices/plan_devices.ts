import { CniError, ErrorCode } from "../../shared/errors.ts";

/** What a Pod's containers were given: resource name → device ids. */
export type AssignedDevices = ReadonlyMap<string, readonly string[]>;

/** An interface that needs a device. */
export interface DeviceRequest {
  readonly interface: string;
  /** The resource that the device is taken from, as in `nokia.k8s.io/sriov_ens1f0`. */
  readonly pool: string;
}

/**
 * Gives each interface another one of the Pod's devices: the first interface that asks for a pool gets the pool's first
 * device, and so on. A device that is in two pools is given once. The same arguments give the same answer.
 *
 * @param requests in the order of the Pod's annotation
 * @returns device ids, one for each request, in their order
 * @throws {AggregateError} of a {@linkcode CniError} code 104 for each pool that has too few
 */
export function planDevices(requests: readonly DeviceRequest[], assigned: AssignedDevices): string[] {
  const taken = new Set<string>();
  const errors = new Map<string, CniError>();
  const planned = requests.map(({ pool }) => {
    const device = assigned.get(pool)?.find((id) => !taken.has(id));
    if (device === undefined) errors.set(pool, tooFew(pool, { requests, assigned }));
    else taken.add(device);
    return device;
  });
  if (errors.size > 0) throw new AggregateError(errors.values(), "");
  return planned.filter((device) => device !== undefined);
}

function tooFew(
  pool: string,
  { requests, assigned }: { requests: readonly DeviceRequest[]; assigned: AssignedDevices },
): CniError {
  const interfaces = requests.filter((request) => request.pool === pool).map((request) => request.interface);
  const ids = assigned.get(pool) ?? [];
  const has = ids.length === 0 ? "none of its devices" : `${ids.length} (${ids.join(", ")})`;
  const elsewhere = ids.length < interfaces.length
    ? ""
    : ", some of which are in another pool, too, and used from there";
  return new CniError(
    ErrorCode.InvalidRequest,
    `device pool ${pool}: ${interfaces.length} wanted (${interfaces.join(", ")}), ` +
      `but the Pod was assigned ${has}${elsewhere}`,
    {
      details: `let the Pod's containers ask for ${interfaces.length} of ${pool} in resources.limits, ` +
        "one for each interface on a network with that device_pool",
    },
  );
}
