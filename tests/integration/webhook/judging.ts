import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createLogger } from "../../../shared/log.ts";
import type { AdmissionRequest } from "../../../webhook/admission_request.ts";
import type { Cluster } from "../../../webhook/cluster.ts";
import type { JudgeContext } from "../../../webhook/judge.ts";
import { renderWarnings } from "../../../webhook/render_answer.ts";
import type { Verdict } from "../../../webhook/verdict.ts";
import { MemoryCluster } from "../../support/webhook/memory_cluster.ts";
import type { AnnotatedCase } from "./annotated_case.ts";
import { NETWORKS } from "./annotated_networks.ts";

/** What a judge gets besides the request; what it logs goes to `lines`. */
export function contextOf(
  cluster: Cluster = new MemoryCluster(NETWORKS),
  options: Partial<JudgeContext> & { lines?: string[] } = {},
): JudgeContext {
  const { lines = [], ...rest } = options;
  const log = createLogger((line) => void lines.push(line));
  return { cluster, log, signal: AbortSignal.timeout(10_000), ...rest };
}

/** A request about an object of these namespace and kind, as far as judges read it. */
export function requestOf(
  resource: { group: string; kind: string; plural: string },
  request: Partial<AdmissionRequest>,
): AdmissionRequest {
  const { group, kind, plural } = resource;
  return {
    uid: "7f5d",
    kind: { group, version: "v1", kind },
    resource: { group, version: "v1", resource: plural },
    name: "one",
    namespace: "apps",
    operation: "CREATE",
    userInfo: { username: "someone" },
    ...request,
  };
}

/** The verdict is the one of the table. */
export function assertVerdict(verdict: Verdict, { denied = [], warned = [] }: AnnotatedCase): void {
  assertEquals(verdict.denials.map(({ field }) => field), denied.map(([field]) => field), JSON.stringify(verdict));
  verdict.denials.forEach(({ reason }, index) => assertStringIncludes(reason, denied[index]?.[1] ?? ""));
  assertWarnings(renderWarnings(verdict.warnings), warned);
}

/** The warnings are those of the table, and short enough to be shown. */
export function assertWarnings(warnings: readonly string[], expected: readonly string[]): void {
  assertEquals(warnings.length, expected.length, JSON.stringify(warnings));
  warnings.forEach((warning, index) => {
    assertStringIncludes(warning, expected[index] ?? "");
    assert(warning.length <= 120, `${warning.length} characters: ${warning}`);
  });
}
