import { CniError, ErrorCode } from "../shared/errors.ts";
import { IpBatchError, type IpCommand, runIpBatch } from "../shared/host/ip_batch.ts";
import type { Run } from "../shared/host/run.ts";
import { type HostLinks, type IpLink, parseLinks } from "./host_link.ts";
import type { PlannedAttachment } from "./planned_attachment.ts";
import type { OwnLink } from "./record.ts";

/** What the kernel told of an interface when it was made. */
export interface MadeLink {
  readonly mac?: string | undefined;
}

/**
 * The name under which a link is made. It gets its own later, in the sandbox: kernels before 6.13 refuse a name that
 * the host has too, even for a link that is made in another namespace.
 */
export function temporaryName(link: OwnLink): string {
  return `dm-${link.group.toString(36)}`;
}

/**
 * Makes all ipvlan interfaces of a sandbox with one command, each in place, under a temporary name, down. The link
 * group marks them as ours from the first moment: what exists under that group is ours to delete, whatever its name.
 *
 * The mode is always said: it belongs to the parent, and a slave made in another mode would turn all others of it.
 *
 * @returns what is known of each interface
 * @throws {AggregateError} of a {@linkcode CniError} for each interface that could not be made
 * @see https://docs.kernel.org/networking/ipvlan.html
 */
export async function createIpvlans(
  attachments: readonly PlannedAttachment[],
  options: { run: Run; netns: string; groups: readonly OwnLink[]; hostLinks: HostLinks; signal: AbortSignal },
): Promise<Map<PlannedAttachment, MadeLink>> {
  if (attachments.length === 0) return new Map();
  const { run, netns, groups, hostLinks, signal } = options;
  const parents = attachments.map((attachment) => hostLinks.get(attachment) ?? attachment.parent?.device ?? "");
  const shows = [...new Set(parents)].map((parent): IpCommand => ["link", "show", "dev", parent]);
  const adds = attachments.map(({ interface: name, mtuBytes }, index): IpCommand => {
    const own = groups.find((link) => link.interface === name);
    if (!own) throw new TypeError(`${name} has no link group`);
    return [
      ...["link", "add", "link", parents[index] ?? "", "name", temporaryName(own), "netns", netns],
      ...["group", String(own.group)],
      ...(mtuBytes === undefined ? [] : ["mtu", String(mtuBytes)]),
      ...["type", "ipvlan", "mode", "l2"],
    ];
  });
  const links = await makeAll([...shows, ...adds], { run, signal, attachments, parents, offset: shows.length });
  const tooLarge = attachments.flatMap((attachment, index) => checkMtu(attachment, links.get(parents[index] ?? "")));
  if (tooLarge.length > 0) throw new AggregateError(tooLarge, "");
  // An ipvlan shares the hardware address of its parent.
  return new Map(attachments.map((one, index) => [one, { mac: links.get(parents[index] ?? "")?.address }]));
}

async function makeAll(
  commands: readonly IpCommand[],
  at: {
    run: Run;
    signal: AbortSignal;
    attachments: readonly PlannedAttachment[];
    parents: readonly string[];
    offset: number;
  },
): Promise<Map<string, IpLink>> {
  try {
    const stdout = await runIpBatch(at.run, commands, { json: true, force: true, signal: at.signal });
    return new Map(parseLinks(stdout).map((link) => [link.ifname, link]));
  } catch (cause) {
    if (!(cause instanceof IpBatchError)) throw cause;
    const failed = cause.failures.filter(({ index }) => index >= at.offset);
    throw new AggregateError(
      failed.map(({ index, reason }) => {
        const attachment = at.attachments[index - at.offset];
        const parent = at.parents[index - at.offset];
        const message =
          `${attachment?.interface} on ${attachment?.subject}: ipvlan on ${parent} cannot be made: ${reason}`;
        return new CniError(ErrorCode.HostLinkFailed, message, { cause });
      }),
      "",
    );
  }
}

function checkMtu(attachment: PlannedAttachment, parent: IpLink | undefined): CniError[] {
  const { mtuBytes, subject } = attachment;
  if (mtuBytes === undefined || !parent || mtuBytes <= parent.mtu) return [];
  const message = `${subject}: spec.Options.mtu: ${mtuBytes} exceeds the ${parent.mtu} of ${parent.ifname}`;
  return [new CniError(ErrorCode.InvalidConfig, message)];
}
