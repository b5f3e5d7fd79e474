import { planAddresses } from "../ipam/plan_addresses.ts";
import {
  findRepeatedNames,
  isBare,
  LOOPBACK,
  nameInterface,
  type NamingScheme,
  withoutAddress,
} from "../ipam/plan_interfaces.ts";
import { chooseIpam } from "../ipam/plan_ipam.ts";
import { CniError, ErrorCode } from "../shared/errors.ts";
import { SchemaError } from "../shared/schema/describe_issues.ts";
import type { InterfaceRequest } from "../shared/schema/interfaces_annotation.ts";
import { type Network, REFUSED_NETWORK_TYPES } from "../shared/schema/network.ts";
import { checkTenant } from "../shared/schema/allowed_tenants.ts";
import { describeNetwork } from "../shared/schema/describe_network.ts";
import { backendOf, isStatic, type NetworkBackend } from "../shared/schema/network_backend.ts";
import type { AssignedDevices } from "./devices/plan_devices.ts";
import { hostParent } from "./host_parent.ts";
import { checkDeviceOptions, withDevices } from "./plan_device_pools.ts";
import { findUnseenMasters, planNad } from "./nad/plan_nad.ts";
import type { PlannedAttachment, PlannedRoute } from "./planned_attachment.ts";
import type { NadRequest } from "./nad/resolve_nads.ts";
import { type DelegateConf, planDelegatePlugins, type PlannedDelegate } from "./plan_delegate.ts";

/** What attachments are planned from. `requests[i]` is for `networks[i]`. */
export interface PlanInput {
  readonly namespace: string;
  /** Name of the first interface: what the runtime asked for, `eth0` in Kubernetes. */
  readonly firstInterface: string;
  readonly namingScheme: NamingScheme;
  readonly requests: readonly InterfaceRequest[];
  readonly networks: readonly Network[];
  /** Configurations of static delegates, by network. */
  readonly delegateConfs: ReadonlyMap<Network, DelegateConf>;
  /** What the kubelet assigned to the Pod; needed where a network has a device pool. */
  readonly assignedDevices?: AssignedDevices | undefined;
  /** What the Pod asks of NetworkAttachmentDefinitions; their interfaces come last. */
  readonly nads?: readonly NadRequest[] | undefined;
  /** For delegates whose configuration has none. */
  readonly cniVersion: string;
}

/**
 * Decides everything that can be decided before anything is done: names, backends, addresses, routes.
 *
 * @throws {AggregateError} of a {@linkcode CniError} or {@linkcode SchemaError} for everything that is wrong
 */
export function planAttachments(input: PlanInput): PlannedAttachment[] {
  const errors: unknown[] = [];
  const plans = [
    ...input.requests.map((request, index) => {
      const network = input.networks[index];
      if (!network) throw new TypeError(`request ${index} has no network`);
      return () => planOne(input, { request, network, index });
    }),
    ...(input.nads ?? []).map((nad) => () => planNad(nad, input)),
  ];
  const planned = plans.flatMap((plan) => {
    try {
      return [plan()];
    } catch (error) {
      errors.push(error);
      return [];
    }
  });
  if (errors.length === 0) errors.push(...wrongTogether(planned));
  if (errors.length > 0) throw new AggregateError(errors, "");
  return withDevices(planned, input.assignedDevices ?? new Map());
}

/** Where a Pod asks for its interfaces, for messages. */
const SOURCE = "annotation danm.io/interfaces";

interface One {
  readonly request: InterfaceRequest;
  readonly network: Network;
  readonly index: number;
}

function planOne(input: PlanInput, one: One): PlannedAttachment {
  const { network, request, index } = one;
  const { Options: options } = network.spec;
  const { kind, metadata } = network;
  const subject = describeNetwork(kind, input.namespace, metadata.name);
  checkTenant(network, { subject, namespace: input.namespace });
  const backend = backendOf(network.spec.NetworkType);
  checkDeviceOptions(network, { subject, backend });
  const delegate = planDelegate(input, { ...one, subject });
  const addresses = delegate && delegate.ipam !== "ours"
    ? []
    : planAddresses(request, { network, subject, source: SOURCE, path: `[${index}].` });
  const has = (family: 4 | 6): boolean =>
    delegate?.ipam === "file" || addresses.some((address) => address.family === family);
  return {
    interface: index === 0
      ? checkFirstName(input.firstInterface)
      : nameInterface(input.namingScheme, { prefix: options.container_prefix, index, subject }),
    network,
    subject,
    backend,
    ...(delegate && { delegate }),
    ...(isOnHostLink(backend) && { parent: hostParent(network, { subject, required: backend === "ipvlan" }) }),
    mtuBytes: options.mtu,
    addresses,
    ...planRoutes(one, has),
  };
}

function isOnHostLink(backend: NetworkBackend): boolean {
  return backend === "ipvlan" || backend === "macvlan";
}

function planDelegate(input: PlanInput, one: One & { subject: string }): PlannedDelegate | undefined {
  const { network, request, index, subject } = one;
  const { NetworkType } = network.spec;
  if (!isStatic(network)) return undefined;
  if ((REFUSED_NETWORK_TYPES as readonly string[]).includes(NetworkType)) {
    const reason = `${JSON.stringify(NetworkType)} is no plugin that makes interfaces`;
    throw new SchemaError(subject, [{ field: "spec.NetworkType", reason }]);
  }
  const conf = input.delegateConfs.get(network);
  if (!conf) throw new TypeError(`${subject} has no configuration of its delegate`);
  return {
    plugins: planDelegatePlugins(conf, { network, cniVersion: input.cniVersion }),
    ipam: chooseIpam(request, { network, subject, source: SOURCE, field: `[${index}]` }),
  };
}

/** The specification allows the runtime characters that a line of ip(8) cannot carry. */
function checkFirstName(name: string): string {
  if (!/["'\\#]/.test(name) && name !== LOOPBACK) return name;
  throw new CniError(ErrorCode.InvalidEnvironment, `CNI_IFNAME=${JSON.stringify(name)} cannot be used`, {
    details: `quotes, backslashes and # are not supported in the name of an interface, and ${LOOPBACK} is taken`,
  });
}

function planRoutes(one: One, has: (family: 4 | 6) => boolean): Pick<PlannedAttachment, "routes" | "warnings"> {
  const { request, network: { spec: { Options: options } } } = one;
  const routes: PlannedRoute[] = [
    ...(has(4) ? routesOf(options.routes, { family: 4 }) : []),
    ...(has(6) ? routesOf(options.routes6, { family: 6 }) : []),
  ];
  const table = options.rt_tables;
  const policy = [
    ...(has(4) ? routesOf(request.proutes, { family: 4, table }) : []),
    ...(has(6) ? routesOf(request.proutes6, { family: 6, table }) : []),
  ];
  if (policy.length === 0 || table !== undefined) return { routes: [...routes, ...policy], warnings: [] };
  return { routes, warnings: ["policy routes are asked for, but the network has no rt_tables: they are not set"] };
}

function routesOf(
  routes: Readonly<Record<string, string>> | undefined,
  at: { family: 4 | 6; table?: number | undefined },
): PlannedRoute[] {
  return Object.entries(routes ?? {}).map(([destination, gateway]) => ({ destination, gateway, ...at }));
}

/** What is only wrong with all interfaces seen together. */
function wrongTogether(planned: readonly PlannedAttachment[]): CniError[] {
  const [first] = planned;
  const bare = first && isBare({ addresses: first.addresses, ipam: first.delegate?.ipam })
    ? [withoutAddress(first)]
    : [];
  return [...findRepeatedNames(planned), ...bare, ...findUnseenMasters(planned)];
}
