import { assert } from "@std/assert";
import { NETWORK_KINDS } from "../../../shared/schema/network.ts";
import { sameValue } from "../../../shared/schema/same_value.ts";
import { valueAt } from "../../../shared/schema/value_at.ts";
import { installCrds } from "../../support/lab/install_crds.ts";
import { startLab } from "../../support/lab/lab.ts";
import { labTest } from "../../support/lab/lab_test_case.ts";
import { WebhookLab } from "../../support/webhook/webhook_lab.ts";
import { MIGRATION, type NetworkCase } from "./cases/network_case.ts";
import { NETWORK_TABLE } from "./cases/network_table.ts";
import { NetworkWorld } from "./network_world.ts";

/** What TenantConfigs decide of a TenantNetwork: cases about it are in the table of tenants. */
const TENANTS = [
  "NetworkID",
  "NetworkType",
  ...["host_device", "device_pool", "vlan", "vxlan"].map((o) => `Options.${o}`),
];

labTest("networks on a real API server are judged as the table says", {}, async (t) => {
  await using lab = await startLab({ nodes: 0 });
  await installCrds(lab);
  await using world = await NetworkWorld.on(lab);
  // In order of the kinds: what one case needs stored is then more often there from the one before.
  const possible = NETWORK_KINDS.flatMap((kind) => NETWORK_TABLE.filter((of) => of.kind === kind && !of.onlyInProcess));
  const denied = possible.filter(({ alsoCrd }) => alsoCrd);
  assert(denied.length > 100 && possible.length > 1000);
  for (const of of denied) await t.step(`without webhook: ${titleOf(of)}`, () => world.try(of));
  await using _webhook = await WebhookLab.start(lab);
  for (const of of possible.filter(isOurs)) await t.step(titleOf(of), () => world.try(of));
});

function titleOf({ operation, kind, name }: NetworkCase): string {
  return `${operation} ${kind}: ${name}`;
}

function isOurs({ kind, operation, spec, before, user }: NetworkCase): boolean {
  if (kind !== "TenantNetwork" || operation === "DELETE" || user === MIGRATION) return true;
  return operation === "UPDATE" && TENANTS.every((field) => sameValue(valueAt(spec, field), valueAt(before, field)));
}
