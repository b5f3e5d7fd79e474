import { CniError, ErrorCode } from "../shared/errors.ts";
import { IpBatchError, runIpBatch } from "../shared/host/ip_batch.ts";
import { CommandError, type Run } from "../shared/host/run.ts";
import { parse } from "../shared/schema/describe_issues.ts";
import type { HostParent } from "./host_parent.ts";
import type { PlannedAttachment } from "./planned_attachment.ts";
import * as z from "zod/mini";

/** A link as `ip -json -details link show` prints it, as far as it matters here. */
export const IpLink = z.object({
  ifname: z.string(),
  link: z.optional(z.nullable(z.string())),
  mtu: z.number(),
  address: z.optional(z.string()),
  linkinfo: z.optional(z.object({
    info_kind: z.optional(z.string()),
    info_data: z.optional(z.object({
      id: z.optional(z.number()),
      link: z.optional(z.string()),
      protocol: z.optional(z.string()),
    })),
  })),
});
/** A link as `ip -json -details link show` prints it. */
export type IpLink = z.infer<typeof IpLink>;

/**
 * Reads what `ip -json` printed for the `link show` commands of a batch: one document a line, each a list.
 *
 * @throws {SchemaError} when it is something else
 */
export function parseLinks(stdout: string): IpLink[] {
  const documents = stdout.split("\n").filter((line) => line.trim() !== "").map((line) => JSON.parse(line) as unknown);
  // A force batch prints an empty object for a command that has nothing to show.
  const lists = documents.map((document) => Array.isArray(document) ? document.filter((one) => "ifname" in one) : []);
  return parse(z.array(IpLink), lists.flat(), "ip -json link show");
}

/** How long a host link that is not there yet is waited for, in milliseconds: a network and its Pods often come together. */
const LINK_WAIT_MS = 2000;

/** Wait between two looks, in milliseconds. */
const POLL_MS = 100;

/** What finding host links needs. */
export interface HostLinkDeps {
  readonly run: Run;
  readonly delay: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Milliseconds on a monotonic clock. */
  readonly monotonicMs: () => number;
}

/** Names of the VLAN and VxLAN links that interfaces are put on, by attachment. */
export type HostLinks = ReadonlyMap<PlannedAttachment, string>;

/**
 * Finds the VLAN and VxLAN links that the attachments need, and checks that each is on the right device with the right
 * VNI: a name alone proves nothing. One command for all of them; none when no attachment needs one.
 *
 * @throws {AggregateError} of a {@linkcode CniError} for each that is missing (code 11) or is something else (code 106)
 */
export async function findHostLinks(
  attachments: readonly PlannedAttachment[],
  options: { deps: HostLinkDeps; signal: AbortSignal },
): Promise<HostLinks> {
  const { deps, signal } = options;
  const wanted = attachments.filter(({ parent }) => parent && parent.kind !== "device");
  if (wanted.length === 0) return new Map();
  const deadline = deps.monotonicMs() + LINK_WAIT_MS;
  for (;;) {
    const present = await showLinks(deps.run, wanted.flatMap(({ parent }) => namesOf(parent)), signal);
    const found = new Map<PlannedAttachment, string>();
    const errors: CniError[] = [];
    for (const attachment of wanted) {
      const result = choose(attachment, present);
      if (typeof result === "string") found.set(attachment, result);
      else errors.push(result);
    }
    if (errors.length === 0) return found;
    const missing = errors.every((error) => error.code === ErrorCode.TryAgain);
    if (!missing || deps.monotonicMs() >= deadline) throw new AggregateError(errors, "");
    await deps.delay(POLL_MS, signal);
  }
}

function namesOf(parent: HostParent | undefined): readonly string[] {
  return parent && parent.kind !== "device" ? parent.names : [];
}

async function showLinks(run: Run, names: readonly string[], signal: AbortSignal): Promise<IpLink[]> {
  const commands = [...new Set(names)].map((name) => ["link", "show", "dev", name]);
  try {
    return parseLinks(await runIpBatch(run, commands, { json: true, force: true, signal }));
  } catch (error) {
    // Some of them do not exist; the others are on stdout.
    if (error instanceof IpBatchError && error.cause instanceof CommandError) return parseLinks(error.cause.stdout);
    throw error;
  }
}

function choose(attachment: PlannedAttachment, present: readonly IpLink[]): string | CniError {
  const { parent, subject, interface: name } = attachment;
  if (!parent || parent.kind === "device") throw new TypeError(`${name} needs no host link`);
  const candidates = present.filter(({ ifname }) => parent.names.includes(ifname));
  const right = candidates.find((link) => isLink(link, parent));
  if (right) return right.ifname;
  const wanted = `${parent.kind} ${parent.vni} on ${parent.device}`;
  const [other] = candidates;
  if (other) {
    return new CniError(
      ErrorCode.HostLinkFailed,
      `${name} on ${subject}: host link ${other.ifname} is ${describe(other)}, not ${wanted}`,
      { details: `remove that link from the host, or change ${attachment.nad ? "master" : "NetworkID"}` },
    );
  }
  return new CniError(
    ErrorCode.TryAgain,
    `${name} on ${subject}: host link ${parent.names.join(" or ")} (${wanted}) is missing`,
    {
      details: "the netwatcher of this node makes it; see its log, and whether the host has the device",
    },
  );
}

function isLink(link: IpLink, parent: Exclude<HostParent, { kind: "device" }>): boolean {
  const { info_kind: kind, info_data: data } = link.linkinfo ?? {};
  const on = parent.kind === "vxlan" ? data?.link ?? link.link : link.link;
  return kind === parent.kind && data?.id === parent.vni && on === parent.device &&
    (kind !== "vlan" || data.protocol === undefined || data.protocol === "802.1Q");
}

function describe(link: IpLink): string {
  const { info_kind: kind = "a device", info_data: data } = link.linkinfo ?? {};
  const on = data?.link ?? link.link;
  return [kind, data?.id, on && `on ${on}`].filter((part) => part !== undefined && part !== null).join(" ");
}
