import { assertEquals, assertThrows } from "@std/assert";
import { ErrorCode } from "../../shared/errors.ts";
import { findUserspaceDrivers } from "./find_userspace_drivers.ts";
import type { Sysfs } from "./sysfs.ts";

const PF = "0000:05:00.0";

/** A NIC with these virtual functions and drivers; undefined = none. */
function nic(drivers: Readonly<Record<string, string | undefined>>): Sysfs {
  const functions = Object.keys(drivers);
  const links: Record<string, string | undefined> = { [`${PF}/driver`]: "ixgbe" };
  for (const [index, id] of functions.entries()) {
    links[`${id}/driver`] = drivers[id];
    links[`${id}/physfn`] = PF;
    links[`${PF}/virtfn${index}`] = id;
  }
  const relative = (path: string): string => path.slice("bus/pci/devices/".length);
  const names: Record<string, string[]> = { [PF]: functions.map((_, index) => `virtfn${index}`) };
  return {
    findText: () => undefined,
    findLinkName: (path) => links[relative(path)],
    findNames: (path) => names[relative(path)] ?? (functions.includes(relative(path)) ? [] : undefined),
  };
}

Deno.test("findUserspaceDrivers tells functions of the kernel from those of programs", () => {
  const [kernel, vfio, uio] = ["0000:05:10.0", "0000:05:10.1", "0000:05:10.2"];
  const sysfs = nic({ [kernel]: "ixgbevf", [vfio]: "vfio-pci", [uio]: "igb_uio" });
  const devices = new Map([[uio, "eth0"], [kernel, "eth1"], [vfio, "eth2"]]);
  assertEquals([...findUserspaceDrivers(devices, sysfs)], [[uio, "igb_uio"], [vfio, "vfio-pci"]]);
  assertEquals([...findUserspaceDrivers(new Map(), sysfs)], []);
});

Deno.test("findUserspaceDrivers says of each device why it cannot be used", () => {
  const bare = "0000:05:10.0";
  const devices = new Map([[PF, "eth0 on a"], [bare, "eth1 on b"], ["0000:06:00.0", "eth2 on c"]]);
  const { errors } = assertThrows(() => findUserspaceDrivers(devices, nic({ [bare]: undefined })), AggregateError);
  assertEquals(errors.map(({ code, message }) => [code, message]), [
    [ErrorCode.InvalidConfig, `eth0 on a: PCI device ${PF} is no virtual function`],
    [ErrorCode.InvalidConfig, `eth1 on b: PCI device ${bare} has no driver`],
    [
      ErrorCode.IoFailure,
      "PCI device 0000:06:00.0 is not on this host: it has no bus/pci/devices/0000:06:00.0 in sysfs",
    ],
  ]);
});
