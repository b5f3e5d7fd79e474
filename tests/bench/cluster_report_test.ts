import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import type { Attaching, ClusterFigures, PodStorm } from "./cluster_figures.ts";
import { reportCluster } from "./cluster_report.ts";

Deno.test("storms of Pods are held against the mean of those without DANM", () => {
  const { blocks, budgets } = reportCluster(figures([storm("plain", 9000), storm("networks", 13_000), {
    ...storm("networks", 16_000),
    duplicates: 2,
    leaked: ["DanmIp left"],
  }, storm("plain", 11_000)]));
  assertEquals(budgets.map(({ found, kept }) => [found, kept]), [["1.45", false], ["2", false], ["1", false], [
    "0",
    true,
  ]]);
  assertStringIncludes(blocks.join("\n"), "- leaked: DanmIp left");
  assertStringIncludes(blocks.join("\n"), "| DANM, two networks besides | 6 | 13.0 s | 1.30 |");
});

Deno.test("storms of Pods that took no longer than allowed and left nothing keep their budgets", () => {
  const { budgets } = reportCluster(figures([storm("plain", 10_000), storm("networks", 14_000)]));
  assertEquals(budgets.map(({ kept }) => kept), [true, true, true, true]);
});

Deno.test("a container that was started again breaks a budget, and its end is told", () => {
  const use = { component: "installer", node: "n", restBytes: 1e6, peakBytes: 2e6, restMillicores: 1 };
  const again = { ...use, loadMillicores: undefined, ending: "installer of p on n: OOMKilled, exit code 137" };
  const { series: [series], ...rest } = figures([storm("plain", 1), storm("networks", 1)]);
  const { blocks, budgets } = reportCluster({ ...rest, series: [{ ...series!, use: [again] }] });
  assertEquals(budgets.at(-1)?.kept, false);
  assertStringIncludes(blocks.join("\n"), "| 1.0 m | ? |");
  assertStringIncludes(blocks.join("\n"), "- started again: installer of p on n: OOMKilled, exit code 137");
});

Deno.test("storms of Pods without anything to compare them with are no report", () => {
  assertThrows(() => reportCluster(figures([storm("networks", 1)])), RangeError);
});

function figures(storms: readonly PodStorm[]): ClusterFigures {
  return { series: [{ where: "somewhere", storms, use: [] }], images: [], imagesBytes: 0 };
}

function storm(attaching: Attaching, readyMs: number): PodStorm {
  return { attaching, pods: 6, readyMs, goneMs: 1, cleanMs: 1, addresses: 18, duplicates: 0, leaked: [] };
}
