import { CniError, ErrorCode } from "../../shared/errors.ts";
import { type DeviceFacts, readDeviceFacts } from "./device_facts.ts";
import type { Sysfs } from "./sysfs.ts";

/**
 * Finds out which virtual functions are in the hands of a userspace driver, so that the kernel has no link of them.
 *
 * @param devices what each is for, in the words of messages, by PCI id
 * @returns driver by PCI id, of those only
 * @throws {AggregateError} of a {@linkcode CniError} for each that is no virtual function of this host, or without driver
 */
export function findUserspaceDrivers(
  devices: ReadonlyMap<string, string>,
  sysfs: Sysfs,
): ReadonlyMap<string, string> {
  const drivers = new Map<string, string>();
  const errors: unknown[] = [];
  for (const [pciID, subject] of devices) {
    try {
      const { driver, userspace } = checkUsable(readDeviceFacts(pciID, sysfs), subject);
      if (userspace && driver !== undefined) drivers.set(pciID, driver);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, "");
  return drivers;
}

function checkUsable(facts: DeviceFacts, subject: string): DeviceFacts {
  const { pciID, driver, virtualFunction } = facts;
  const wrong = (why: string, details: string): CniError =>
    new CniError(ErrorCode.InvalidConfig, `${subject}: PCI device ${pciID} ${why}`, { details });
  if (!virtualFunction) {
    throw wrong("is no virtual function", "let the device plugin offer virtual functions in the network's device_pool");
  }
  if (driver === undefined) {
    throw wrong("has no driver", "bind it to a network driver, or to a userspace driver such as vfio-pci");
  }
  return facts;
}
