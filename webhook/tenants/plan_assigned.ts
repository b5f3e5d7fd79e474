import type { Mapping } from "./tenancy.ts";
import type { Assignment } from "./plan_assignment.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Options that a TenantNetwork gets once and keeps. */
export const ASSIGNED_OPTIONS = ["host_device", "device_pool", "vlan", "vxlan"] as const;

/** A TenantNetwork with what it was assigned. */
export function withAssignment(object: unknown, { networkId, device, vni }: Assignment): Fields {
  const spec = fields(fields(object)["spec"]);
  const options = {
    ...fields(spec["Options"]),
    ...(device && { [device.field]: device.name }),
    ...(vni && { [vni.vniType]: vni.vni }),
  };
  const hasOptions = Object.keys(options).length > 0 || "Options" in spec;
  return {
    ...fields(object),
    spec: { ...spec, ...(networkId && { NetworkID: networkId }), ...(hasOptions && { Options: options }) },
  };
}

/**
 * A TenantNetwork that is being changed, with what it was assigned where the change leaves it out: manifests do not have
 * what was filled in. A NetworkID that is mapped overrides the one of the manifest, as it did at creation.
 *
 * @param mapping of the network's type, where that stays the same
 */
export function planKept(object: unknown, oldObject: unknown, mapping: Mapping | undefined): Fields {
  const [spec, before] = [object, oldObject].map((one) => fields(fields(one)["spec"])) as [Fields, Fields];
  const [options, optionsBefore] = [spec, before].map((one) => fields(one["Options"])) as [Fields, Fields];
  const kept = ASSIGNED_OPTIONS.filter((option) => isBlank(options[option]) && !isBlank(optionsBefore[option]));
  const keepsId = isBlank(spec["NetworkID"]) || before["NetworkID"] === mapping?.networkId;
  return {
    ...fields(object),
    spec: {
      ...spec,
      ...(keepsId && !isBlank(before["NetworkID"]) && { NetworkID: before["NetworkID"] }),
      ...(kept.length > 0 && {
        Options: { ...options, ...Object.fromEntries(kept.map((option) => [option, optionsBefore[option]])) },
      }),
    },
  };
}

function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Fields : {};
}

function isBlank(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}
