import { type Inspection, inspectNetwork } from "../../ipam/inspect.ts";
import { inspectRuns } from "../../ipam/inspect_runs.ts";
import { countDynamic, nextDynamic } from "../../ipam/next_dynamic.ts";
import { renderPoolStatus } from "../../ipam/render_pool_status.ts";
import type { Subnet } from "../../ipam/subnet.ts";
import { parseNetwork } from "../../shared/schema/network.ts";
import { heldAddress, networkOf } from "../support/ipam/held_address.ts";
import { subnetOf } from "../support/ipam/subnet_of.ts";
import { seededRandom } from "../support/seeded_random.ts";
import { summarize } from "./statistics.ts";

const BITS = 1 << 23;
const HELD = 60_000;

/**
 * What the pure part of allocating and inspecting costs in the largest pool, 2^23 addresses with a legacy bitmap, as
 * Markdown: in one of which the bitmap leaves the last address alone, and in one of which it leaves every 128th, 60,000
 * of which are held.
 */
export function reportBitmap(runs: number): string {
  const full = networkOf({ cidr: "10.0.0.0/9", alloc: bitmap((index) => index === BITS - 2) });
  const subnet = subnetOf(full.spec.Options, 4);
  const { network, danmIps } = crowded();
  const inspect = (): Inspection => first(inspectNetwork(network, { danmIps, subject: "n" }).inspections);
  const inspection = inspect();
  const random = seededRandom(1);
  const rows: [string, () => unknown][] = [
    ["read the network object", () => parseNetwork("ClusterNetwork", full)],
    ["find its subnet", () => subnetOf(full.spec.Options, 4)],
    ["`nextDynamic`, the last address alone is free", () => nextDynamic(subnet, subnet.first)],
    ["`countDynamic`", () => countDynamic(subnet)],
    [`inspect ${HELD} held addresses`, inspect],
    ["go through all runs", () => countRuns(inspection)],
    ["status with 256 free addresses", () => renderPoolStatus(inspection, random)],
  ];
  const lines = rows.map(([what, work]) => `| ${what} | ${time(runs, work)} |`);
  return [
    "",
    "## A pool of 2^23 addresses with a legacy bitmap",
    "",
    "| | p50 | p90 |",
    "| --- | --- | --- |",
    ...lines,
    "",
  ]
    .join("\n");
}

/** A network of which every 128th address is left by its bitmap, and 60,000 of those that are held. */
function crowded(): { network: ReturnType<typeof networkOf>; danmIps: ReturnType<typeof heldAddress>[] } {
  const options = { cidr: "10.0.0.0/9", alloc: bitmap((index) => index % 128 === 77) };
  const subnet: Subnet = subnetOf(options, 4);
  const danmIps = Array.from({ length: HELD }, (_, index) => {
    return heldAddress({ family: 4, value: subnet.cidr.base + BigInt(index * 128 + 77) });
  });
  return { network: networkOf(options), danmIps };
}

function bitmap(isClear: (index: number) => boolean): string {
  const bytes = new Uint8Array(BITS / 8).fill(255);
  for (let index = 0; index < BITS; index++) {
    if (isClear(index)) bytes[index >> 3] = (bytes[index >> 3] ?? 0) & ~(0x80 >> (index & 7));
  }
  return bytes.toBase64();
}

function first(inspections: readonly Inspection[]): Inspection {
  const [inspection] = inspections;
  if (!inspection) throw new Error("the network has no subnet");
  return inspection;
}

function countRuns(inspection: Inspection): number {
  let count = 0;
  for (const _ of inspectRuns(inspection)) count++;
  return count;
}

function time(runs: number, work: () => unknown): string {
  const found: number[] = [];
  for (let run = -2; run < runs; run++) {
    const began = performance.now();
    work();
    if (run >= 0) found.push(performance.now() - began);
  }
  const { p50, p90 } = summarize(found);
  return [p50, p90].map((ms) => `${ms.toFixed(1)} ms`).join(" | ");
}
