import { CniError, ErrorCode } from "../../shared/errors.ts";
import type { Configured } from "../render_configuration.ts";

/**
 * Gives the Pod's default routes to the interfaces that ask for them with `default-route`: one that names a gateway has
 * the only default route of that family, one that names none keeps those that its plugins set. Of the other interfaces
 * those of that family are taken back.
 *
 * @throws {AggregateError} of a {@linkcode CniError} code 104 where two interfaces ask for the same, or one has no address
 *   of its gateway's family
 */
export function planDefaultRoutes(configured: readonly Configured[]): Configured[] {
  const owners = new Map<4 | 6, Configured>();
  const errors: CniError[] = [];
  for (const one of configured) {
    for (const family of askedFamilies(one)) {
      const other = owners.get(family);
      if (other) errors.push(twice(family, { one, other }));
      else owners.set(family, one);
      const missing = namesGateway(one, family) && !one.addresses.some((address) => address.family === family);
      if (missing) errors.push(withoutAddress(family, one));
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, "");
  return configured.map((one) => {
    const families = [...owners].flatMap(([family, owner]) =>
      owner !== one || namesGateway(one, family) ? [family] : []
    );
    return families.length === 0
      ? one
      : withoutDefaultRoutes(one, { families, isOwner: (family) => owners.get(family) === one });
  });
}

/** The families whose default route an interface asks for. */
function askedFamilies(one: Configured): (4 | 6)[] {
  const asked = one.attachment.nad?.defaultRoute;
  if (asked === undefined) return [];
  return ([4, 6] as const).filter((family) =>
    asked.length > 0
      ? namesGateway(one, family)
      : one.result?.routes?.some(({ dst }) => familyOfDefault(dst) === family) ?? false
  );
}

function namesGateway({ attachment: { nad } }: Configured, family: 4 | 6): boolean {
  return nad?.defaultRoute?.some((gateway) => gateway.includes(":") === (family === 6)) ?? false;
}

function withoutDefaultRoutes(
  one: Configured,
  { families, isOwner }: { families: readonly (4 | 6)[]; isOwner: (family: 4 | 6) => boolean },
): Configured {
  const isTaken = (destination: string): boolean => families.some((family) => familyOfDefault(destination) === family);
  const { attachment, result } = one;
  return {
    ...one,
    attachment: {
      ...attachment,
      routes: attachment.routes.filter(({ family, table, destination }) =>
        table !== undefined || isOwner(family) || !isTaken(destination)
      ),
    },
    ...(result && {
      result: { ...result, ...(result.routes && { routes: result.routes.filter(({ dst }) => !isTaken(dst)) }) },
      // Without addresses it has no default route, and may be no link.
      ...(one.addresses.length > 0 && { noDefaultRoute: families }),
    }),
  };
}

/** The family of which a destination is everything; undefined when it is less. */
function familyOfDefault(destination: string): 4 | 6 | undefined {
  if (!destination.endsWith("/0")) return undefined;
  return destination.includes(":") ? 6 : 4;
}

function twice(family: 4 | 6, { one, other }: { one: Configured; other: Configured }): CniError {
  const names = [other, one].map(({ attachment: { interface: name, subject } }) => `${name} on ${subject}`);
  return new CniError(
    ErrorCode.InvalidRequest,
    `the default route of IPv${family} is asked for by ${names.join(" and ")}`,
    {
      details: "leave default-route in one entry of the annotation k8s.v1.cni.cncf.io/networks",
    },
  );
}

function withoutAddress(family: 4 | 6, { attachment: { interface: name, subject } }: Configured): CniError {
  return new CniError(
    ErrorCode.InvalidRequest,
    `${name} on ${subject}: default-route names an IPv${family} gateway, but the interface has no IPv${family} address`,
  );
}
