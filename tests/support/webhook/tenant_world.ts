import { assert, assertEquals } from "@std/assert";
import { ApiError, Conflict } from "../../../shared/kube/api_error.ts";
import { createJudges, type Judges } from "../../../webhook/judges.ts";
import type { StoredObject } from "../../../webhook/cluster.ts";
import { usesOf } from "../../../webhook/tenants/network_use.ts";
import { reservationsOf } from "../../../webhook/tenants/tenancy.ts";
import type { Verdict } from "../../../webhook/verdict.ts";
import { seededRandom } from "../seeded_random.ts";
import { type ClusterFault, FaultyCluster } from "./faulty_cluster.ts";
import { type Manifest, MemoryCluster } from "./memory_cluster.ts";
import { mutate, review, validate } from "./review_tenants.ts";

const { signal } = new AbortController();

/**
 * A cluster whose API server stores what several replicas of the webhook let through, with everything taking its time:
 * between any two steps somebody else may do something. A seed decides all of it.
 */
export class TenantWorld {
  readonly memory = new MemoryCluster();
  readonly random: () => number;
  /** What happened, for the message of a failure. */
  readonly story: string[] = [];
  readonly #replicas: { cluster: FaultyCluster; judges: Judges }[];
  readonly #underWay = new Map<string, number>();

  constructor(seed: number, replicas: number) {
    this.random = seededRandom(seed);
    this.#replicas = Array.from({ length: replicas }, () => ({
      cluster: new FaultyCluster(this.memory, { travel: () => this.#travel(), fault: () => this.#fault() }),
      judges: createJudges({ random: this.random, sleep: () => this.#travel() }),
    }));
  }

  /** Creates a TenantNetwork as an API server does; now and then it dies on the way. */
  async createNetwork(name: string, spec: Record<string, unknown>): Promise<void> {
    const object: Manifest = { kind: "TenantNetwork", metadata: { namespace: "default", name }, spec };
    await this.#during(name, async () => {
      const mutated = await mutate({ operation: "CREATE", object }, this.#replica());
      if (mutated.denials.length > 0) return this.#tell(`${name} denied`, mutated);
      if (this.random() < 0.1) return this.story.push(`${name} was never stored`);
      await this.#travel();
      const given = mutated.object as Manifest;
      const judged = await validate({ operation: "CREATE", object: given }, this.#replica());
      if (judged.denials.length > 0) return this.#tell(`${name} refused`, judged);
      await this.#travel();
      const ref = { kind: "TenantNetwork", namespace: "default", name } as const;
      if (await this.memory.findNetwork(ref, signal)) return;
      this.memory.put({ ...given, kind: "TenantNetwork" });
      this.story.push(`${name} stored: ${JSON.stringify(given.spec)}`);
      await this.assertSound();
    });
  }

  async deleteNetwork(name: string): Promise<void> {
    await this.#travel();
    this.memory.remove({ kind: "TenantNetwork", metadata: { namespace: "default", name } });
    this.story.push(`${name} deleted`);
  }

  /** Creates or changes a TenantConfig; what was judged is stored only if nobody changed it meanwhile. */
  async applyConfig(name: string, says: Record<string, unknown>): Promise<void> {
    for (;;) {
      const before = await this.#config(name);
      const operation = before ? "UPDATE" : "CREATE";
      const status = before?.status === undefined ? {} : { status: before.status };
      const object: Manifest = { kind: "TenantConfig", metadata: { name }, ...says, ...status };
      const stored = before && { ...before, kind: "TenantConfig" as const };
      const verdict = await review({ operation, object, ...(stored && { before: stored }) }, this.#replica());
      if (verdict.denials.length > 0) return this.#tell(`TenantConfig ${name} denied`, verdict);
      const now = await this.#config(name);
      if (now?.metadata.resourceVersion !== before?.metadata.resourceVersion) continue;
      this.memory.put(object);
      this.story.push(`TenantConfig ${name}: ${JSON.stringify(says)}`);
      return;
    }
  }

  async deleteConfig(name: string): Promise<void> {
    for (;;) {
      const before = await this.#config(name);
      if (!before) return;
      const verdict = await review(
        { operation: "DELETE", before: { ...before, kind: "TenantConfig" } },
        this.#replica(),
      );
      if (verdict.denials.length > 0) return this.#tell(`TenantConfig ${name} stays`, verdict);
      const now = await this.#config(name);
      if (now?.metadata.resourceVersion !== before.metadata.resourceVersion) continue;
      this.memory.remove({ kind: "TenantConfig", metadata: { name } });
      this.story.push(`TenantConfig ${name} deleted`);
      return;
    }
  }

  /** Frees what no network has, as the cleaner does: whatever may be on its way is younger than its grace. */
  async clean(): Promise<void> {
    const networks = await this.memory.listNetworks(signal);
    const held = new Set(networks.flatMap(usesOf).map(({ device, vniType, vni }) => `${device} ${vniType} ${vni}`));
    for (const config of await this.memory.listTenantConfigs(signal)) {
      const kept = reservationsOf(config).filter(({ device, vniType, vni, network }) =>
        held.has(`${device} ${vniType} ${vni}`) || this.#underWay.has(network.replace("default/", ""))
      );
      if (kept.length === reservationsOf(config).length) continue;
      try {
        await this.memory.replaceTenantConfigStatus({ ...config, status: { reservations: kept } }, signal);
        this.story.push(`cleaned ${config.metadata.name}`);
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
      }
    }
  }

  /** No VNI twice on a device, each reserved for its network, none beside what the TenantConfigs give. */
  async assertSound(): Promise<void> {
    const networks = await this.memory.listNetworks(signal);
    const configs = await this.memory.listTenantConfigs(signal);
    const reserved = configs.flatMap(reservationsOf)
      .map(({ device, vniType, vni, network }) => `${device} ${vniType} ${vni} ${network}`);
    const uses = networks.flatMap(usesOf).filter(({ vniType }) => vniType);
    const places = uses.map(({ device, vniType, vni }) => `${device} ${vniType} ${vni}`);
    assertEquals(places.length, new Set(places).size, `a VNI twice: ${places.sort()}\n${this.story.join("\n")}`);
    for (const { kind, device, vniType, vni, network } of uses) {
      const entry = `${device} ${vniType} ${vni} ${network}`;
      if (kind === "TenantNetwork") {
        assert(reserved.includes(entry), `${entry} is not reserved\n${this.story.join("\n")}`);
      }
    }
  }

  async #during(name: string, work: () => Promise<unknown>): Promise<void> {
    this.#underWay.set(name, (this.#underWay.get(name) ?? 0) + 1);
    try {
      await work();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.story.push(`${name} failed: ${error.message}`);
    } finally {
      const left = (this.#underWay.get(name) ?? 1) - 1;
      if (left > 0) this.#underWay.set(name, left);
      else this.#underWay.delete(name);
    }
  }

  #replica(): { cluster: FaultyCluster; judges: Judges } {
    const replica = this.#replicas[Math.floor(this.random() * this.#replicas.length)];
    assert(replica);
    return replica;
  }

  async #config(name: string): Promise<StoredObject | undefined> {
    return (await this.memory.listTenantConfigs(signal)).find(({ metadata }) => metadata.name === name);
  }

  async #travel(): Promise<void> {
    for (let turns = Math.floor(this.random() * 12); turns > 0; turns--) await Promise.resolve();
  }

  #fault(): ClusterFault {
    const number = this.random();
    return number < 0.05 ? "refused" : number < 0.15 ? "lost" : undefined;
  }

  #tell(what: string, { denials }: Verdict): void {
    this.story.push(`${what}: ${denials.map(({ field, reason }) => `${field}: ${reason}`).join("; ")}`);
  }
}
