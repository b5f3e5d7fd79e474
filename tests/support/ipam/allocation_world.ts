import { AllocationRecord } from "../../../ipam/allocation_record.ts";
import type { OwnedObject } from "../../../ipam/ledger.ts";
import { danmIpName, type DanmIpSpec } from "../../../shared/schema/danm_ip.ts";
import { NodeWorld } from "./node_world.ts";

/** Address space of {@linkcode AllocationWorld.attach}. */
export const SPACE = "cn.wide";

/** A node of `danm-ipam`. */
export class AllocationWorld extends NodeWorld<AllocationRecord> {
  constructor() {
    super(AllocationRecord);
  }

  /** A sandbox that holds an address, with its record; what is not said is that of Pod default/web in sandbox c1. */
  async attach(address: string, changes: Partial<AllocationRecord> = {}): Promise<AllocationRecord> {
    const object = await this.hold(address, changes);
    const record = allocationRecord({ ...changes, objects: [object] });
    this.records.write(record);
    return record;
  }

  /** An address that a sandbox holds, of which no record knows: a write that came late. */
  async hold(address: string, changes: Partial<AllocationRecord> = {}): Promise<OwnedObject> {
    const { containerID, ifname, pod } = allocationRecord(changes);
    const spec: DanmIpSpec = {
      space: SPACE,
      address,
      networkKind: "ClusterNetwork",
      networkNamespace: "",
      networkName: "wide",
      podNamespace: pod.namespace,
      podName: pod.name,
      podUID: pod.uid,
      containerID,
      interface: ifname,
      node: "node-1",
      plugin: "danm-ipam",
    };
    const ref = { kind: "DanmIp", name: danmIpName(address, SPACE) } as const;
    const created = await this.server.create(ref, spec, new AbortController().signal);
    if (created.kind !== "created") throw new Error(`DanmIp ${ref.name}: ${created.kind}`);
    return { ...ref, interface: ifname, uid: created.uid };
  }

  /** The addresses that are held. */
  held(): string[] {
    return this.server.objects.map(({ spec }) => (spec as DanmIpSpec).address);
  }

  /** Names of the records, without their directory. */
  recordNames(): string[] {
    return this.files().filter((name) => !name.startsWith("locks/"));
  }
}

/** A record of a sandbox that holds nothing. */
export function allocationRecord(changes: Partial<AllocationRecord> = {}): AllocationRecord {
  return {
    version: 1,
    state: "attached",
    startedAt: 900,
    networkName: "by-danm",
    containerID: "c1",
    ifname: "eth0",
    node: "node-1",
    pod: { namespace: "default", name: "web", uid: "p1" },
    objects: [],
    ...changes,
  };
}
