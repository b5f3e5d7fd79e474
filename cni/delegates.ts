import { type CniResult } from "../shared/cni/cni_result.ts";
import { CniError, ErrorCode } from "../shared/errors.ts";
import { runIpBatch } from "../shared/host/ip_batch.ts";
import type { Run } from "../shared/host/run.ts";
import { type IpLink, parseLinks } from "./host_link.ts";
import type { PlannedAttachment } from "./planned_attachment.ts";
import { renderNadCall } from "./nad/render_nad_call.ts";
import type { DelegateCall } from "./record.ts";
import { type Configured, formatGiven, type GivenAddress, parseGiven } from "./render_configuration.ts";
import { renderDelegatePlugins } from "./render_delegate.ts";
import { renderMacvlan } from "./render_macvlan.ts";
import { renderSriov } from "./render_sriov.ts";
import { ownIndex } from "./result.ts";

/** What every delegate of a sandbox is called with. */
export interface DelegateSettings {
  readonly cniVersion: string;
  readonly networkName: string;
  /** Interface that the runtime named; what it passes for capabilities is for that one. */
  readonly ifname: string;
  readonly runtimeConfig?: Readonly<Record<string, unknown>> | undefined;
  /** The hardware address that an interface is to get, where we choose it. */
  readonly macOf: (interfaceName: string) => string;
}

/** Whether the reference `macvlan` makes an interface as a network says; it needs no address for that. */
export function isMacvlan({ backend, delegate }: PlannedAttachment): boolean {
  return backend === "macvlan" && delegate === undefined;
}

/**
 * The execution of `macvlan` for an interface.
 *
 * @param settings.hostLink the VLAN or VxLAN link that it is on, where the network has one
 */
export function renderMacvlanCall(
  attachment: PlannedAttachment,
  settings: DelegateSettings & { hostLink: string | undefined },
): DelegateCall & { mac: string } {
  const { interface: name } = attachment;
  const mac = settings.macOf(name);
  return {
    interface: name,
    plugins: [{ type: "macvlan", conf: renderMacvlan(attachment, { ...settings, mac }) }],
    mac,
  };
}

/** The execution of any other delegate of an interface; undefined when it has none. */
export function renderDelegateCall(configured: Configured, settings: DelegateSettings): DelegateCall | undefined {
  const { attachment, addresses } = configured;
  const { interface: name, backend, delegate, deviceID } = attachment;
  if (delegate && attachment.nad) return renderNadCall(attachment, { delegate, nad: attachment.nad });
  if (delegate) {
    const runtimeConfig = name === settings.ifname ? settings.runtimeConfig : undefined;
    const given = { addresses: addresses.map(formatGiven), deviceID, runtimeConfig };
    const plugins = renderDelegatePlugins(delegate, given);
    return { interface: name, plugins };
  }
  if (backend !== "sriov") return undefined;
  const mac = attachment.userspaceDriver === undefined ? undefined : settings.macOf(name);
  return { interface: name, plugins: [{ type: "sriov", conf: renderSriov(attachment, { ...settings, mac }) }] };
}

/** Whether an interface is a link with a hardware address that only its delegate knows. */
function isDelegatesLink({ delegate, backend, userspaceDriver }: PlannedAttachment): boolean {
  return delegate !== undefined || (backend === "sriov" && userspaceDriver === undefined);
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
  at: { run: Run; netns: string; signal: AbortSignal },
): Promise<void> {
  const made = attachments.filter(isDelegatesLink);
  if (made.length === 0) return;
  const links = await readLinks(at);
  const taken = made.filter(({ interface: name }) => links.has(name));
  if (taken.length === 0) return;
  const errors = taken.map(({ interface: name, subject }) =>
    new CniError(
      ErrorCode.HostLinkFailed,
      `${name} on ${subject}: the sandbox has an interface of that name already`,
    )
  );
  throw new AggregateError(errors, "");
}

/** What the delegate of an interface answered. */
export interface DelegateAnswer {
  readonly interface: string;
  readonly result: CniResult;
}

/**
 * Interfaces with what their static delegates answered: the addresses that these gave, be they ours or their own.
 *
 * @throws {AggregateError} of a {@linkcode CniError} code 105 for each that was told an address and does not say that it
 *   gave it
 */
export function withAnswers(allocated: readonly Configured[], answers: readonly DelegateAnswer[]): Configured[] {
  const errors: unknown[] = [];
  const configured = allocated.map((one) => {
    try {
      return withAnswer(one, answers);
    } catch (error) {
      errors.push(error);
      return one;
    }
  });
  if (errors.length > 0) throw new AggregateError(errors, "");
  return configured;
}

function withAnswer(allocated: Configured, answers: readonly DelegateAnswer[]): Configured {
  const { attachment, addresses: told } = allocated;
  const { interface: name, delegate, subject } = attachment;
  const result = delegate && answers.find((answer) => answer.interface === name)?.result;
  if (!result) return allocated;
  const addresses = givenByDelegate(name, result);
  const missing = told.map(formatGiven).filter((address) => !addresses.map(formatGiven).includes(address));
  if (missing.length === 0) return { attachment, addresses, result };
  const types = delegate.plugins.map(({ type }) => type).join(", ");
  throw new CniError(
    ErrorCode.DelegateFailed,
    `${name} on ${subject}: delegate ${types} was told ${missing.join(" and ")}, and does not say that it gave it`,
    { details: `ask for no ip and ip6 there, where the plugin gives addresses of its own; for "none", where none` },
  );
}

/** The addresses that a delegate gave to an interface: what its result says of it, or does not say of another. */
function givenByDelegate(name: string, result: CniResult): GivenAddress[] {
  const { interfaces = [], ips = [] } = result;
  const own = ownIndex(name, result);
  return ips.filter(({ interface: index }) => {
    if (index === undefined || index === own) return true;
    // Plugins that name only the host's end of what they made point there.
    return own === -1 && interfaces[index]?.sandbox === undefined;
  }).map(({ address }) => parseGiven(address));
}

/**
 * Reads the hardware addresses of what delegates made that were not told which, and do not all tell; empty where a link
 * has none, absent where a NetworkAttachmentDefinition made no link.
 *
 * @throws {AggregateError} of a {@linkcode CniError} code 105 for each interface that is not there
 */
export async function readDelegatesMacs(
  attachments: readonly PlannedAttachment[],
  at: { run: Run; netns: string; signal: AbortSignal },
): Promise<Map<string, string>> {
  const made = attachments.filter(isDelegatesLink);
  if (made.length === 0) return new Map();
  const links = await readLinks(at);
  // Others' plugins also give devices to programs, which are no links.
  const absent = made.filter(({ interface: name, nad }) => nad === undefined && !links.has(name));
  if (absent.length > 0) {
    const errors = absent.map(({ interface: name, subject, delegate, backend }) => {
      const types = delegate?.plugins.map(({ type }) => type).join(", ") ?? backend;
      const message = `${name} on ${subject}: delegate ${types} ended well, but the sandbox has no such interface`;
      return new CniError(ErrorCode.DelegateFailed, message);
    });
    throw new AggregateError(errors, "");
  }
  return new Map(made.flatMap(({ interface: name }) => {
    const link = links.get(name);
    return link ? [[name, link.address ?? ""] as const] : [];
  }));
}

async function readLinks(
  { run, netns, signal }: { run: Run; netns: string; signal: AbortSignal },
): Promise<Map<string, IpLink>> {
  const links = parseLinks(await runIpBatch(run, [["link", "show"]], { netns, json: true, signal }));
  return new Map(links.map((link) => [link.ifname, link]));
}
