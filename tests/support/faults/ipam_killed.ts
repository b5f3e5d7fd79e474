import { assert, assertEquals } from "@std/assert";
import { isExpected, type RecordedSandbox } from "../ipam/recorded_sandbox.ts";
import { auditDetached, settle } from "./ipam_case.ts";
import type { Lane } from "./ipam_lane.ts";
import { begin, type Place, rivalOf, type Stage } from "./ipam_scenarios.ts";

const SIGNAL = new AbortController().signal;

/** Longest that an API server is at a request, in seconds. */
const SERVER_TIMEOUT_SECONDS = 60;

/** The last request of a caller that was killed, and what comes of it. */
export type Ending =
  | "done before DEL"
  | "done after DEL"
  | "done when another Pod has asked"
  | "done before another Pod asks"
  | "never done";

/** All endings. */
export const ENDINGS: readonly Ending[] = [
  "done before DEL",
  "done after DEL",
  "done when another Pod has asked",
  "done before another Pod asks",
  "never done",
];

/**
 * Kills a caller while one of its requests is on its way, and looks what the DEL, the sweep and another Pod that wants
 * the same address make of that.
 *
 * @param options.at the request, counted from 1
 * @returns false when the caller ended without so many requests
 */
export async function playKilled(
  lane: Lane,
  place: Place,
  { at, ending }: { at: number; ending: Ending },
): Promise<boolean> {
  const stage = await begin(lane, place);
  const { sandbox, wanted } = stage;
  const after = await lane.plan([{ at, kind: { name: ending, fault: { kind: "hold" }, methods: [], passing: false } }]);
  const { process, kill } = lane.mortalProcess();
  const ended = new AbortController();
  const work = stage.attached
    ? sandbox.release({ process, signal: SIGNAL })
    : sandbox.allocate(wanted, { process, signal: SIGNAL });
  void work.catch(() => {}).finally(() => ended.abort());
  const held = await lane.waitForSilence(after, ended.signal);
  kill();
  await lane.proxy.faults.clear();
  const end = held ? await goOn(lane, stage, { after, ending }) : stage;
  if (!held) await detach(lane, sandbox);
  await settle(lane, end);
  // Who was refused because of what the dead one left gets it now, unless somebody has it who lives.
  if (held && stage.scenario.gets) {
    const next = await letInAnother(lane, stage);
    assert(next, "nobody holds it, and another Pod does not get it");
    await detach(lane, next);
  }
  return held;
}

async function goOn(lane: Lane, stage: Stage, { after, ending }: { after: number; ending: Ending }): Promise<Stage> {
  const { sandbox } = stage;
  if (ending === "done before DEL") await lane.land(after);
  await detach(lane, sandbox);
  await auditDetached(lane, stage);
  const earlier = ending === "done when another Pod has asked" ? await letInAnother(lane, stage) : undefined;
  lane.now += SERVER_TIMEOUT_SECONDS;
  if (ending !== "never done") await lane.land(after);
  const later = ending === "done before another Pod asks" ? await letInAnother(lane, stage) : undefined;
  const end = { ...stage, heirs: [...stage.heirs, earlier, later].filter((heir) => heir !== undefined) };
  await auditDetached(lane, end);
  return end;
}

async function detach(lane: Lane, sandbox: RecordedSandbox): Promise<void> {
  assertEquals(await sandbox.release({ process: lane.directProcess(), signal: SIGNAL }), []);
}

/** Another Pod asks for the same. @returns it, if it got that */
async function letInAnother(lane: Lane, stage: Stage): Promise<RecordedSandbox | undefined> {
  const { rival, wanted } = rivalOf(stage, lane.nextName());
  const [end] = await Promise.allSettled([rival.allocate(wanted, { process: lane.directProcess(), signal: SIGNAL })]);
  if (end.status === "fulfilled") return rival;
  assert(end.reason instanceof AggregateError && end.reason.errors.every(isExpected), Deno.inspect(end.reason));
  await detach(lane, rival);
  return undefined;
}
