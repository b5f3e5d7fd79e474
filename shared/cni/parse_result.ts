import { ErrorCode } from "../errors.ts";
import { AddressError, parseAddress, parseCidr } from "../schema/address.ts";
import type { CniDns, CniInterface, CniIp, CniResult, CniRoute } from "./cni_result.ts";
import { JsonField } from "./json_field.ts";

/** 0.1.0 up to 0.4.x, and all of 1: within a major version documents stay readable. */
const READABLE = /^(0\.[1-4]|1\.\d+)\.\d+$/;

/**
 * Parses the result of a plugin of any version. Its keys tell its form, not its version, which some plugins leave out
 * and some state wrongly: `ip4` and `ip6` (0.1.0, 0.2.0) count where none of the later keys is there. What the forms do
 * not know is left out, and so is an `interface` of an address that points nowhere; an empty text counts as absent.
 *
 * @param options.subject what the document is, for messages: `result of macvlan`, `configuration`
 * @param options.path where in it the result is; absent = it is the result
 * @throws {CniError} code 6 naming the field
 * @see https://github.com/containernetworking/cni/blob/spec-v1.1.0/SPEC.md#section-5-result-types
 */
export function parseResult(document: unknown, options: { subject: string; path?: string }): CniResult {
  const root = new JsonField(document, { path: "", ...options, code: ErrorCode.DecodingFailure });
  const version = findText(root, "cniVersion");
  if (version !== undefined && !READABLE.test(version)) {
    throw root.get("cniVersion").wrong("must be a version of CNI from 0.1.0 to 1.x");
  }
  const later = ["interfaces", "ips", "routes"].some((key) => root.find(key) !== undefined);
  const dns = findDns(root);
  return { ...(later ? parseLater(root) : parseEarliest(root)), ...(dns && { dns }) };
}

/** 0.3.0 and later. */
function parseLater(root: JsonField): CniResult {
  const interfaces = root.find("interfaces")?.items().map(parseInterface);
  const ips = root.find("ips")?.items().map((ip) => parseIp(ip, interfaces?.length ?? 0));
  const routes = root.find("routes")?.items().map(parseRoute);
  return defined<CniResult>({ interfaces, ips, routes });
}

/** 0.1.0 and 0.2.0: one address of each family, which its routes go with. */
function parseEarliest(root: JsonField): CniResult {
  const parts = [{ family: 4, part: root.find("ip4") }, { family: 6, part: root.find("ip6") }].flatMap(
    ({ family, part }) => part === undefined ? [] : [{ family, part }],
  );
  const ips = parts.map(({ family, part }): CniIp => {
    const ip = part.get("ip");
    const address = cidrText(ip);
    if (parseCidr(address).family !== family) throw ip.wrong(`must be IPv${family}`);
    return defined<CniIp>({ address, gateway: findAddress(part, "gateway") });
  });
  const routes = parts.flatMap(({ part }) => part.find("routes")?.items().map(parseRoute) ?? []);
  return { ...(ips.length > 0 && { ips }), ...(routes.length > 0 && { routes }) };
}

function parseInterface(field: JsonField): CniInterface {
  return defined<CniInterface>({
    name: field.get("name").text(),
    mac: findText(field, "mac"),
    sandbox: findText(field, "sandbox"),
    mtu: field.find("mtu")?.unsigned(),
    socketPath: findText(field, "socketPath"),
    pciID: findText(field, "pciID"),
  });
}

function parseIp(field: JsonField, interfaceCount: number): CniIp {
  const index = field.find("interface")?.integer() ?? -1;
  return defined<CniIp>({
    address: cidrText(field.get("address")),
    gateway: findAddress(field, "gateway"),
    interface: index >= 0 && index < interfaceCount ? index : undefined,
  });
}

function parseRoute(field: JsonField): CniRoute {
  const find = (key: string): number | undefined => field.find(key)?.unsigned();
  return defined<CniRoute>({
    dst: cidrText(field.get("dst")),
    gw: findAddress(field, "gw"),
    mtu: find("mtu"),
    advmss: find("advmss"),
    priority: find("priority"),
    table: find("table"),
    scope: find("scope"),
  });
}

function findDns(root: JsonField): CniDns | undefined {
  const field = root.find("dns");
  if (field === undefined) return undefined;
  const texts = (key: string): string[] | undefined => field.find(key)?.items().map((item) => item.text());
  const dns = defined<CniDns>({
    nameservers: texts("nameservers"),
    domain: findText(field, "domain"),
    search: texts("search"),
    options: texts("options"),
  });
  return Object.keys(dns).length > 0 ? dns : undefined;
}

function findText(field: JsonField, key: string): string | undefined {
  return field.find(key)?.text() || undefined;
}

function findAddress(field: JsonField, key: string): string | undefined {
  const text = findText(field, key);
  return text === undefined ? undefined : checkedText(field.get(key), parseAddress);
}

function cidrText(field: JsonField): string {
  return checkedText(field, parseCidr);
}

/** The field's text as it stands, when `parse` can read it. */
function checkedText(field: JsonField, parse: (text: string) => unknown): string {
  const text = field.text();
  try {
    parse(text);
  } catch (error) {
    if (error instanceof AddressError) {
      throw field.wrong(parse === parseCidr ? "must be address/prefix" : "must be an address");
    }
    throw error;
  }
  return text;
}

/** An object without the keys that are undefined. */
function defined<T extends object>(entries: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as T;
}
