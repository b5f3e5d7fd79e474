import { CniError, ErrorCode } from "../../shared/errors.ts";
import { SchemaError } from "../../shared/schema/describe_issues.ts";
import {
  describeNad,
  type Nad,
  NAD_HOST_DEVICE_ANNOTATION,
  NAD_KIND,
  NAD_RESOURCE_ANNOTATION,
} from "../../shared/schema/nad.ts";
import { REFUSED_NETWORK_TYPES } from "../../shared/schema/network.ts";
import type { HostParent } from "../host_parent.ts";
import type { PlannedAttachment } from "../planned_attachment.ts";
import { type DelegateConf, type DelegatePlugin, isObject, planDelegatePlugins } from "../plan_delegate.ts";
import type { NadSelection } from "./parse_nad_annotation.ts";

/**
 * Plans the interface of one element of the annotation.
 *
 * @param options.cniVersion for plugins whose configuration has none
 * @throws {SchemaError} naming the definition and the field
 * @throws {CniError} code 11 when its VLAN or VxLAN link is still to be made
 */
export function planNad(
  { selection, nad, conf }: { selection: NadSelection; nad: Nad; conf: DelegateConf },
  options: { cniVersion: string },
): PlannedAttachment {
  const { interface: name, namespace, capabilityArgs, defaultRoute } = selection;
  const subject = describeNad(selection);
  const NetworkType = firstType(conf.document);
  const shape = { spec: { NetworkID: selection.name, NetworkType } };
  const plugins = planDelegatePlugins(conf, { network: shape, cniVersion: options.cniVersion });
  if ((REFUSED_NETWORK_TYPES as readonly string[]).includes(NetworkType)) {
    const reason = `begins with ${JSON.stringify(NetworkType)}, which is no plugin that makes interfaces`;
    throw new SchemaError(subject, [{ field: "spec.config", reason }]);
  }
  const pool = nad.metadata.annotations?.[NAD_RESOURCE_ANNOTATION];
  return {
    interface: name,
    network: {
      kind: NAD_KIND,
      metadata: { ...nad.metadata, namespace },
      spec: { NetworkType, Options: pool ? { device_pool: pool } : {} },
    },
    subject,
    backend: "static",
    delegate: {
      ipam: "file",
      plugins: plugins.map((plugin) => ({
        ...plugin,
        conf: withArgs(plugin.conf, { selection, source: conf.source }),
      })),
    },
    nad: { args: renderArgs(selection), capabilityArgs, defaultRoute },
    parent: planParent(plugins, { nad, subject }),
    addresses: [],
    routes: (defaultRoute ?? []).map((gateway) => {
      const family = gateway.includes(":") ? 6 : 4;
      return { family, destination: family === 6 ? "::/0" : "0.0.0.0/0", gateway };
    }),
    warnings: [],
  };
}

/**
 * Plugins that are to work in the sandbox on an ipvlan of ours: that gets its name and comes up after all plugins.
 *
 * @returns a {@linkcode CniError} code 7 for each
 */
export function findUnseenMasters(planned: readonly PlannedAttachment[]): CniError[] {
  const ipvlans = new Map(planned.filter(({ backend }) => backend === "ipvlan").map((one) => [one.interface, one]));
  return planned.flatMap(({ interface: name, subject, delegate }) =>
    (delegate?.plugins ?? []).flatMap(({ type, conf: { linkInContainer, master } }) => {
      const seen = linkInContainer === true && typeof master === "string" && ipvlans.get(master);
      if (!seen) return [];
      const message = `${name} on ${subject}: ${type} cannot work on ${master}, an ipvlan of ${seen.subject}`;
      const details = "linkInContainer reaches interfaces that plugins make, of our networks those of other types";
      return [new CniError(ErrorCode.InvalidConfig, message, { details })];
    })
  );
}

/** Whatever it is: that it is the name of a plugin is checked with the rest. */
function firstType({ type, plugins }: DelegateConf["document"]): string {
  const [first] = Array.isArray(plugins) ? plugins : [];
  const named = isObject(first) ? first["type"] : type;
  return typeof named === "string" ? named.toLowerCase() : "";
}

/** The configuration with what the Pod asks for in `args.cni`, for plugins that declare no capability. */
function withArgs(
  conf: DelegatePlugin["conf"],
  { selection: { ips, mac, cniArgs }, source }: { selection: NadSelection; source: string },
): DelegatePlugin["conf"] {
  const asked = { ...(ips.length > 0 && { ips }), ...(mac !== undefined && { mac }), ...cniArgs };
  if (Object.keys(asked).length === 0) return conf;
  const args = conf["args"] ?? {};
  const cni = isObject(args) ? args["cni"] ?? {} : undefined;
  if (isObject(args) && isObject(cni)) return { ...conf, args: { ...args, cni: { ...cni, ...asked } } };
  throw new SchemaError(source, [{ field: "args", reason: "must be an object, as must args.cni" }]);
}

/** `host-local` reads one address there, and refuses several. */
function renderArgs({ mac, ips }: NadSelection): string {
  const [ip] = ips.length === 1 ? ips : [];
  return [...(mac ? [`MAC=${mac}`] : []), ...(ip ? [`IP=${ip}`] : [])].join(";");
}

/** The VLAN or VxLAN link that `master` is, when a plugin of the configuration has one of ours. */
function planParent(
  plugins: readonly DelegatePlugin[],
  { nad, subject }: { nad: Nad; subject: string },
): HostParent | undefined {
  const parents = plugins.flatMap(({ conf }) => {
    const { master, vlan, vxlan } = conf;
    // Plugins that have a `vlan` of their own have no `master`.
    if (typeof master !== "string" || master === "" || (!vlan && !vxlan)) return [];
    if (vlan && vxlan) throw wrong(subject, "vlan and vxlan exclude each other");
    return [{ master, ...(vlan ? { kind: "vlan" as const, vni: vlan } : { kind: "vxlan" as const, vni: vxlan }) }];
  });
  const [first, ...others] = parents;
  if (!first) return undefined;
  const { kind, vni, master } = first;
  const most = kind === "vlan" ? 4094 : 16777214;
  if (typeof vni !== "number" || !Number.isInteger(vni) || vni < 1 || vni > most) {
    throw wrong(subject, `${kind} must be a number from 1 to ${most}, not ${JSON.stringify(vni)}`);
  }
  if (others.some((other) => other.master !== master || other.kind !== kind || other.vni !== vni)) {
    throw wrong(subject, "must not have several VLANs or VxLANs");
  }
  const device = nad.metadata.annotations?.[NAD_HOST_DEVICE_ANNOTATION];
  if (device) return { kind, device, vni, names: [master] };
  throw new CniError(ErrorCode.TryAgain, `${subject}: there is no link yet for ${kind} ${vni} on ${master}`, {
    details: `the netwatcher makes it, and says so in the annotation ${NAD_HOST_DEVICE_ANNOTATION}; does it run?`,
  });
}

function wrong(subject: string, reason: string): SchemaError {
  return new SchemaError(subject, [{ field: "spec.config", reason }]);
}
