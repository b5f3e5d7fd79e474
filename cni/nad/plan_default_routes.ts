import type { CniRoute } from "../../shared/cni/cni_result.ts";
import { CniError, ErrorCode } from "../../shared/errors.ts";
import type { Configured } from "../render_configuration.ts";

type Family = 4 | 6;

/** RT_TABLE_MAIN of rtnetlink. */
const MAIN_TABLE = 254;

/** Which interfaces have the default route of a family. */
interface Choice {
  readonly family: Family;
  /** Empty = none has one. */
  readonly owners: ReadonlySet<string>;
  /** Whether others have set one, too. */
  readonly isContended: boolean;
  /** Whether the Pod has said so, so that not even a route that no plugin told of may stay. */
  readonly isAsked: boolean;
}

/**
 * Decides whose default routes a Pod has whose interfaces are not all of networks of ours. One that is asked for with
 * `default-route` is the only one of its family; otherwise those of our networks are, otherwise that of the first
 * NetworkAttachmentDefinition whose plugins set one. The others lose theirs.
 *
 * @throws {AggregateError} of a {@linkcode CniError} code 104 where two interfaces ask for the same, or one has no address
 *   of its gateway's family
 */
export function planDefaultRoutes(configured: readonly Configured[]): Configured[] {
  if (configured.every(({ attachment: { nad } }) => nad === undefined)) return [...configured];
  const errors: CniError[] = [];
  const choices = ([4, 6] as const).map((family) => choose(family, { configured, errors }));
  if (errors.length > 0) throw new AggregateError(errors, "");
  return configured.map((one) => choices.reduce(carryOut, one));
}

function choose(
  family: Family,
  { configured, errors }: { configured: readonly Configured[]; errors: CniError[] },
): Choice {
  const asking = configured.filter((one) => asks(one, family));
  const [first, second] = asking;
  if (first && second) errors.push(twice(family, [first, second]));
  for (const one of asking) {
    const isBare = namesGateway(one, family) && !one.addresses.some((address) => address.family === family);
    if (isBare) errors.push(withoutAddress(family, one));
  }
  const having = configured.filter((one) => hasDefault(one, family));
  const ours = having.filter(({ attachment: { nad } }) => nad === undefined);
  const owners = first ? [first] : ours.length > 0 ? ours : having.slice(0, 1);
  return {
    family,
    owners: new Set(owners.map(({ attachment }) => attachment.interface)),
    isContended: having.some((one) => !owners.includes(one)),
    isAsked: first !== undefined,
  };
}

/** Whether an interface asks for the default route: with a gateway, or with an empty list for that of its plugins. */
function asks(one: Configured, family: Family): boolean {
  const asked = one.attachment.nad?.defaultRoute;
  return asked !== undefined && (asked.length > 0 ? namesGateway(one, family) : hasDefault(one, family));
}

function namesGateway({ attachment: { nad } }: Configured, family: Family): boolean {
  return nad?.defaultRoute?.some((gateway) => gateway.includes(":") === (family === 6)) ?? false;
}

function hasDefault({ attachment, addresses, result }: Configured, family: Family): boolean {
  const isSet = addresses.some((address) => address.family === family);
  return attachment.routes.some(({ table, destination }) =>
    isSet && table === undefined && isDefault(destination, family)
  ) ||
    (result?.routes?.some((route) => isToldDefault(route, family)) ?? false);
}

function isDefault(destination: string, family: Family): boolean {
  return destination.endsWith("/0") && destination.includes(":") === (family === 6);
}

/** Plugins may also tell of routes in tables of policies, which are no default routes of the Pod. */
function isToldDefault({ dst, table }: CniRoute, family: Family): boolean {
  return (table === undefined || table === MAIN_TABLE) && isDefault(dst, family);
}

function carryOut(one: Configured, { family, owners, isAsked, isContended }: Choice): Configured {
  const isOwner = owners.has(one.attachment.interface);
  if (isOwner && !namesGateway(one, family)) {
    return isContended && owners.size === 1 ? withRouteOfPlugins(one, family) : one;
  }
  if (owners.size === 0 || (!isAsked && !hasDefault(one, family))) return one;
  const { attachment, result, noDefaultRoute = [] } = one;
  const routes = attachment.routes.filter(({ table, destination }) =>
    isOwner || table !== undefined || !isDefault(destination, family)
  );
  if (!result) return { ...one, attachment: { ...attachment, routes } };
  return {
    ...one,
    attachment: { ...attachment, routes },
    result: { ...result, routes: (result.routes ?? []).filter((route) => !isToldDefault(route, family)) },
    // Without addresses it has no default route, and may be no link.
    ...(one.addresses.length > 0 && { noDefaultRoute: [...noDefaultRoute, family] }),
  };
}

/** Sets the route once more: where another's was there first, plugins leave theirs out. */
function withRouteOfPlugins(one: Configured, family: Family): Configured {
  const { attachment, result } = one;
  if (attachment.routes.some(({ table, destination }) => table === undefined && isDefault(destination, family))) {
    return one;
  }
  const routes = (result?.routes ?? []).flatMap((route) => {
    const { dst, gw, priority } = route;
    // One of a priority of its own is not left out.
    if (gw === undefined || priority !== undefined || !isToldDefault(route, family)) return [];
    return [{ family, destination: dst, gateway: gw }];
  });
  return { ...one, attachment: { ...attachment, routes: [...attachment.routes, ...routes.slice(0, 1)] } };
}

function twice(family: Family, ones: readonly Configured[]): CniError {
  const names = ones.map(({ attachment: { interface: name, subject } }) => `${name} on ${subject}`);
  return new CniError(
    ErrorCode.InvalidRequest,
    `the default route of IPv${family} is asked for by ${names.join(" and ")}`,
    { details: "leave default-route in one entry of the annotation k8s.v1.cni.cncf.io/networks" },
  );
}

function withoutAddress(family: Family, { attachment: { interface: name, subject } }: Configured): CniError {
  return new CniError(
    ErrorCode.InvalidRequest,
    `${name} on ${subject}: default-route names an IPv${family} gateway, but the interface has no IPv${family} address`,
  );
}
