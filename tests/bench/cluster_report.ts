import type { Attaching, ClusterFigures, PodStorm, StormSeries } from "./cluster_figures.ts";
import { atMost, type Budget, megabytes, type Part, table } from "./report.ts";

const MEANING: Readonly<Record<Attaching, string>> = {
  plain: "without DANM",
  default: "DANM, no annotation",
  networks: "DANM, two networks besides",
};

/** The most that Pods with two networks besides may take until all are Ready, in terms of the same without DANM. */
const RATIO = 1.4;

/** What DANM costs Pods of a real cluster, against its budget. */
export function reportCluster({ series, images, imagesBytes }: ClusterFigures): Part {
  const sizes = images.map(({ reference, bytes }) => [`\`${reference}\``, `${megabytes(bytes)} MB`]);
  return {
    blocks: [
      ...series.flatMap(renderSeries),
      "## Images",
      table(["", "compressed"], [...sizes, ["all of them, what they share once", `${megabytes(imagesBytes)} MB`]]),
    ],
    budgets: series.flatMap(seriesBudgets),
  };
}

function renderSeries({ where, storms, use }: StormSeries): string[] {
  const plain = mean(storms, "plain");
  const rows = storms.map((storm) => [
    MEANING[storm.attaching],
    String(storm.pods),
    seconds(storm.readyMs),
    ratio(storm.readyMs / plain.readyMs),
    seconds(storm.goneMs),
    ratio(storm.goneMs / plain.goneMs),
    seconds(storm.cleanMs),
    ...[storm.addresses, storm.duplicates, storm.leaked.length].map(String),
  ]);
  const head = ["Pods", "all Ready", "of plain", "all gone", "of plain", "nothing left", "addresses", "duplicates"];
  return [
    `## Storms of Pods: ${where}`,
    table(["", ...head, "leaked"], rows),
    ...storms.flatMap(({ leaked }) => leaked.slice(0, 3).map((line) => `- leaked: ${line}`)),
    `## What the components take: ${where}`,
    table(
      ["", "node", "memory at rest", "most under load", "processor at rest", "under load"],
      use.map(({ component, node, restBytes, peakBytes, restMillicores, loadMillicores }) => [
        component,
        node,
        ...[restBytes, peakBytes].map((bytes) => `${megabytes(bytes)} MB`),
        ...[restMillicores, loadMillicores].map((value) => value === undefined ? "?" : `${value.toFixed(1)} m`),
      ]),
    ),
    ...use.flatMap(({ ending }) => ending === undefined ? [] : [`- started again: ${ending}`]),
  ];
}

function seriesBudgets({ where, storms, use }: StormSeries): Budget[] {
  const [plain, networks] = [mean(storms, "plain"), mean(storms, "networks")];
  const sum = (value: (storm: PodStorm) => number): number => storms.reduce((total, storm) => total + value(storm), 0);
  return [
    atMost(`Pods with two networks besides in terms of those without DANM, ${where}`, RATIO, {
      found: networks.readyMs / plain.readyMs,
    }),
    atMost(`duplicates in storms of Pods, ${where}`, 0, { found: sum(({ duplicates }) => duplicates) }),
    atMost(`leaked in storms of Pods, ${where}`, 0, { found: sum(({ leaked }) => leaked.length) }),
    atMost(`containers of ours that were started again, ${where}`, 0, {
      found: use.filter(({ ending }) => ending !== undefined).length,
    }),
  ];
}

/** @throws {RangeError} when there is no such storm */
function mean(storms: readonly PodStorm[], attaching: Attaching): Pick<PodStorm, "readyMs" | "goneMs"> {
  const such = storms.filter((storm) => storm.attaching === attaching);
  if (such.length === 0) throw new RangeError(`no storm of Pods attached as ${attaching}`);
  const of = (value: (storm: PodStorm) => number): number =>
    such.reduce((total, storm) => total + value(storm), 0) / such.length;
  return { readyMs: of(({ readyMs }) => readyMs), goneMs: of(({ goneMs }) => goneMs) };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function ratio(value: number): string {
  return value.toFixed(2);
}
