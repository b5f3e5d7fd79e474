import { parseAddress } from "../../../shared/schema/address.ts";
import { danmIpName } from "../../../shared/schema/danm_ip.ts";
import type { NetworkOptions, PoolStatus } from "../../../shared/schema/network.ts";
import type { AddressRequest } from "../../../ipam/address_request.ts";
import { RecordedSandbox } from "../ipam/recorded_sandbox.ts";
import { subnetOf } from "../ipam/subnet_of.ts";
import type { Lane } from "./ipam_lane.ts";

const SIGNAL = new AbortController().signal;

/** Something that callers do, before anything goes wrong. */
export interface Scenario {
  readonly name: string;
  readonly options: NetworkOptions;
  /** Addresses that others hold. */
  readonly taken?: readonly string[];
  /** What the sandbox asks for: an address, or any of a family. */
  readonly wants: readonly (string | 4 | 6)[];
  /** What the network's status says of the pool. */
  readonly status?: PoolStatus;
  /** Whether it gets that when nothing fails in between; otherwise somebody else has it. */
  readonly gets: boolean;
  /** Requests that the first fault is tried at, where they are much the same; default all. */
  readonly from?: readonly number[];
  /**
   * What was before: the same Pod's older sandbox holds the first address; the sandbox is attached already, with or
   * without the UIDs in its record; or was, until somebody took away what it has and another Pod has got it.
   */
  readonly past?: "older sandbox" | "attached" | "attached, UIDs unknown" | "lost to another" | "lost, UIDs unknown";
}

const SUBNET: NetworkOptions = { cidr: "10.0.0.0/24", net6: "fd00::/64" };
/** After one miss such a pool is listed. */
const FULL: PoolStatus = { capacity: 2, allocated: 2 };

/** All scenarios. */
export const SCENARIOS: readonly Scenario[] = [
  { name: "dynamic, free at once", options: SUBNET, wants: [4], gets: true },
  { name: "dynamic, first taken", options: SUBNET, taken: ["10.0.0.1"], wants: [4], gets: true },
  {
    name: "dynamic, small pool decided by its list",
    options: { cidr: "10.0.0.0/30" },
    status: FULL,
    taken: ["10.0.0.1"],
    wants: [4],
    gets: true,
  },
  {
    name: "dynamic, full",
    options: { cidr: "10.0.0.0/30" },
    status: FULL,
    taken: ["10.0.0.1", "10.0.0.2"],
    wants: [4],
    gets: false,
  },
  { name: "static, free", options: SUBNET, wants: ["10.0.0.7"], gets: true },
  { name: "static, taken over", options: SUBNET, wants: ["10.0.0.7"], gets: true, past: "older sandbox" },
  { name: "static, in use", options: SUBNET, taken: ["10.0.0.7"], wants: ["10.0.0.7"], gets: false },
  // Those of each step go at once.
  { name: "both families at once", options: SUBNET, wants: [4, 6], gets: true, from: [1, 3] },
  { name: "release by UID", options: SUBNET, wants: [4], gets: true, past: "attached" },
  { name: "release by name", options: SUBNET, wants: [4], gets: true, past: "attached, UIDs unknown" },
  { name: "release by UID, another's now", options: SUBNET, wants: [4], gets: true, past: "lost to another" },
  { name: "release by name, another's now", options: SUBNET, wants: [4], gets: true, past: "lost, UIDs unknown" },
];

/** Where a scenario takes place: an address space, and others who hold addresses of it all the time. */
export interface Place {
  readonly scenario: Scenario;
  readonly space: string;
  readonly others: readonly RecordedSandbox[];
}

/** A scenario that has begun: who acts, and who else holds what. */
export interface Stage extends Place {
  readonly sandbox: RecordedSandbox;
  readonly wanted: readonly AddressRequest[];
  /** The Pod's older sandbox, whose address may be taken away. */
  readonly older: RecordedSandbox | undefined;
  /** Other Pods that got addresses meanwhile. */
  readonly heirs: readonly RecordedSandbox[];
  /** Whether the sandbox is attached already. */
  readonly attached: boolean;
}

/** Makes a place for a scenario. */
export async function openPlace(lane: Lane, scenario: Scenario): Promise<Place> {
  const space = `as.${lane.nextName()}`;
  const others = (scenario.taken ?? []).map((address) => occupy(lane, { scenario, space }, { address }));
  return { scenario, space, others: await Promise.all(others) };
}

/** Begins the scenario, with nothing failing. */
export async function begin(lane: Lane, place: Place): Promise<Stage> {
  const { past, wants } = place.scenario;
  const pod = lane.nextName();
  const [address] = wants;
  const older = past === "older sandbox"
    ? await occupy(lane, place, { address: String(address), name: `${pod}.0` })
    : undefined;
  const sandbox = new RecordedSandbox(`${pod}.1`);
  const wanted = wants.map((want) => requestOf(place, { want, sandbox }));
  const attached = past !== undefined && !older;
  if (attached) await sandbox.allocate(wanted, { process: lane.directProcess(), signal: SIGNAL });
  const heirs = past?.startsWith("lost") ? [await lose(lane, place, sandbox)] : [];
  if (past?.endsWith("UIDs unknown")) sandbox.objects = sandbox.objects.map(({ uid: _, ...object }) => object);
  return { ...place, sandbox, wanted, older, heirs, attached };
}

async function occupy(
  lane: Lane,
  place: Pick<Place, "scenario" | "space">,
  { address, name = lane.nextName() }: { address: string; name?: string },
): Promise<RecordedSandbox> {
  const sandbox = new RecordedSandbox(name);
  const wanted = [requestOf(place, { want: address, sandbox })];
  await sandbox.allocate(wanted, { process: lane.directProcess(), signal: SIGNAL });
  return sandbox;
}

/** Takes away what a sandbox has, of which its record knows nothing. @returns who has it now */
async function lose(lane: Lane, place: Place, sandbox: RecordedSandbox): Promise<RecordedSandbox> {
  const before = sandbox.objects;
  await sandbox.release({ process: lane.directProcess(), signal: SIGNAL });
  sandbox.objects = before;
  const [address = ""] = before.map(({ name }) => name.replace(`.${place.space}`, ""));
  return await occupy(lane, place, { address });
}

/** Another Pod that wants the first address of a scenario. */
export function rivalOf(stage: Stage, name: string): { rival: RecordedSandbox; wanted: readonly AddressRequest[] } {
  const rival = new RecordedSandbox(name);
  return { rival, wanted: [requestOf(stage, { want: stage.scenario.wants[0] ?? 4, sandbox: rival })] };
}

/** The name of the DanmIp of an address that a request got. */
export function nameOf({ subnet, holder }: AddressRequest, value: bigint): string {
  return danmIpName({ family: subnet.family, value }, holder.space);
}

function requestOf(
  { scenario, space }: Pick<Place, "scenario" | "space">,
  { want, sandbox: { containerID } }: { want: string | 4 | 6; sandbox: RecordedSandbox },
): AddressRequest {
  const address = typeof want === "string" ? parseAddress(want) : undefined;
  // Sandboxes of a Pod are `<pod>.<number>`.
  const podUID = containerID.replace(/\.\d+$/, "");
  return {
    subnet: subnetOf(scenario.options, address?.family ?? (want === 6 ? 6 : 4)),
    static: address?.value,
    status: scenario.status,
    subject: "ClusterNetwork n",
    holder: {
      space,
      networkKind: "ClusterNetwork",
      networkNamespace: "",
      networkName: "n",
      podNamespace: "default",
      podName: podUID,
      podUID,
      containerID,
      interface: "eth0",
      node: "node-1",
    },
  };
}
