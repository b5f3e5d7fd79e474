import { assertEquals } from "@std/assert";
import { TENANT_CONFIG_CASES } from "../../tests/integration/webhook/cases/tenant_configs.ts";
import { TENANT_NETWORK_CHANGES } from "../../tests/integration/webhook/cases/tenant_network_changes.ts";
import { TENANT_NETWORK_CREATIONS } from "../../tests/integration/webhook/cases/tenant_networks.ts";
import { assertTenantVerdict, clusterOf, reservedIn, review } from "../../tests/support/webhook/review_tenants.ts";
import { createJudges } from "../judges.ts";

const TABLES = {
  "TenantNetworks are created as the table says": TENANT_NETWORK_CREATIONS,
  "TenantNetworks are changed as the table says": TENANT_NETWORK_CHANGES,
  "TenantConfigs are judged as the table says": TENANT_CONFIG_CASES,
};

for (const [name, cases] of Object.entries(TABLES)) {
  Deno.test(name, async (t) => {
    for (const of of cases) {
      await t.step(`${of.operation}: ${of.name}`, async () => {
        const cluster = clusterOf(of);
        const verdict = await review(of, { cluster, judges: createJudges({ random: () => 0 }) });
        assertTenantVerdict(of, verdict);
        if (of.reserved) assertEquals(await reservedIn(cluster), of.reserved);
      });
    }
  });
}
