import { NETWORK_KINDS, type NetworkKind } from "../../../../shared/schema/network.ts";
import type { CrdCase } from "../../crd_cases/case.ts";
import { NETWORK_CASES } from "../../crd_cases/network_cases.ts";
import { BROKEN_ORIGINALS, ORIGINAL_CASES } from "../../crd_cases/original_cases.ts";
import { MIGRATION, type NetworkCase, type Spec } from "./network_case.ts";

/** What a TenantNetwork was assigned; changes to it have rules of their own. */
const ASSIGNED = ["host_device", "device_pool", "vlan", "vxlan"];

const BASE: Spec = { NetworkID: "net", NetworkType: "ipvlan" };

/**
 * The rules that one network alone can break: what the CRDs' cases say, of every kind, and created, changed into, and
 * kept while something else is changed.
 */
export const STATIC_CASES: readonly NetworkCase[] = [
  ...NETWORK_CASES.flatMap((of) => kindsOf(of).flatMap((kind) => casesOf(of, kind))),
  ...ORIGINAL_CASES.flatMap(originalCases),
  ...BROKEN_ORIGINALS.filter(isNetwork).flatMap((of) => keptCases(of, of.kind as NetworkKind)),
];

function casesOf(of: CrdCase, kind: NetworkKind): NetworkCase[] {
  const spec = specOf(of);
  // The API server prunes or refuses unknown fields before it asks anybody.
  if (!spec || of.denied?.message.includes("unknown field")) return [];
  return [createdCase(of, kind), ...changedCases(of, kind), ...(of.denied ? keptCases(of, kind) : [])];
}

function createdCase(of: CrdCase, kind: NetworkKind): NetworkCase {
  const { name } = of.object.metadata ?? {};
  return {
    name: of.name,
    kind,
    operation: "CREATE",
    spec: specOf(of),
    ...(name ? { metadata: { object: { name } } } : {}),
    ...expected(of),
  };
}

function changedCases(of: CrdCase, kind: NetworkKind): NetworkCase[] {
  const options = optionsOf(of);
  const isFixed = "address_space" in options || of.object.metadata !== undefined ||
    (kind === "TenantNetwork" && ASSIGNED.some((field) => field in options));
  if (isFixed) return [];
  return [{
    name: `changed into: ${of.name}`,
    kind,
    operation: "UPDATE",
    before: BASE,
    spec: specOf(of),
    ...expected(of),
  }];
}

/** Stored as it is, it can be changed in another field. */
function keptCases(of: CrdCase, kind: NetworkKind): NetworkCase[] {
  const spec = specOf(of);
  if (!spec) return [];
  const field = "mtu" in optionsOf(of) ? "container_prefix" : "mtu";
  const Options = { ...optionsOf(of), [field]: field === "mtu" ? 1400 : "kept" };
  const kept = { kind, operation: "UPDATE", before: spec, onlyInProcess: true } as const;
  return [
    { ...kept, name: `stored, another field changes: ${of.name}`, spec: { ...spec, Options } },
    { ...kept, name: `stored, nothing changes: ${of.name}`, spec },
    { ...kept, operation: "DELETE", name: `stored, deleted: ${of.name}` },
  ];
}

function expected({ denied }: CrdCase): Pick<NetworkCase, "denied" | "alsoCrd"> {
  // The root is called by its name where the name is what is wrong.
  return denied ? { denied: [{ field: denied.field || "metadata.name" }], alsoCrd: true } : {};
}

/** Kinds that a case of the CRDs holds for: what is said of one kind in particular holds for that one. */
function kindsOf({ kind, name, denied }: CrdCase): NetworkKind[] {
  const own = NETWORK_KINDS.filter((one) => one === kind);
  const isOfOneKind = /(Danm|Tenant|Cluster)Net/.test(name) || kind !== "DanmNet" ||
    denied?.field === "spec.NetworkID" ||
    denied?.field === "spec.AllowedTenants";
  return isOfOneKind ? own : [...NETWORK_KINDS];
}

/** Objects of an earlier release are copied by the migration; whoever else creates one does so without bitmap. */
function originalCases(of: CrdCase): NetworkCase[] {
  const spec = specOf(of);
  if (!isNetwork(of) || !spec) return [];
  const kind = of.kind as NetworkKind;
  const bitmaps = Object.entries(optionsOf(of)).filter(([field, value]) => /^alloc6?$/.test(field) && value !== "");
  const warns = warningsOf(spec);
  const Options = Object.fromEntries(Object.entries(optionsOf(of)).filter(([field]) => !/^alloc6?$/.test(field)));
  return [
    { name: `copied: ${of.name}`, kind, operation: "CREATE", user: MIGRATION, spec, warns },
    {
      name: `applied again: ${of.name}`,
      kind,
      operation: "CREATE",
      spec,
      warns: bitmaps.length > 0 ? [] : warns,
      ...(bitmaps.length > 0 && { denied: bitmaps.map(([field]) => ({ field: `spec.Options.${field}` })) }),
    },
    { name: `labelled: ${of.name}`, kind, operation: "UPDATE", before: spec, spec, onlyInProcess: true },
    {
      name: `cleared of its bitmap: ${of.name}`,
      kind,
      operation: "UPDATE",
      before: spec,
      spec: { ...spec, Options },
      onlyInProcess: true,
    },
  ];
}

/** What is said of an object of an earlier release: obsolete fields, and that nothing can be attached without device. */
function warningsOf(spec: Spec): string[] {
  const { allocation_pool: pool, host_device } = optionsOf({ name: "", kind: "DanmNet", object: { spec } }) as {
    allocation_pool?: { lastIp?: string };
    host_device?: string;
  };
  return [
    ...(pool?.lastIp ? ["allocation_pool.lastIp is of earlier releases"] : []),
    ...(!host_device && ["", "ipvlan"].includes(String(spec["NetworkType"])) ? ["host_device is not set"] : []),
  ];
}

function isNetwork({ kind }: CrdCase): boolean {
  return NETWORK_KINDS.some((one) => one === kind);
}

function specOf({ object }: CrdCase): Spec | undefined {
  return object["spec"] as Spec | undefined;
}

function optionsOf(of: CrdCase): Spec {
  return (specOf(of)?.["Options"] ?? {}) as Spec;
}
