import { CniError, ErrorCode } from "../../shared/errors.ts";
import { CommandError, type Run } from "../../shared/host/run.ts";

const PCI_ID = /^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/;
const USERSPACE_DRIVERS: ReadonlySet<string> = new Set(["vfio-pci", "igb_uio", "uio_pci_generic"]);

/** Whether a device id is that of a PCI device, as in `0000:05:10.1`. */
export function isPciID(deviceID: string): boolean {
  return PCI_ID.test(deviceID);
}

/**
 * Finds out which virtual functions are in the hands of a userspace driver, so that the kernel has no link of them.
 *
 * Sysfs has each device as a directory, and in it the links `driver` and, of a virtual function, `physfn`. A command
 * reads them, one for all devices: Deno lets programs read /sys only when they may do everything.
 *
 * @param devices what each is for, in the words of messages, by PCI id
 * @param options.sysfsRoot where sysfs is mounted
 * @returns driver by PCI id, of those only
 * @throws {AggregateError} of a {@linkcode CniError} code 7 for each that is no virtual function or has no driver
 * @throws {CniError} code 5 when sysfs does not have one of them
 * @see https://www.kernel.org/doc/Documentation/ABI/testing/sysfs-bus-pci
 */
export async function findUserspaceDrivers(
  devices: ReadonlyMap<string, string>,
  options: { run: Run; sysfsRoot: string; signal: AbortSignal },
): Promise<ReadonlyMap<string, string>> {
  if (devices.size === 0) return new Map();
  const ids = [...devices.keys()];
  throwAll(
    ids.filter((id) => !isPciID(id)).map((id) =>
      unusable(`${devices.get(id)}: device ${JSON.stringify(id)} is no PCI device`, {
        details: "ids of virtual functions look like 0000:05:10.1; is device_pool the right resource?",
      })
    ),
  );
  const links = await readLinks(ids, options);
  throwAll(ids.flatMap((id) => checkUsable(links.get(id), `${devices.get(id)}: PCI device ${id}`)));
  return new Map([...links].flatMap(([id, { driver }]) => USERSPACE_DRIVERS.has(driver) ? [[id, driver]] : []));
}

/** Names of what the two links of a device lead to; the link's own name where there is no such link. */
interface DeviceLinks {
  readonly driver: string;
  readonly physfn: string;
}

async function readLinks(
  ids: readonly string[],
  { run, sysfsRoot, signal }: { run: Run; sysfsRoot: string; signal: AbortSignal },
): Promise<Map<string, DeviceLinks>> {
  const paths = ids.flatMap((id) => ["driver", "physfn"].map((name) => `${sysfsRoot}/bus/pci/devices/${id}/${name}`));
  try {
    // Prints a path whose last part is not there, too; it fails when more of it is not.
    const names = (await run(["realpath", ...paths], { signal })).trimEnd().split("\n")
      .map((path) => path.slice(path.lastIndexOf("/") + 1));
    return new Map(ids.map((id, at) => [id, { driver: names[2 * at] ?? "", physfn: names[2 * at + 1] ?? "" }]));
  } catch (cause) {
    if (!(cause instanceof CommandError)) throw cause;
    throw new CniError(ErrorCode.IoFailure, `PCI devices ${ids.join(", ")} cannot be looked up: ${cause.message}`, {
      cause,
      details: "when the device plugin offers one that has gone, restart it",
    });
  }
}

function checkUsable(links: DeviceLinks | undefined, subject: string): CniError[] {
  if (links?.physfn === "physfn") {
    const details = "let the device plugin offer virtual functions in the network's device_pool";
    return [unusable(`${subject} is no virtual function`, { details })];
  }
  if (links?.driver !== "driver") return [];
  const details = "bind it to a network driver, or to a userspace driver such as vfio-pci";
  return [unusable(`${subject} has no driver`, { details })];
}

function unusable(message: string, options: { details: string }): CniError {
  return new CniError(ErrorCode.InvalidConfig, message, options);
}

function throwAll(errors: readonly CniError[]): void {
  if (errors.length > 0) throw new AggregateError(errors, "");
}
