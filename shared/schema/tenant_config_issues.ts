import { type FieldIssue, fieldPath } from "./describe_issues.ts";
import { MAX_LINK_NETWORK_ID } from "./network.ts";
import { isPathComponent } from "./path_component.ts";
import type { HostDevice, TenantConfig } from "./tenant_config.ts";
import { MAX_VNI, parseVniRange } from "./vni_range.ts";

/**
 * What is wrong with a TenantConfig by itself. The CRD says the same in CEL, but for what is beyond its budget: parts of
 * a range that overlap, devices and types that are there twice.
 */
export function tenantConfigIssues({ hostDevices, networkIds }: TenantConfig): FieldIssue[] {
  const devices = hostDevices ?? [];
  const ids = Object.entries(networkIds ?? {});
  if (devices.length === 0 && ids.length === 0) {
    return [{ field: "", reason: "at least one of hostDevices and networkIds must be set" }];
  }
  return [
    ...devices.flatMap((device, index) => deviceIssues(device, fieldPath(["hostDevices", index]))),
    ...repeated(devices.map(({ name }) => name)).map(({ index, text }) => ({
      field: fieldPath(["hostDevices", index, "name"]),
      reason: `${text} is in the list already; give it all ids in one vniRange`,
    })),
    ...ids.flatMap(([type, id]) => mappingIssues(type, id)),
    ...repeated(ids.map(([type]) => type.toLowerCase())).map(({ index, first }) => ({
      field: fieldPath(["networkIds", ids[index]?.[0] ?? ""]),
      reason: `is the NetworkType of ${ids[first]?.[0]} again: upper and lower case are the same`,
    })),
  ];
}

function deviceIssues({ vniType, vniRange }: HostDevice, field: string): FieldIssue[] {
  const range = `${field}.vniRange`;
  if (!vniType && !vniRange) return [];
  if (!vniType) return [{ field: `${field}.vniType`, reason: "must be vlan or vxlan where vniRange is set" }];
  if (!vniRange) {
    return [{
      field: range,
      reason: `must be set together with vniType, such as 700-710 inside 1-${MAX_VNI[vniType]}`,
    }];
  }
  return parseVniRange(vniRange, vniType).problems.map((reason) => ({ field: range, reason }));
}

function mappingIssues(type: string, id: string): FieldIssue[] {
  const field = fieldPath(["networkIds", type]);
  if (!isPathComponent(type)) return [{ field, reason: "its key is no NetworkType: empty, too long, or with a slash" }];
  if (!isPathComponent(id)) {
    return [{ field, reason: `${JSON.stringify(id)} is no NetworkID: empty, too long, or with a slash` }];
  }
  if (["ipvlan", "macvlan"].includes(type.toLowerCase()) && id.length > MAX_LINK_NETWORK_ID) {
    const reason = `${id} is longer than ${MAX_LINK_NETWORK_ID} characters: host links are named after it`;
    return [{ field, reason }];
  }
  return [];
}

function repeated(texts: readonly string[]): { index: number; first: number; text: string }[] {
  return texts.map((text, index) => ({ index, first: texts.indexOf(text), text }))
    .filter(({ index, first }) => first < index);
}
