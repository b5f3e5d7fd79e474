import { CniError, ErrorCode } from "../shared/errors.ts";
import { IpBatchError, runIpBatch } from "../shared/host/ip_batch.ts";
import type { Run } from "../shared/host/run.ts";
import { writeSysctls } from "../shared/host/sysctl.ts";
import { type IpLink, parseLinks } from "./host_link.ts";
import {
  type Configured,
  renderConfiguration,
  renderRules,
  renderSysctls,
  renderWithdrawals,
  ruleCommands,
} from "./render_configuration.ts";
import type { PlannedAttachment } from "./planned_attachment.ts";
import type { OwnLink } from "./record.ts";
import { temporaryName } from "./ipvlan.ts";
import { hasStandIn, standInName } from "./userspace_link.ts";
import { MACVLAN_MTU } from "./render_macvlan.ts";

/** Where interfaces are configured, and how. */
export interface ConfigureOptions {
  readonly run: Run;
  readonly netns: string;
  /** The links that we made ourselves; they still have their temporary names. */
  readonly ownLinks: readonly OwnLink[];
  /** Hardware addresses, by interface. */
  readonly macs: ReadonlyMap<string, string>;
  readonly signal: AbortSignal;
}

/**
 * Gives all interfaces of a sandbox their kernel parameters, addresses, names, routes and rules, with one `sysctl` and
 * one `ip`, and brings them up; IPv6 rules, where somebody asked for some, take another `ip`.
 *
 * @returns the links as they are now, by name
 * @throws {CniError} naming the interface that could not be configured
 * @throws {CommandError} when the sandbox is gone
 */
export async function configure(
  configured: readonly Configured[],
  options: ConfigureOptions,
): Promise<Map<string, IpLink>> {
  const { run, netns, ownLinks, macs, signal } = options;
  const nameOf = (name: string): string => {
    const own = ownLinks.find((link) => link.interface === name);
    return own ? temporaryName(own) : name;
  };
  const lowerOf = (attachment: PlannedAttachment): string | undefined => {
    const own = hasStandIn(attachment) && ownLinks.find((link) => link.interface === attachment.interface);
    return own ? standInName(own) : undefined;
  };
  await writeSysctls(run, netns, { settings: renderSysctls(configured, { nameOf, lowerOf }), signal });
  const withdrawals = configured.flatMap((one) => renderWithdrawals(one).map((command) => ({ one, command })));
  const configuration = configured.flatMap((one) => {
    const { interface: name, delegate } = one.attachment;
    const isUp = delegate === undefined && !ownLinks.some((link) => link.interface === name);
    const mac = isUp ? macs.get(name) : undefined;
    return renderConfiguration(one, { nameOf, lowerOf, mac }).map((command) => ({ one, command }));
  });
  const applied = await apply([...withdrawals, ...configuration], options);
  const links = new Map(parseLinks(applied).map((link) => [link.ifname, link]));
  const tooLarge = configured.filter(({ attachment: { backend, mtuBytes, interface: name } }) =>
    backend === "macvlan" && mtuBytes === undefined && (links.get(name)?.mtu ?? 0) > MACVLAN_MTU
  );
  const shrink = tooLarge.flatMap((one) => {
    const { interface: name } = one.attachment;
    return [["link", "set", "dev", name, "mtu", String(MACVLAN_MTU)], ["link", "show", "dev", name]]
      .map((command) => ({ one, command }));
  });
  for (const link of parseLinks(await apply(shrink, options))) links.set(link.ifname, link);
  const rules6 = configured.flatMap((one) =>
    ruleCommands("add", renderRules(one), 6).map((command) => ({ one, command }))
  );
  await apply(rules6, { ...options, family: 6 });
  return links;
}

async function apply(
  lines: readonly { one: Configured; command: readonly string[] }[],
  { run, netns, signal, family = 4 }: ConfigureOptions & { family?: 4 | 6 },
): Promise<string> {
  try {
    return await runIpBatch(run, lines.map(({ command }) => command), { netns, json: true, family, signal });
  } catch (cause) {
    const [failure] = cause instanceof IpBatchError ? cause.failures : [];
    if (!failure) throw cause;
    const { interface: name, subject } = lines[failure.index]?.one.attachment ?? {};
    const taken = lines[failure.index]?.command.includes("name") && failure.reason.endsWith("File exists");
    const why = taken
      ? "the sandbox has an interface of that name already"
      : `\`ip ${failure.command}\` failed: ${failure.reason}`;
    throw new CniError(ErrorCode.HostLinkFailed, `${name} on ${subject}: ${why}`, { cause });
  }
}
