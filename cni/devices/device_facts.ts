import { CniError, ErrorCode } from "../../shared/errors.ts";
import type { Sysfs } from "./sysfs.ts";

/** A network device of the kernel. */
export interface Netdev {
  readonly name: string;
  /** Lower case, as in `02:00:00:00:00:01`; undefined where the link has no Ethernet address. */
  readonly mac: string | undefined;
  readonly mtuBytes: number;
}

/** Which virtual function of which device a device is. */
export interface VirtualFunction {
  /** PCI id of the physical function. */
  readonly physicalFunction: string;
  /** Its network devices in the host's namespace: the links through which a VF's VLAN and MAC are set. */
  readonly physicalNetdevs: readonly string[];
  /** The number of the VF there, from 0. */
  readonly index: number;
}

/** What the host's kernel tells of a PCI device. */
export interface DeviceFacts {
  readonly pciID: string;
  /**
   * Its network devices in the host's namespace, by name. None where the driver makes none, and also while the device
   * is in a sandbox: sysfs shows the links of one network namespace.
   */
  readonly netdevs: readonly Netdev[];
  /** Undefined while no driver has the device. */
  readonly driver: string | undefined;
  /** Whether the driver hands the device to programs, so that the kernel has no link of it. */
  readonly userspace: boolean;
  /** Undefined for a device that is no virtual function. */
  readonly virtualFunction: VirtualFunction | undefined;
}

const PCI_ID = /^[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/;
const USERSPACE_DRIVERS: ReadonlySet<string> = new Set(["vfio-pci", "igb_uio", "uio_pci_generic"]);
const ETHERNET_ADDRESS = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;
const DEVICES = "bus/pci/devices";

/**
 * Reads what the host's kernel tells of a PCI device. Changes nothing.
 *
 * @param pciID as the kubelet names it: `0000:05:10.1`
 * @throws {CniError} code 7 when that is no PCI id, code 5 when the device is not there or its files are not as expected
 * @see https://www.kernel.org/doc/Documentation/ABI/testing/sysfs-bus-pci
 */
export function readDeviceFacts(pciID: string, sysfs: Sysfs): DeviceFacts {
  const directory = directoryOf(pciID);
  if (sysfs.findNames(directory) === undefined) {
    throw new CniError(
      ErrorCode.IoFailure,
      `PCI device ${pciID} is not on this host: it has no ${directory} in sysfs`,
      {
        details: "the device plugin offers a device that has gone; restart it after virtual functions were made anew",
      },
    );
  }
  const driver = sysfs.findLinkName(`${directory}/driver`);
  return {
    pciID,
    netdevs: netdevNames(pciID, sysfs).map((name) => readNetdev(name, { pciID, sysfs })),
    driver,
    userspace: driver !== undefined && USERSPACE_DRIVERS.has(driver),
    virtualFunction: readVirtualFunction(pciID, sysfs),
  };
}

/** Whether a device id is that of a PCI device, as in `0000:05:10.1`. */
export function isPciID(deviceID: string): boolean {
  return PCI_ID.test(deviceID);
}

/** The id becomes a part of paths: it is checked before anything is read. */
function directoryOf(pciID: string): string {
  if (isPciID(pciID)) return `${DEVICES}/${pciID}`;
  throw new CniError(ErrorCode.InvalidConfig, `device ${JSON.stringify(pciID)} is no PCI device`, {
    details: "device ids of a pool for SR-IOV look like 0000:05:10.1; is device_pool the right resource?",
  });
}

function netdevNames(pciID: string, sysfs: Sysfs): string[] {
  return sysfs.findNames(`${directoryOf(pciID)}/net`) ?? [];
}

function readNetdev(name: string, { pciID, sysfs }: { pciID: string; sysfs: Sysfs }): Netdev {
  const directory = `${directoryOf(pciID)}/net/${name}`;
  const address = sysfs.findText(`${directory}/address`) ?? "";
  const mtu = sysfs.findText(`${directory}/mtu`);
  if (mtu === undefined || !/^\d+$/.test(mtu)) {
    throw odd(pciID, `${directory}/mtu ${mtu === undefined ? "is missing" : `is ${JSON.stringify(mtu)}`}`);
  }
  return { name, mac: ETHERNET_ADDRESS.test(address) ? address : undefined, mtuBytes: Number(mtu) };
}

/** The link `physfn` leads to the physical function, whose links `virtfn0`, `virtfn1`, … lead back. */
function readVirtualFunction(pciID: string, sysfs: Sysfs): VirtualFunction | undefined {
  const link = `${directoryOf(pciID)}/physfn`;
  const physicalFunction = sysfs.findLinkName(link);
  if (physicalFunction === undefined) return undefined;
  if (!PCI_ID.test(physicalFunction)) throw odd(pciID, `${link} leads to ${JSON.stringify(physicalFunction)}`);
  const directory = directoryOf(physicalFunction);
  const back = (sysfs.findNames(directory) ?? []).find((name) =>
    /^virtfn\d+$/.test(name) && sysfs.findLinkName(`${directory}/${name}`) === pciID
  );
  if (back === undefined) throw odd(pciID, `${link} leads to ${physicalFunction}, which has no virtfn that leads back`);
  return {
    physicalFunction,
    physicalNetdevs: netdevNames(physicalFunction, sysfs),
    index: Number(back.slice("virtfn".length)),
  };
}

function odd(pciID: string, what: string): CniError {
  return new CniError(ErrorCode.IoFailure, `PCI device ${pciID}: sysfs is not as expected: ${what}`, {
    details: "are virtual functions being made or removed right now? Try again when that is done",
  });
}
