import { CniError, ErrorCode } from "../shared/errors.ts";
import { IpBatchError, runIpBatch } from "../shared/host/ip_batch.ts";
import type { Run } from "../shared/host/run.ts";
import { writeSysctls } from "../shared/host/sysctl.ts";
import { type IpLink, parseLinks } from "./host_link.ts";
import { type Configured, renderConfiguration, renderSysctls } from "./render_configuration.ts";
import { MACVLAN_MTU } from "./render_macvlan.ts";

/**
 * Gives all interfaces of a sandbox their kernel parameters, addresses, routes and rules, with one `sysctl` and one
 * `ip`, and brings them up.
 *
 * @returns the links as they are now, by name
 * @throws {AggregateError} of a {@linkcode CniError} for each interface that could not be configured
 * @throws {CommandError} when the sandbox is gone
 */
export async function configure(
  configured: readonly Configured[],
  options: { run: Run; netns: string; signal: AbortSignal },
): Promise<Map<string, IpLink>> {
  const { run, netns, signal } = options;
  await writeSysctls(run, netns, { settings: renderSysctls(configured), signal });
  const lines = configured.flatMap((one) => renderConfiguration(one).map((command) => ({ one, command })));
  const stdout = await apply(lines, options);
  const links = new Map(parseLinks(stdout).map((link) => [link.ifname, link]));
  const tooLarge = configured.filter(({ attachment: { backend, mtuBytes, interface: name } }) =>
    backend === "macvlan" && mtuBytes === undefined && (links.get(name)?.mtu ?? 0) > MACVLAN_MTU
  );
  const shrink = tooLarge.flatMap((one) => {
    const { interface: name } = one.attachment;
    return [["link", "set", "dev", name, "mtu", String(MACVLAN_MTU)], ["link", "show", "dev", name]]
      .map((command) => ({ one, command }));
  });
  for (const link of parseLinks(await apply(shrink, options))) links.set(link.ifname, link);
  return links;
}

async function apply(
  lines: readonly { one: Configured; command: readonly string[] }[],
  options: { run: Run; netns: string; signal: AbortSignal },
): Promise<string> {
  const { run, netns, signal } = options;
  try {
    return await runIpBatch(run, lines.map(({ command }) => command), { netns, json: true, force: true, signal });
  } catch (cause) {
    if (!(cause instanceof IpBatchError)) throw cause;
    // What fails first on an interface explains what fails after it.
    const first = new Map(
      cause.failures.toReversed().map((failure) => [lines[failure.index]?.one.attachment, failure]),
    );
    throw new AggregateError(
      [...first].map(([attachment, { command, reason }]) => {
        const message = `${attachment?.interface} on ${attachment?.subject}: \`ip ${command}\` failed: ${reason}`;
        return new CniError(ErrorCode.HostLinkFailed, message, { cause });
      }),
      "",
    );
  }
}
