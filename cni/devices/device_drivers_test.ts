import { assertEquals, assertRejects } from "@std/assert";
import { CniError, ErrorCode } from "../../shared/errors.ts";
import { createRun, type Run } from "../../shared/host/run.ts";
import { findUserspaceDrivers } from "./device_drivers.ts";

const PF = "0000:05:00.0";
const { signal } = new AbortController();

/** A sysfs with a card and these virtual functions and drivers (none = not bound), which `check` gets. */
async function withSysfs(
  drivers: Readonly<Record<string, string | undefined>>,
  check: (options: { run: Run; sysfsRoot: string; signal: AbortSignal }) => Promise<void>,
): Promise<void> {
  const sysfsRoot = await Deno.makeTempDir({ prefix: "danm-sysfs-" });
  try {
    const bus = `${sysfsRoot}/bus/pci`;
    for (const [id, driver] of Object.entries({ [PF]: "ixgbe", ...drivers })) {
      await Deno.mkdir(`${sysfsRoot}/devices/pci0000:00/${id}`, { recursive: true });
      await Deno.mkdir(`${bus}/drivers/${driver}`, { recursive: true });
      await Deno.mkdir(`${bus}/devices`, { recursive: true });
      await Deno.symlink(`../../../devices/pci0000:00/${id}`, `${bus}/devices/${id}`);
      if (driver) await Deno.symlink(`../../../bus/pci/drivers/${driver}`, `${bus}/devices/${id}/driver`);
      if (id !== PF) await Deno.symlink(`../${PF}`, `${bus}/devices/${id}/physfn`);
    }
    await check({ run: createRun(undefined), sysfsRoot, signal });
  } finally {
    await Deno.remove(sysfsRoot, { recursive: true });
  }
}

Deno.test("findUserspaceDrivers tells functions of programs from those of the kernel", async () => {
  const drivers = {
    "0000:05:10.0": "ixgbevf",
    "0000:05:10.1": "vfio-pci",
    "0000:05:10.2": "igb_uio",
    "0000:05:10.3": "uio_pci_generic",
    "0000:05:10.4": "vfio",
  };
  await withSysfs(drivers, async (options) => {
    const devices = new Map(Object.keys(drivers).toReversed().map((id) => [id, "eth0"]));
    const found = [...await findUserspaceDrivers(devices, options)];
    assertEquals(found, Object.entries(drivers).slice(1, 4).toReversed());
  });
});

Deno.test("findUserspaceDrivers says of each device why it cannot be used", async () => {
  const unbound = "0000:05:10.0";
  await withSysfs({ [unbound]: undefined }, async (options) => {
    const devices = new Map([[PF, "eth0 on a"], [unbound, "eth1 on b"]]);
    const { errors } = await assertRejects(() => findUserspaceDrivers(devices, options), AggregateError);
    assertEquals(errors.map(({ code, message }) => [code, message]), [
      [ErrorCode.InvalidConfig, `eth0 on a: PCI device ${PF} is no virtual function`],
      [ErrorCode.InvalidConfig, `eth1 on b: PCI device ${unbound} has no driver`],
    ]);
  });
});

Deno.test("findUserspaceDrivers fails for a device that sysfs has not", async () => {
  await withSysfs({}, async (options) => {
    const gone = new Map([[PF, "eth0"], ["0000:06:00.0", "eth1"]]);
    const error = await assertRejects(() => findUserspaceDrivers(gone, options), CniError, "0000:06:00.0/driver");
    assertEquals(error.code, ErrorCode.IoFailure);
  });
});

Deno.test("findUserspaceDrivers runs nothing without devices, or for what is no PCI id", async () => {
  const run: Run = () => Promise.reject(new Error("something was run"));
  const options = { run, sysfsRoot: "/nonexistent", signal };
  assertEquals([...await findUserspaceDrivers(new Map(), options)], []);
  const ids = ["", "..", "0000:05:10.8", "0000:05:10", "05:10.1", "0000:05:1A.1", " 0000:05:10.1", "0000:05:10.1/.."];
  for (const id of ids) {
    const { errors: [error] } = await assertRejects(
      () => findUserspaceDrivers(new Map([[id, "eth0"]]), options),
      AggregateError,
    );
    assertEquals([error.code, error.message], [
      ErrorCode.InvalidConfig,
      `eth0: device ${JSON.stringify(id)} is no PCI device`,
    ]);
  }
});
