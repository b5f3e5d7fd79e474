import { markDetaching, releaseRecord } from "../ipam/release_record.ts";
import { IpBatchError, type IpCommand, runIpBatch } from "../shared/host/ip_batch.ts";
import { isNetnsGone } from "../shared/host/netns.ts";
import { delegateDel } from "./delegate.ts";
import { parseLinks } from "./host_link.ts";
import { type SandboxRecord, withoutLinks } from "./record.ts";
import type { SandboxDeps } from "./sandbox_deps.ts";
import { ruleCommands } from "./render_configuration.ts";
import { settleAll } from "../shared/settle_all.ts";

interface DetachOptions {
  readonly deps: SandboxDeps;
  readonly signal: AbortSignal;
  /** Path of the namespace as the runtime gives it now, empty = it is gone; undefined = that of the record. */
  readonly netns?: string;
}

/**
 * Undoes everything that a sandbox's record names: links, then endpoints, then addresses, then the record. Needs nothing
 * but the record; repeated, or on a sandbox that is half made or half gone, it does what is left. An interface whose
 * link cannot be removed keeps its address: nobody else may get it while it is in use.
 *
 * The record stays where something failed, and, as doubtful, where a write may still take effect.
 *
 * @throws {AggregateError} of everything that failed; calling again goes on with it
 */
export async function detach(
  attached: SandboxRecord,
  options: DetachOptions,
): Promise<void> {
  const { deps, signal } = options;
  const record = markDetaching(attached, deps);
  const errors: unknown[] = [];
  const kept = new Set<string>();
  const keep = (interfaces: readonly string[], error: unknown): void => {
    errors.push(error);
    for (const name of interfaces) kept.add(name);
  };
  const sandbox = { ...record, netns: options.netns ?? record.netns };
  const foreign = attached.state === "attached" ? new Set<string>() : await findForeign(sandbox, options);
  await Promise.all([
    removeOwnLinks(sandbox, options).catch((error) => keep(record.links.map((link) => link.interface), error)),
    ...record.delegates.filter((call) => !foreign.has(call.interface)).map((call) =>
      delegateDel(call, { ...sandbox, run: deps.run, log: deps.log, signal }).catch((error) =>
        keep([call.interface], error)
      )
    ),
  ]);
  await releaseRecord(record, {
    deps,
    signal,
    failed: { interfaces: kept, errors },
    doubtful: withoutLinks,
  });
}

/**
 * Interfaces that delegates were to make, and whose names links of others have. Only where an ADD failed or died: then
 * that may be why, and a delegate's DEL goes by the name alone. What it made itself has the address that it was told.
 */
async function findForeign(
  { delegates, netns }: SandboxRecord,
  { deps, signal }: DetachOptions,
): Promise<ReadonlySet<string>> {
  const ours = delegates.filter(({ mac }) => mac !== undefined);
  if (ours.length === 0 || netns === "") return new Set();
  try {
    const links = parseLinks(await runIpBatch(deps.run, [["link", "show"]], { netns, json: true, signal }));
    const macs = new Map(links.map(({ ifname, address }) => [ifname, address]));
    const taken = ours.filter(({ interface: name, mac }) => macs.has(name) && macs.get(name) !== mac);
    return new Set(taken.map(({ interface: name }) => name));
  } catch (error) {
    if (isNetnsGone(error)) return new Set();
    throw error;
  }
}

/** Deletes the links of our groups, and the rules, in the sandbox; with a sandbox that is gone they are gone too. */
async function removeOwnLinks(
  record: SandboxRecord,
  options: DetachOptions,
): Promise<void> {
  const { netns, links, rules } = record;
  if (netns === "") return;
  const commands = links.map(({ group }): IpCommand => ["link", "del", "group", String(group)]);
  await settleAll([
    removeIfThere([...commands, ...ruleCommands("del", rules, 4)], { netns, family: 4, ...options }),
    removeIfThere(ruleCommands("del", rules, 6), { netns, family: 6, ...options }),
  ]);
}

async function removeIfThere(
  commands: readonly IpCommand[],
  at: DetachOptions & { netns: string; family: 4 | 6 },
): Promise<void> {
  const { netns, family, deps, signal } = at;
  try {
    await runIpBatch(deps.run, commands, { netns, family, force: true, signal });
  } catch (error) {
    if (isNetnsGone(error)) return;
    if (error instanceof IpBatchError && error.failures.every(({ reason }) => isAbsent(reason))) return;
    throw error;
  }
}

/** What the kernel says of a group without links, and of a rule that is not there. */
function isAbsent(reason: string): boolean {
  return /^RTNETLINK answers: (No such device|No such file or directory)$/.test(reason);
}
