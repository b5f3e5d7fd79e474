import type { PoolStatus } from "../../shared/schema/network.ts";
import { atOnce } from "./at_once.ts";
import type { Caller } from "./ipam_caller.ts";
import type { BenchNetwork, IpamCluster } from "./ipam_cluster.ts";
import { summarize, type Summary } from "./statistics.ts";

/** What asking an exhausted pool costs. */
export interface ExhaustedFigures {
  /** Whether the callers had the status that the cleaner keeps. */
  readonly status: boolean;
  /** Addresses given; anything but 0 is wrong. */
  readonly given: number;
  readonly answer: Summary;
  /** Of each allocation that failed. */
  readonly requests: Summary;
  /** Lists that the callers sent. */
  readonly listsSent: number;
  /** Lists of DanmIps that the API server answered meanwhile, by its own metrics. */
  readonly listsServed: number;
}

/** Asks for addresses of a pool all of which are held, some at once, and looks at what the API server counted. */
export async function measureExhausted(
  cluster: IpamCluster,
  options: { caller: Caller; network: BenchNetwork; status: PoolStatus | undefined; callers: number },
): Promise<ExhaustedFigures> {
  const { caller, network, status, callers } = options;
  const before = { served: await cluster.countLists(), sent: caller.lists };
  const refused = await atOnce(Array(callers).fill(undefined), {
    limit: callers,
    work: () => caller.allocate(network, { status }),
  });
  const listsServed = await cluster.countLists() - before.served;
  // Their records hold nothing any more.
  for (const one of refused) await caller.release(one);
  return {
    status: status !== undefined,
    given: refused.filter(({ value }) => value !== undefined).length,
    answer: summarize(refused.map(({ ms }) => ms)),
    requests: summarize(refused.map(({ requests }) => requests)),
    listsSent: caller.lists - before.sent,
    listsServed,
  };
}
