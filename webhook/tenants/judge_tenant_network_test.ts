import {
  device,
  held,
  ME,
  other,
  tenantConfig,
  tenantNetwork,
} from "../../tests/integration/webhook/cases/tenant_case.ts";
import type { TenantCase } from "../../tests/integration/webhook/cases/tenant_case.ts";
import { assertTenantVerdict, clusterOf, validate } from "../../tests/support/webhook/review_tenants.ts";
import { createJudges } from "../judges.ts";

type Fields = Record<string, unknown>;

const SAYS = {
  hostDevices: [device("ens4", "vlan", "700-702"), device("ens6"), device("vendor.com/vf", "vlan", "5")],
  networkIds: { calico: "cal" },
};
const MIGRATION = "system:serviceaccount:danm-system:danm-migrate";

/** What reaches the second half without having gone through the first one as it should. */
function bypassed(
  name: string,
  spec: Fields,
  rest: Partial<TenantCase> & { reservations?: readonly ReturnType<typeof held>[] },
): TenantCase {
  const { reservations = [], others = [] } = rest;
  const object = tenantNetwork({ NetworkType: "ipvlan", NetworkID: "n", ...spec });
  return { ...rest, name, operation: "CREATE", object, others: [tenantConfig("a", SAYS, reservations), ...others] };
}

const ON_VLAN = { Options: { host_device: "ens4", vlan: 700 } };
const VLAN = "spec.Options.vlan";

const CASES: readonly TenantCase[] = [
  bypassed("its VNI is reserved for it", ON_VLAN, { reservations: [held("ens4", "vlan", 700)] }),
  bypassed("nothing is reserved", ON_VLAN, {
    denied: [{ field: VLAN, says: `700 on ens4 is not reserved for ${ME}` }],
  }),
  bypassed("its VNI is reserved for another one", ON_VLAN, {
    reservations: [held("ens4", "vlan", 700, "x/y")],
    denied: [{ field: VLAN, says: "700 on ens4 is another network's" }],
  }),
  bypassed("another VNI is reserved for it", ON_VLAN, {
    reservations: [held("ens4", "vlan", 701)],
    denied: [{ field: VLAN, says: "is not reserved" }],
  }),
  bypassed("the number is reserved for it as another type", ON_VLAN, {
    reservations: [held("ens4", "vxlan", 700)],
    denied: [{ field: VLAN, says: "is not reserved" }],
  }),
  bypassed("the number is reserved for it on another device", ON_VLAN, {
    reservations: [held("ens5", "vlan", 700)],
    denied: [{ field: VLAN, says: "is not reserved" }],
  }),
  bypassed("its VNI is reserved for another one in another TenantConfig, too", ON_VLAN, {
    reservations: [held("ens4", "vlan", 700)],
    others: [tenantConfig("z", { networkIds: { x: "y" } }, [held("ens4", "vlan", 700, "x/y")])],
    denied: [{ field: VLAN, says: "create this one again" }],
  }),
  bypassed("its VNI was taken by an administrator's network meanwhile", ON_VLAN, {
    reservations: [held("ens4", "vlan", 700)],
    others: [other("ClusterNetwork", "c", { NetworkID: "n", Options: { host_device: "ens4", vlan: 700 } })],
    denied: [{ field: VLAN, says: "700 on ens4 is another network's" }],
  }),
  bypassed("a device with VNIs, without one", { Options: { host_device: "ens4" } }, {
    denied: [{ field: "spec.Options.host_device", says: "ens4 is given to tenants with ids" }],
  }),
  bypassed("a pool with VNIs, without one", { NetworkType: "sriov", Options: { device_pool: "vendor.com/vf" } }, {
    denied: [{ field: "spec.Options.device_pool", says: "vendor.com/vf is given to tenants with ids" }],
  }),
  bypassed("a device without VNIs", { Options: { host_device: "ens6" } }, {}),
  bypassed("a VNI on a device without VNIs", { Options: { host_device: "ens6", vlan: 3 } }, {
    denied: [{ field: VLAN, says: "3 on ens6 is not reserved" }],
  }),
  bypassed("a VNI on no device", { NetworkType: "calico", NetworkID: "cal", Options: { vlan: 3 } }, {
    denied: [{ field: VLAN, says: "3 is an id on no device" }],
  }),
  bypassed("a device that is not listed", { Options: { host_device: "eth0" } }, {
    denied: [{ field: "spec.Options.host_device", says: "eth0 is not among the hostDevices" }],
  }),
  bypassed("a macvlan without device, which would be on that of the default route", { NetworkType: "macvlan" }, {
    denied: [{ field: "spec.Options.host_device", says: "is needed by NetworkType macvlan" }],
  }),
  bypassed("a NetworkID that is not the mapped one", { NetworkType: "calico", NetworkID: "other" }, {
    denied: [{ field: "spec.NetworkID", says: "other is not cal, which TenantConfig a has for calico" }],
  }),
  bypassed("a static type that is not mapped", { NetworkType: "flannel" }, {
    denied: [{ field: "spec.NetworkType", says: "flannel is not among" }],
  }),
  bypassed("no NetworkID", { NetworkID: "", Options: { host_device: "ens6" } }, {
    denied: [{ field: "spec.NetworkID", says: "must be set" }],
  }),
  bypassed("a dry run, for which nothing is reserved", ON_VLAN, { dryRun: true }),
  bypassed("a dry run with a VNI of the user's", { Options: { host_device: "ens4", vlan: 9 } }, {
    dryRun: true,
    denied: [{ field: VLAN, says: "9 on ens4 is not reserved" }],
  }),
  bypassed("a dry run with a VNI of another network", ON_VLAN, {
    dryRun: true,
    reservations: [held("ens4", "vlan", 700, "x/y")],
    denied: [{ field: VLAN, says: "another network's" }],
  }),
  bypassed("what the migration copies is taken as it is", { Options: { host_device: "eth0", vlan: 9 } }, {
    user: MIGRATION,
  }),
];

Deno.test("whoever gets round the mutation gets no VNI and no device", async (t) => {
  for (const of of CASES) {
    await t.step(of.name, async () => {
      const judges = createJudges({ random: () => 0 });
      assertTenantVerdict(of, await validate(of, { cluster: clusterOf(of), judges }));
    });
  }
});
