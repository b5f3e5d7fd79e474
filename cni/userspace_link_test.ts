import { assert, assertEquals, assertRejects } from "@std/assert";
import { CniError, ErrorCode } from "../shared/errors.ts";
import { CommandError, type Run } from "../shared/host/run.ts";
import { parseNetwork } from "../shared/schema/network.ts";
import { renderDelegateCall } from "./delegates.ts";
import { planAttachments } from "./plan_attachments.ts";
import type { PlannedAttachment } from "./planned_attachment.ts";
import { createUserspaceLinks, renderUserspaceLinks } from "./userspace_link.ts";

const MAC = "02:00:00:00:00:07";
const OWN = { interface: "eth0", group: 0x7fffffff };

function attachment(options: Record<string, unknown>, userspaceDriver?: string): PlannedAttachment {
  const network = parseNetwork("DanmNet", {
    metadata: { name: "n", namespace: "default" },
    spec: { NetworkID: "id", NetworkType: "sriov", Options: { device_pool: "v/a", cidr: "10.0.0.0/24", ...options } },
  });
  const [planned] = planAttachments({
    namespace: "default",
    firstInterface: "eth0",
    namingScheme: "",
    requests: [{ kind: "DanmNet", name: "n", ip: "dynamic" }],
    networks: [network],
    cniVersion: "1.0.0",
    delegateConfs: new Map(),
    assignedDevices: new Map([["v/a", ["0000:05:10.1"]]]),
  });
  assert(planned);
  return { ...planned, userspaceDriver };
}

function confOf(planned: PlannedAttachment): unknown {
  const settings = { cniVersion: "1.0.0", networkName: "danm", ifname: "eth0", hostLinks: new Map(), macOf: () => MAC };
  return renderDelegateCall({ attachment: planned, addresses: [] }, settings)?.plugins[0]?.conf;
}

Deno.test("sriov is told device and VLAN, 0 for none, and the hardware address where the kernel has no link", async (t) => {
  const conf = { cniVersion: "1.0.0", name: "danm", type: "sriov", deviceID: "0000:05:10.1" };
  const cases: { name: string; planned: PlannedAttachment; more: object }[] = [
    { name: "a kernel driver", planned: attachment({}), more: { vlan: 0 } },
    { name: "a kernel driver and a VLAN", planned: attachment({ vlan: 4094 }), more: { vlan: 4094 } },
    { name: "a userspace driver", planned: attachment({ vlan: 7 }, "vfio-pci"), more: { vlan: 7, mac: MAC } },
  ];
  for (const { name, planned, more } of cases) {
    await t.step(name, () => assertEquals(confOf(planned), { ...conf, ...more }));
  }
});

Deno.test("the links that stand for a virtual function have names of at most 15 bytes", () => {
  const render = (options: Record<string, unknown>): string[] =>
    renderUserspaceLinks(attachment(options, "vfio-pci"), { own: OWN, mac: MAC }).map((words) => words.join(" "));
  assertEquals(render({}), [
    `link add name dm-zik0zj group 2147483647 address ${MAC} type dummy`,
    "link set dev dm-zik0zj alias 0000:05:10.1",
  ]);
  assertEquals(render({ vlan: 7, mtu: 9000 }), [
    `link add name vf-zik0zj group 2147483647 address ${MAC} mtu 9000 type dummy`,
    "link set dev vf-zik0zj alias 0000:05:10.1",
    `link add link vf-zik0zj name dm-zik0zj group 2147483647 address ${MAC} mtu 9000 type vlan id 7`,
    "link set dev dm-zik0zj alias 0000:05:10.1",
  ]);
});

Deno.test("of an interface whose links cannot be made the first failure is told", async () => {
  const run: Run = (argv) => {
    const stderr = "Error: Unknown device type.\nCommand failed -:1\nCannot find device\nCommand failed -:2\n";
    return Promise.reject(new CommandError(argv, { code: 1, stdout: "", stderr }));
  };
  const { signal } = new AbortController();
  const options = { run, netns: "/n", groups: [OWN], macOf: () => MAC, signal };
  const { errors } = await assertRejects(
    () => createUserspaceLinks([attachment({ vlan: 7 }, "vfio-pci")], options),
    AggregateError,
  );
  const [error, another] = errors;
  assert(error instanceof CniError && another === undefined);
  assertEquals(error.code, ErrorCode.HostLinkFailed);
  assertEquals(
    error.message,
    "eth0 on DanmNet default/n: " +
      `\`ip link add name vf-zik0zj group 2147483647 address ${MAC} type dummy\` failed: Error: Unknown device type.`,
  );
});
