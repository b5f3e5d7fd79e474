import { type Progress, toStderr } from "../support/progress.ts";
import { ipamPlugins } from "./ipam_attach.ts";
import { IpamCluster, type Size } from "./ipam_cluster.ts";
import { Growth, type GrowthFigures } from "./ipam_growth.ts";
import type { Load } from "./ipam_burst.ts";
import { compare, type Comparison, Place } from "./ipam_place.ts";
import { measureSteps } from "./ipam_steps.ts";
import type { StepFigures } from "./steps.ts";
import { measureStorms, type StormFigures } from "./storm.ts";

/** What taking addresses costs: the library against an API server, and whole plugins on a node. */
export interface IpamFigures extends GrowthFigures {
  /** A /24 (base) against a network of 8M addresses. */
  readonly poolSizes: readonly Comparison[];
  readonly plugins: readonly StormFigures[];
  readonly steps: StepFigures;
}

const LOADS: readonly Load[] = [{ callers: 1, count: 60 }, { callers: 20, count: 200 }, { callers: 100, count: 200 }];

/** Measures with two control planes of its own: one stays empty but for what is measured, one is filled. */
export async function measureIpam(size: Size, progress: Progress = toStderr): Promise<IpamFigures> {
  await using emptyCluster = await IpamCluster.start(size);
  progress("ipam: one ADD");
  const steps = await measureSteps(emptyCluster);
  const rounds = Math.ceil(size.rounds / 2);
  const plugins = await measureStorms(emptyCluster, {
    plugins: await ipamPlugins(emptyCluster),
    rounds,
    onRound: (round) => progress(`ipam: a storm of attaches, round ${round + 1} of ${rounds}`),
  });
  await using filledCluster = await IpamCluster.start(size);
  using empty = await Place.open(emptyCluster);
  using filled = await Place.open(filledCluster);
  progress("ipam: a /24 against 8M addresses");
  const contenders = { base: await empty.contender("small"), other: await empty.contender("wide") };
  const poolSizes = await compare(contenders, { loads: LOADS, rounds: size.rounds });
  const growth = await Growth.measure({ empty, filled }, { size, progress });
  return { ...growth, poolSizes, plugins, steps };
}
