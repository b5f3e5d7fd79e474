import { assert, assertEquals } from "@std/assert";
import { findPlugin } from "../support/danm_ipam_lab.ts";
import { DanmLab, type TestSandbox } from "../support/danm_lab.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import type { Node } from "../support/lab/node.ts";

/** Something that happens to the host while a sandbox is attached or detached. */
interface HostFault {
  readonly what: string;
  /** Lines of a shell before the call. */
  readonly before?: string;
  /** Lines that run when the delegate is called, before it does anything; with the variables of CNI. */
  readonly early?: string;
  /** Lines that run when the delegate has done its work. */
  readonly late?: string;
  readonly command: "ADD" | "DEL";
  /** Code, or those that may be, and message; none: the call succeeds. */
  readonly says?: readonly [code: number | readonly number[], msg: RegExp];
  /** Networks; default `host` twice. */
  readonly networks?: readonly string[];
}

const PARENT = "parent0";
const MAKE_PARENT = `ip link add ${PARENT} type veth peer name peer0; ip link set ${PARENT} up; ip link set peer0 up`;
/** The path goes, as when a runtime or a reboot removes a sandbox; processes in it would keep the namespace itself. */
const END_NETNS = 'ip netns del "$(basename "$CNI_NETNS")"';

const FAULTS: readonly HostFault[] = [
  {
    what: "the parent is down, as it may be for a while",
    before: `ip link set ${PARENT} down`,
    command: "ADD",
  },
  {
    what: "the parent is not there",
    before: `ip link del ${PARENT}`,
    command: "ADD",
    says: [105, /ADD of delegate macvlan on parent0 failed: .*[Ll]ink (missing|not found)/],
  },
  {
    what: "the parent goes when the delegate is called",
    early: `ip link del ${PARENT} 2>/dev/null || true`,
    command: "ADD",
    says: [105, /ADD of delegate macvlan on parent0 failed/],
  },
  {
    what: "the parent goes when the links are made",
    late: `ip link del ${PARENT} 2>/dev/null || true`,
    command: "ADD",
    // The other delegate may be at work still.
    says: [[105, 106], /^eth\d on DanmNet default\/host: |^eth\d: ADD of delegate macvlan/],
  },
  {
    what: "the MTU is too large for the parent",
    command: "ADD",
    networks: ["large"],
    says: [105, /ADD of delegate macvlan on parent0 failed: .*invalid MTU 9000/],
  },
  {
    what: "the network namespace goes when the delegate is called",
    early: END_NETNS,
    command: "ADD",
    networks: ["host"],
    says: [105, /ADD of delegate macvlan on parent0 failed: .*(netns|NS)/],
  },
  {
    what: "the network namespace goes when the links are made",
    late: END_NETNS,
    command: "ADD",
    networks: ["host"],
    says: [4, /CNI_NETNS is no network namespace/],
  },
  { what: "the network namespace goes while it is detached", early: END_NETNS, command: "DEL", networks: ["host"] },
  { what: "the parent went before DEL", before: `ip link del ${PARENT}`, command: "DEL" },
];

labTest("what happens to the host meanwhile leaves nothing behind", {}, async (t) => {
  await using lab = await startLab({ nodes: 1, nodeKind: "native" });
  const danm = await DanmLab.install(lab);
  const [node] = lab.nodes;
  assert(node);
  const network = (name: string, cidr: string, options = {}): object => ({
    apiVersion: "danm.io/v1",
    kind: "DanmNet",
    metadata: { name, namespace: "default" },
    spec: { NetworkID: name, NetworkType: "macvlan", Options: { host_device: PARENT, cidr, ...options } },
  });
  await danm.apply(network("host", "10.210.0.0/24"), network("large", "10.211.0.0/24", { mtu: 9000 }));
  for (const fault of FAULTS) await t.step(`${fault.command}: ${fault.what}`, () => tryFault({ danm, node }, fault));
});

async function tryFault({ danm, node }: { danm: DanmLab; node: Node }, fault: HostFault): Promise<void> {
  const { before = "", command, says, networks = ["host", "host"] } = fault;
  await node.run(["sh", "-e", "-c", MAKE_PARENT]);
  const bin = await wrapMacvlan(danm, fault);
  const options = { env: { CNI_PATH: `${bin}:${danm.cniPath}` } };
  const sandbox = await danm.createSandboxFor(node, networks.map((network) => ({ network, ip: "dynamic" })));
  if (command === "DEL") await danm.add(sandbox);
  await node.run(["sh", "-e", "-c", before]);
  const { code, document } = await danm.call(sandbox, command, options);
  const error = document as { code: number; msg: string } | undefined;
  const codes = [says?.[0]].flat();
  assertEquals(
    [codes.includes(error?.code), says?.[1].test(error?.msg ?? "")],
    [true, says && true],
    `${error?.code}: ${error?.msg}`,
  );
  assertEquals(code === 0, says === undefined);
  if (code === 0 && command === "ADD") assertEquals((await danm.held()).length, 2 * networks.length);
  else await assertGone(danm, sandbox);
  await danm.del(sandbox);
  await assertGone(danm, sandbox);
  await node.run([
    "sh",
    "-c",
    `ip link del ${PARENT} 2>/dev/null; ip netns del "$1" 2>/dev/null; true`,
    "sh",
    nameOf(sandbox),
  ]);
}

async function assertGone(danm: DanmLab, sandbox: TestSandbox): Promise<void> {
  assertEquals([await danm.held(), await danm.leftovers(sandbox)], [[], []]);
}

function nameOf({ netns }: TestSandbox): string {
  return netns.slice(netns.lastIndexOf("/") + 1);
}

/** A directory for CNI_PATH whose `macvlan` does what the fault says, around the real one. */
async function wrapMacvlan(danm: DanmLab, { command, early = "", late = "" }: HostFault): Promise<string> {
  const dir = await Deno.makeTempDir({ dir: danm.lab.dir });
  const real = findPlugin(danm.cniPath, "macvlan");
  const script = `#!/bin/sh
conf=$(cat)
[ "$CNI_COMMAND" = ${command} ] || { printf '%s' "$conf" | exec "${real}"; exit; }
${early}
printf '%s' "$conf" | "${real}" || exit 1
${late}
`;
  await Deno.writeTextFile(`${dir}/macvlan`, script, { mode: 0o755 });
  await Deno.chmod(dir, 0o755);
  return dir;
}
