import { CniError, ErrorCode } from "../shared/errors.ts";
import { IpBatchError, type IpCommand, runIpBatch } from "../shared/host/ip_batch.ts";
import type { Run } from "../shared/host/run.ts";
import { temporaryName } from "./ipvlan.ts";
import type { PlannedAttachment } from "./planned_attachment.ts";
import type { OwnLink } from "./record.ts";

/**
 * The name of the dummy link below an interface that is a VLAN link, for as long as it lives. Like the temporary name it
 * comes from the link group, so it is the only one of the sandbox.
 */
export function standInName(link: OwnLink): string {
  return `vf-${link.group.toString(36)}`;
}

/** Whether an interface has two links: a VLAN link, and the dummy link that stands for its virtual function. */
export function hasStandIn({ userspaceDriver, network }: PlannedAttachment): boolean {
  return userspaceDriver !== undefined && network.spec.Options.vlan !== undefined;
}

/**
 * Makes links for virtual functions that a userspace driver has, so that the kernel shows nothing of them: with one
 * command, in the sandbox, under temporary names, down, in the link group of each interface. A dummy link has the
 * hardware address and the PCI id (as alias) of the function; with a VLAN a VLAN link on it is the interface, and has
 * them too. No packet ever passes: programs in the Pod read there what is theirs.
 *
 * @throws {AggregateError} of a {@linkcode CniError} code 106 for each interface whose links could not be made
 */
export async function createUserspaceLinks(
  attachments: readonly PlannedAttachment[],
  options: {
    run: Run;
    netns: string;
    groups: readonly OwnLink[];
    macOf: (interfaceName: string) => string;
    signal: AbortSignal;
  },
): Promise<void> {
  const { run, netns, groups, macOf, signal } = options;
  const lines = attachments.flatMap((attachment) => {
    const { interface: name } = attachment;
    const own = groups.find((link) => link.interface === name);
    if (!own) throw new TypeError(`${name} has no link group`);
    return renderUserspaceLinks(attachment, { own, mac: macOf(name) }).map((command) => ({ attachment, command }));
  });
  try {
    await runIpBatch(run, lines.map(({ command }) => command), { netns, force: true, signal });
  } catch (cause) {
    if (!(cause instanceof IpBatchError)) throw cause;
    throw new AggregateError(
      // What follows a link that could not be made fails for want of it.
      [...new Map(cause.failures.toReversed().map((failure) => [lines[failure.index]?.attachment, failure]))]
        .map(([attachment, { reason, command }]) => {
          const message = `${attachment?.interface} on ${attachment?.subject}: \`ip ${command}\` failed: ${reason}`;
          return new CniError(ErrorCode.HostLinkFailed, message, { cause });
        }),
      "",
    );
  }
}

/** The commands that make the links of one interface. */
export function renderUserspaceLinks(
  attachment: PlannedAttachment,
  at: { own: OwnLink; mac: string },
): IpCommand[] {
  const { deviceID = "", mtuBytes, network: { spec: { Options: { vlan } } } } = attachment;
  const words = (name: string): string[] => [
    ...["name", name, "group", String(at.own.group), "address", at.mac],
    ...(mtuBytes === undefined ? [] : ["mtu", String(mtuBytes)]),
  ];
  const alias = (name: string): IpCommand => ["link", "set", "dev", name, "alias", deviceID];
  const name = temporaryName(at.own);
  if (vlan === undefined) return [["link", "add", ...words(name), "type", "dummy"], alias(name)];
  const standIn = standInName(at.own);
  return [
    ["link", "add", ...words(standIn), "type", "dummy"],
    alias(standIn),
    ["link", "add", "link", standIn, ...words(name), "type", "vlan", "id", String(vlan)],
    alias(name),
  ];
}
