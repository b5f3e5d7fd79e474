import { type CniResult } from "../shared/cni/cni_result.ts";
import { CniError, ErrorCode } from "../shared/errors.ts";
import { runIpBatch } from "../shared/host/ip_batch.ts";
import type { Run } from "../shared/host/run.ts";
import { parseCidr } from "../shared/schema/address.ts";
import { type HostLinks, parseLinks } from "./host_link.ts";
import { renderDelegatePlugins } from "./plan_delegate.ts";
import type { PlannedAttachment } from "./plan_attachments.ts";
import type { DelegateCall } from "./record.ts";
import { type Configured, formatGiven, type GivenAddress } from "./render_configuration.ts";
import { renderMacvlan } from "./render_macvlan.ts";

/** What every delegate of a sandbox is called with. */
export interface DelegateSettings {
  readonly cniVersion: string;
  readonly networkName: string;
  /** Interface that the runtime named; what it passes for capabilities is for that one. */
  readonly ifname: string;
  readonly runtimeConfig?: Readonly<Record<string, unknown>> | undefined;
  readonly hostLinks: HostLinks;
  /** The hardware address that an interface is to get, where we choose it. */
  readonly macOf: (interfaceName: string) => string;
}

/** The execution of an interface's delegate; undefined when it has none. */
export function renderDelegateCall(configured: Configured, settings: DelegateSettings): DelegateCall | undefined {
  const { attachment, addresses } = configured;
  const { interface: name, backend, delegate } = attachment;
  if (delegate) {
    const runtimeConfig = name === settings.ifname ? settings.runtimeConfig : undefined;
    const plugins = renderDelegatePlugins(delegate, { addresses: addresses.map(formatGiven), runtimeConfig });
    return { interface: name, plugins };
  }
  if (backend !== "macvlan") return undefined;
  const mac = settings.macOf(name);
  const conf = renderMacvlan(attachment, { ...settings, mac, hostLink: settings.hostLinks.get(attachment) });
  return { interface: name, plugins: [{ type: "macvlan", conf }], mac };
}

/**
 * Refuses interfaces whose names the sandbox has already, where a delegate is to make them: its DEL, when ADD failed,
 * would delete the other one.
 *
 * @throws {AggregateError} of a {@linkcode CniError} code 106 for each
 * @throws {CommandError} when there is no such sandbox
 */
export async function refuseTakenNames(
  attachments: readonly PlannedAttachment[],
  { run, netns, signal }: { run: Run; netns: string; signal: AbortSignal },
): Promise<void> {
  const made = attachments.filter(({ delegate }) => delegate !== undefined);
  if (made.length === 0) return;
  const links = parseLinks(await runIpBatch(run, [["link", "show"]], { netns, json: true, signal }));
  const taken = made.filter(({ interface: name }) => links.some(({ ifname }) => ifname === name));
  if (taken.length === 0) return;
  const errors = taken.map(({ interface: name, subject }) =>
    new CniError(
      ErrorCode.HostLinkFailed,
      `${name} on ${subject}: the sandbox has an interface of that name already`,
    )
  );
  throw new AggregateError(errors, "");
}

/** The addresses that a delegate gave to an interface: what its result says of it, or does not say of another. */
export function givenByDelegate(interfaceName: string, result: CniResult): GivenAddress[] {
  const own = result.interfaces?.findIndex(({ name, sandbox }) => name === interfaceName && sandbox) ?? -1;
  return (result.ips ?? []).filter((ip) => ip.interface === undefined || ip.interface === own).map(({ address }) => {
    const { host, ...cidr } = parseCidr(address);
    return { family: cidr.family, value: host, cidr: { ...cidr, host } };
  });
}
