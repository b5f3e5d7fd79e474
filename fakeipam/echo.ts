import type { Verbs } from "../shared/cni/plugin.ts";
import type { CniResult } from "../shared/cni/cni_result.ts";
import { quote } from "../shared/cni/quote.ts";
import { CniError, ErrorCode } from "../shared/errors.ts";
import { AddressError, parseCidr } from "../shared/schema/address.ts";

/**
 * The verbs of `fakeipam`: an IPAM plugin that answers the addresses it finds in its own configuration,
 * `"ipam": {"type": "fakeipam", "ips": [{"ipcidr": "10.0.0.5/24", "version": 4}]}`. Whoever wrote them there has
 * allocated them, and releases them; so there is nothing to collect, and nothing that could be out of service.
 */
export const echo: Required<Verbs> = {
  add: (request) =>
    Promise.resolve(request).then(({ conf }): CniResult => ({
      ips: readAddresses(conf).map((address) => ({ address })),
    })),
  del: () => Promise.resolve(),
  check: (request) => Promise.resolve(request).then(({ conf }) => void readAddresses(conf)),
  gc: () => Promise.resolve(),
  status: () => Promise.resolve(),
};

/** @throws {CniError} code 7 naming the field */
function readAddresses(conf: Readonly<Record<string, unknown>>): string[] {
  const ips = (conf["ipam"] as { ips?: unknown } | undefined)?.ips;
  if (!Array.isArray(ips)) throw wrong("ipam.ips", "must be a list of {ipcidr, version}");
  return ips.map((entry: unknown, index) => {
    const field = `ipam.ips[${index}]`;
    const { ipcidr, version } = (entry ?? {}) as { ipcidr?: unknown; version?: unknown };
    if (typeof ipcidr !== "string") throw wrong(`${field}.ipcidr`, "must be an address with its prefix length");
    const family = familyOf(ipcidr, `${field}.ipcidr`);
    if (version !== undefined && version !== family && version !== String(family)) {
      throw wrong(`${field}.version`, `is ${quote(version)}, ${quote(ipcidr)} is IPv${family}`);
    }
    return ipcidr;
  });
}

function familyOf(ipcidr: string, field: string): 4 | 6 {
  try {
    return parseCidr(ipcidr).family;
  } catch (error) {
    if (error instanceof AddressError) throw wrong(field, error.message);
    throw error;
  }
}

function wrong(field: string, reason: string): CniError {
  return new CniError(ErrorCode.InvalidConfig, `configuration: ${field}: ${reason}`, {
    details: "fakeipam is configured by danm; it is not meant to be used alone",
  });
}
