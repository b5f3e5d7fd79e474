import { settleAll } from "../shared/settle_all.ts";
import { identityOf, snapshot, type Work } from "./attach_work.ts";
import {
  type DelegateAnswer,
  type DelegateSettings,
  isMacvlan,
  readDelegatesMacs,
  renderDelegateCall,
  renderMacvlanCall,
} from "./delegates.ts";
import { executeDelegates } from "./execute_delegates.ts";
import { findHostLinks } from "./host_link.ts";
import { createIpvlans } from "./ipvlan.ts";
import type { DelegateCall } from "./record.ts";
import type { Configured } from "./render_configuration.ts";
import { createUserspaceLinks } from "./userspace_link.ts";

/**
 * Makes the links that can be made before there are addresses, because we set those: ipvlans, macvlans and the links of
 * userspace devices.
 *
 * @returns the hardware addresses that are known, by interface
 */
export async function makeOwnLinks(work: Work): Promise<Map<string, string>> {
  const { sandbox: { attachments, netns }, record, deps, signal } = work;
  const hostLinks = await findHostLinks(attachments, { deps, signal });
  const settings = settingsOf(work);
  const calls = attachments.filter(isMacvlan).map((one) =>
    renderMacvlanCall(one, { ...settings, hostLink: hostLinks.get(one) })
  );
  const ipvlans = attachments.filter(({ backend }) => backend === "ipvlan");
  const userspace = attachments.filter(({ userspaceDriver }) => userspaceDriver !== undefined);
  const making = { run: deps.run, netns, groups: record.links, signal };
  const [made] = await settleAll([
    createIpvlans(ipvlans, { ...making, hostLinks }),
    execute(work, calls),
    createUserspaceLinks(userspace, { ...making, macOf: settings.macOf }),
  ]);
  return new Map([
    ...calls.map(({ interface: name, mac }) => [name, mac] as const),
    ...[...made].flatMap(([{ interface: name }, { mac }]) => mac ? [[name, mac] as const] : []),
    ...userspace.map(({ interface: name }) => [name, settings.macOf(name)] as const),
  ]);
}

/**
 * Executes the delegates that are told their addresses, or whose links may take a name that is taken.
 *
 * @returns what they answered, and the hardware addresses of all interfaces by their names
 */
export async function executeOthers(
  work: Work,
  made: { allocated: readonly Configured[]; ownMacs: ReadonlyMap<string, string> },
): Promise<{ answers: DelegateAnswer[]; macs: Map<string, string> }> {
  const { sandbox: { attachments, netns }, deps, signal } = work;
  const settings = settingsOf(work);
  const calls = made.allocated.flatMap((one) => renderDelegateCall(one, settings) ?? []);
  const answers = await execute(work, calls);
  const theirs = await readDelegatesMacs(attachments, { run: deps.run, netns, signal });
  return { answers, macs: new Map([...made.ownMacs, ...theirs]) };
}

/** What is executed is on disk before. */
async function execute(work: Work, calls: readonly DelegateCall[]): Promise<DelegateAnswer[]> {
  const { record, deps, signal } = work;
  if (calls.length === 0) return [];
  record.delegates.push(...calls);
  deps.records.write(snapshot(work));
  return await executeDelegates(calls, { ...record, run: deps.run, signal });
}

function settingsOf(work: Work): DelegateSettings {
  const { request } = work.sandbox;
  return { ...request.netconf, ...request, macOf: (name) => identityOf(work, name).mac };
}
