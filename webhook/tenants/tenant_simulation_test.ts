import { assert } from "@std/assert";
import { TenantWorld } from "../../tests/support/webhook/tenant_world.ts";

const SEEDS = 30;
const ROUNDS = 12;

/** What TenantConfigs say over time: the same devices in several, ranges that grow, shrink and move. */
const SAYINGS: readonly Record<string, unknown>[] = [
  { hostDevices: [{ name: "ens4", vniType: "vlan", vniRange: "700-703" }] },
  {
    hostDevices: [{ name: "ens4", vniType: "vlan", vniRange: "702-709" }, {
      name: "ens5",
      vniType: "vxlan",
      vniRange: "5-9",
    }],
  },
  { hostDevices: [{ name: "ens5", vniType: "vlan", vniRange: "700-702" }], networkIds: { macvlan: "mac" } },
  { hostDevices: [{ name: "ens5", vniType: "vxlan", vniRange: "8-12" }, { name: "ens6" }] },
  { networkIds: { macvlan: "mac" } },
];

const SPECS: readonly Record<string, unknown>[] = [
  { NetworkID: "n" },
  { NetworkID: "n", Options: { host_device: "ens4" } },
  { NetworkID: "n", Options: { host_device: "ens5" } },
  { NetworkID: "n", NetworkType: "macvlan" },
];

Deno.test("no VNI is given twice, whoever is interrupted, refused, or changes the TenantConfigs meanwhile", async () => {
  let stored = 0;
  let failed = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const world = new TenantWorld(seed, 3);
    await world.applyConfig("c", SAYINGS[1] ?? {});
    for (let round = 0; round < ROUNDS; round++) {
      await Promise.all(Array.from({ length: 6 }, () => act(world)));
      await world.assertSound();
    }
    stored += world.story.filter((line) => line.includes(" stored: ")).length;
    failed += world.story.filter((line) => line.includes(" failed: ")).length;
  }
  assert(stored > SEEDS * 5, `only ${stored} networks were stored`);
  assert(failed > SEEDS / 10, `only ${failed} requests failed`);
});

async function act(world: TenantWorld): Promise<void> {
  const pick = <T>(values: readonly T[]): T => values[Math.floor(world.random() * values.length)] as T;
  const network = `n${Math.floor(world.random() * 10)}`;
  const config = pick(["a", "b", "c"]);
  const number = world.random();
  if (number < 0.6) return await world.createNetwork(network, { ...pick(SPECS), NetworkID: network });
  if (number < 0.75) return await world.deleteNetwork(network);
  if (number < 0.9) return await world.applyConfig(config, pick(SAYINGS));
  if (number < 0.95) return await world.deleteConfig(config);
  await world.clean();
}
