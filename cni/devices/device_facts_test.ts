import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { dirname } from "node:path";
import { CniError, ErrorCode } from "../../shared/errors.ts";
import { readDeviceFacts } from "./device_facts.ts";
import { createSysfs, type Sysfs } from "./sysfs.ts";

const [PF, VF0, VF1] = ["0000:05:00.0", "0000:05:10.0", "0000:05:10.1"];

/** A NIC with two virtual functions: `path: text` is a file, `path: → target` a link, `path/:` a directory. */
const NIC: Readonly<Record<string, string>> = {
  [`${PF}/driver`]: "→ ../../../bus/pci/drivers/ixgbe",
  [`${PF}/net/ens1f0/address`]: "02:00:00:00:00:01\n",
  [`${PF}/net/ens1f0/mtu`]: "9000\n",
  [`${PF}/virtfn0`]: `→ ../${VF0}`,
  [`${PF}/virtfn1`]: `→ ../${VF1}`,
  [`${PF}/virtfn_x`]: `→ ../${VF1}`,
  [`${VF0}/physfn`]: `→ ../${PF}`,
  [`${VF0}/driver`]: "→ ../../../bus/pci/drivers/ixgbevf",
  [`${VF0}/net/ens1f0v0/address`]: "02:00:00:00:00:10\n",
  [`${VF0}/net/ens1f0v0/mtu`]: "1500\n",
  [`${VF1}/physfn`]: `→ ../${PF}`,
  [`${VF1}/driver`]: "→ ../../../bus/pci/drivers/vfio-pci/",
};

/** A sysfs of these entries below `bus/pci/devices`, which `check` gets. */
function withSysfs(entries: Readonly<Record<string, string>>, check: (sysfs: Sysfs) => void): void {
  const root = Deno.makeTempDirSync({ prefix: "danm-sysfs-" });
  try {
    for (const [name, content] of Object.entries(entries)) {
      const path = `${root}/bus/pci/devices/${name}`;
      Deno.mkdirSync(path.endsWith("/") ? path : dirname(path), { recursive: true });
      if (content.startsWith("→ ")) Deno.symlinkSync(content.slice(2), path);
      else if (!path.endsWith("/")) Deno.writeTextFileSync(path, content);
    }
    check(createSysfs(root));
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
}

Deno.test("readDeviceFacts tells what a device is", async (t) => {
  const virtualFunction = { physicalFunction: PF, physicalNetdevs: ["ens1f0"] };
  const link = (name: string, mac: string | undefined, mtuBytes: number): unknown => ({ name, mac, mtuBytes });
  const cases: { name: string; pciID: string; entries?: Record<string, string>; facts: unknown }[] = [
    {
      name: "a virtual function with a link",
      pciID: VF0,
      facts: {
        pciID: VF0,
        netdevs: [link("ens1f0v0", "02:00:00:00:00:10", 1500)],
        driver: "ixgbevf",
        userspace: false,
        virtualFunction: { ...virtualFunction, index: 0 },
      },
    },
    {
      name: "a virtual function of a userspace driver",
      pciID: VF1,
      facts: {
        pciID: VF1,
        netdevs: [],
        driver: "vfio-pci",
        userspace: true,
        virtualFunction: { ...virtualFunction, index: 1 },
      },
    },
    {
      name: "a physical function",
      pciID: PF,
      facts: {
        pciID: PF,
        netdevs: [link("ens1f0", "02:00:00:00:00:01", 9000)],
        driver: "ixgbe",
        userspace: false,
        virtualFunction: undefined,
      },
    },
    {
      name: "a device without a driver",
      pciID: PF,
      entries: { [`${PF}/`]: "" },
      facts: { pciID: PF, netdevs: [], driver: undefined, userspace: false, virtualFunction: undefined },
    },
    {
      name: "links without an Ethernet address, in the order of their names",
      pciID: PF,
      entries: {
        [`${PF}/net/ib1/address`]: `${"80:".repeat(19)}01\n`,
        [`${PF}/net/ib1/mtu`]: "2044\n",
        [`${PF}/net/ib0/mtu`]: "2044\n",
      },
      facts: {
        pciID: PF,
        netdevs: [link("ib0", undefined, 2044), link("ib1", undefined, 2044)],
        driver: undefined,
        userspace: false,
        virtualFunction: undefined,
      },
    },
  ];
  for (const { name, pciID, entries = NIC, facts } of cases) {
    await t.step(
      name,
      () => withSysfs(entries, (sysfs) => assertEquals<unknown>(readDeviceFacts(pciID, sysfs), facts)),
    );
  }
});

Deno.test("readDeviceFacts knows the userspace drivers", () => {
  const drivers = { "vfio-pci": true, "igb_uio": true, "uio_pci_generic": true, "vfio": false, "mlx5_core": false };
  for (const [driver, userspace] of Object.entries(drivers)) {
    withSysfs({ [`${PF}/driver`]: `→ ../drivers/${driver}` }, (sysfs) => {
      assertEquals(readDeviceFacts(PF, sysfs).userspace, userspace, driver);
    });
  }
});

Deno.test("readDeviceFacts reads nothing for what is no PCI id", () => {
  const unread = (): never => {
    throw new Error("something was read");
  };
  const sysfs: Sysfs = { findText: unread, findLinkName: unread, findNames: unread };
  const ids = ["", "..", "0000:05:10.8", "0000:05:10", "05:10.1", "0000:05:1A.1", ` ${VF0}`, `${VF0}\n`, `${VF0}/..`];
  for (const id of ids) {
    const error = assertThrows(() => readDeviceFacts(id, sysfs), CniError, "is no PCI device");
    assertEquals(error.code, ErrorCode.InvalidConfig, id);
  }
});

Deno.test("readDeviceFacts says what is odd about a tree", async (t) => {
  const cases: { name: string; entries: Record<string, string>; message: string }[] = [
    { name: "nothing at all", entries: {}, message: `PCI device ${VF0} is not on this host` },
    { name: "another device only", entries: { [`${PF}/`]: "" }, message: `PCI device ${VF0} is not on this host` },
    {
      name: "a link without an MTU",
      entries: { [`${VF0}/net/ens1f0v0/address`]: "02:00:00:00:00:10\n" },
      message: "net/ens1f0v0/mtu is missing",
    },
    {
      name: "an MTU that is no number",
      entries: { [`${VF0}/net/ens1f0v0/mtu`]: "large\n" },
      message: 'net/ens1f0v0/mtu is "large"',
    },
    {
      name: "a file instead of links",
      entries: { [`${VF0}/net`]: "x" },
      message: "net cannot be read: Not a directory",
    },
    {
      name: "a physical function that is none",
      entries: { [`${VF0}/physfn`]: "→ ../../elsewhere" },
      message: 'physfn leads to "elsewhere"',
    },
    {
      name: "a physical function that has gone",
      entries: { [`${VF0}/physfn`]: `→ ../${PF}` },
      message: `physfn leads to ${PF}, which has no virtfn that leads back`,
    },
    {
      name: "a physical function without this virtual function",
      entries: { [`${VF0}/physfn`]: `→ ../${PF}`, [`${PF}/virtfn0`]: `→ ../${VF1}` },
      message: `physfn leads to ${PF}, which has no virtfn that leads back`,
    },
  ];
  for (const { name, entries, message } of cases) {
    await t.step(name, () =>
      withSysfs(entries, (sysfs) => {
        const error = assertThrows(() => readDeviceFacts(VF0, sysfs), CniError);
        assertEquals(error.code, ErrorCode.IoFailure);
        assertStringIncludes(error.message, VF0);
        assertStringIncludes(error.message, message);
      }));
  }
});
