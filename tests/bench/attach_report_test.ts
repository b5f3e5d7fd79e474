import { assertEquals } from "@std/assert";
import type { AttachFigures } from "./attach.ts";
import { type AttachSeries, reportAttach } from "./attach_report.ts";
import type { Summary } from "./statistics.ts";
import type { StormFigures } from "./storm.ts";

function always(ms: number): Summary {
  return { p50: ms, p90: ms, p99: ms, mean: ms, max: ms, count: 1 };
}

function figures(plugin: string, interfaces: number, addMs: number): AttachFigures {
  return { plugin, interfaces, calls: 1, add: always(addMs), del: always(1), addCpuMs: 1, failures: 0 };
}

function storm(plugin: string, attachesPerSecond: number, failures: number): StormFigures {
  return { plugin, add: always(1), del: always(1), attachesPerSecond, addCpuMs: 1, failures, duplicates: 0 };
}

const SERIES: AttachSeries = {
  where: "here",
  backend: "macvlan",
  figures: [figures("danm", 1, 70), figures("danm", 3, 140), figures("Other", 1, 48), figures("Other", 3, 645)],
  logged: [{
    interfaces: 3,
    requests: 11,
    requestsInSequence: 5,
    commands: 6,
    delegates: 3,
    stalled: 1,
    runs: 15,
    steps: undefined,
  }],
  storms: [storm("danm", 17, 0), storm("Other", 8, 3)],
};

Deno.test("promises are of danm alone; what it does not keep is missed", () => {
  assertEquals(reportAttach([SERIES]).budgets.map(({ what, limit, kept }) => [what, limit, kept]), [
    ["ADD of 1 interface (p50), here", "80 ms", true],
    ["ADD of 3 interfaces (p50), here", "130 ms", false],
    ["three interfaces in terms of one (p50), here", "1.5", false],
    ["failures, 1 interfaces, here", "0", true],
    ["failures, 3 interfaces, here", "0", true],
    ["requests in sequence, 3 interfaces, here", "6", true],
    ["commands, 3 interfaces, here", "5", false],
    ["attaches/s in a storm, here", "≥ 16", true],
    ["failures in a storm, here", "0", true],
    ["duplicates in a storm, here", "0", true],
  ]);
});

Deno.test("of a storm's failures the first is told, in one line", () => {
  const failing = { ...SERIES, storms: [{ ...storm("Other", 8, 3), firstFailure: "ADD of Other:\n  no lease" }] };
  const [said] = reportAttach([failing]).blocks.filter((block) => block.startsWith("The first failure"));
  assertEquals(said, "The first failure: ADD of Other: no lease");
});
