import { CniError, ErrorCode } from "../errors.ts";
import { JsonField } from "./json_field.ts";
import { quote } from "./quote.ts";

/** An address that the caller of an IPAM plugin asks for. */
export interface IpRequest {
  /** As it was written, an address with or without prefix length; whoever allocates it parses it. */
  readonly text: string;
  /** Where it was written, for messages: `runtimeConfig.ips[0]`, `CNI_ARGS: IP`. */
  readonly field: string;
}

/**
 * The addresses that the caller of an IPAM plugin asks for, as `host-local` and `static` are asked. Of three places the
 * first that asks for any decides, and the others are not looked at: `runtimeConfig.ips` (capability `ips`),
 * `args.cni.ips`, and `IP=` of CNI_ARGS, comma-separated, which the conventions say to ignore beside `args`.
 *
 * @param request.args of CNI_ARGS, see `parseCniArgs`
 * @throws {CniError} code 7, of CNI_ARGS code 4, naming the field
 * @see https://github.com/containernetworking/cni/blob/spec-v1.1.0/CONVENTIONS.md
 */
export function readIpRequests(
  { args, conf }: { args: ReadonlyMap<string, string>; conf: Readonly<Record<string, unknown>> },
): readonly IpRequest[] {
  const root = new JsonField(conf, { subject: "configuration", path: "", code: ErrorCode.InvalidConfig });
  const ofRuntime = readList(root.find("runtimeConfig")?.find("ips"));
  if (ofRuntime.length > 0) return ofRuntime;
  const ofArgs = readList(root.find("args")?.find("cni")?.find("ips"));
  return ofArgs.length > 0 ? ofArgs : readArgument(args.get("IP") ?? "");
}

function readList(list: JsonField | undefined): IpRequest[] {
  return list?.items().map((item) => ({ text: item.nonEmptyText(), field: item.place.path })) ?? [];
}

function readArgument(text: string): IpRequest[] {
  if (text === "") return [];
  const texts = text.split(",").map((part) => part.trim());
  if (texts.includes("")) {
    throw new CniError(ErrorCode.InvalidEnvironment, `CNI_ARGS: IP=${quote(text)} has an empty part`);
  }
  return texts.map((each) => ({ text: each, field: "CNI_ARGS: IP" }));
}
