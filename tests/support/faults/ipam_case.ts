import { assert, assertEquals } from "@std/assert";
import { DOUBT_SECONDS, isInDoubt } from "../../../ipam/ledger.ts";
import { isExpected, type PluginProcess } from "../ipam/recorded_sandbox.ts";
import type { SeenRequest } from "../lab/fault_rules.ts";
import type { Lane, PlannedFault } from "./ipam_lane.ts";
import { nameOf, type Stage } from "./ipam_scenarios.ts";

/** A DEL is repeated until it succeeds; more often than two faults can make necessary is a defect. */
const MAX_DELS = 4;

/** What an attachment came to. */
export type Attached = { readonly values: readonly bigint[] } | { readonly errors: readonly unknown[] };

/**
 * Attaches the sandbox, detaches it until that succeeds, and lets all doubts settle, with faults at some of the requests;
 * looks after each step whether the API server holds what the callers believe that it does.
 *
 * @returns the requests that passed through the proxy
 */
export async function play(lane: Lane, stage: Stage, faults: readonly PlannedFault[]): Promise<readonly SeenRequest[]> {
  const { scenario } = stage;
  const after = await lane.plan(faults);
  const process = lane.process();
  const passing = faults.every(({ kind }) => kind.passing);
  if (!stage.attached) {
    const attached = await attach(lane, stage, { process, faults, after });
    await auditAttached(lane, stage, attached);
    if (passing) assertEquals("values" in attached, scenario.gets, `it came to ${Deno.inspect(attached)}`);
    else assert(scenario.gets || "errors" in attached, "an address is held twice");
  }
  await detach(lane, stage, { process, faults, after });
  const requests = await lane.proxy.requests(after);
  if (requests.some(({ fault }) => fault === "hold")) await lane.land(after);
  // Without a doubt nothing can come any more, and one look at the end tells all.
  if (stage.sandbox.objects.length > 0) await auditDetached(lane, stage);
  await settle(lane, stage);
  return requests;
}

interface Course {
  readonly process: PluginProcess;
  readonly faults: readonly PlannedFault[];
  readonly after: number;
}

/** An ADD: what it cannot get all of it gives back, as far as it can. */
async function attach(lane: Lane, stage: Stage, { process, faults, after }: Course): Promise<Attached> {
  const { sandbox, wanted } = stage;
  const course = { faults, after };
  try {
    const values = await lane.untilSilence((signal) => sandbox.allocate(wanted, { process, signal }), course);
    return { values };
  } catch (error) {
    if (!(error instanceof AggregateError)) throw error;
    const undone = await lane.untilSilence((signal) => sandbox.release({ process, signal }), course);
    return { errors: checked([...error.errors, ...undone]) };
  }
}

async function detach(lane: Lane, { sandbox }: Stage, { process, faults, after }: Course): Promise<void> {
  for (let again = 0; again < MAX_DELS; again++) {
    const errors = await lane.untilSilence((signal) => sandbox.release({ process, signal }), { faults, after });
    if (checked(errors).length === 0) return;
  }
  throw new Error(`${MAX_DELS} DELs have failed`);
}

function checked(errors: readonly unknown[]): readonly unknown[] {
  for (const error of errors) if (!isExpected(error)) throw error;
  return errors;
}

/** Whoever was told that he has an address has it, and his record names everything that stands under his name. */
export async function auditAttached(lane: Lane, stage: Stage, attached: Attached): Promise<void> {
  const { sandbox, wanted } = stage;
  const own = await auditOwn(lane, stage);
  if ("errors" in attached) return;
  for (const [index, request] of wanted.entries()) {
    const name = nameOf(request, attached.values[index] ?? 0n);
    const stored = own.find((one) => one.name === name);
    const known = sandbox.objects.find((object) => object.name === name);
    assert(stored, `${name} is not held for its holder`);
    assertEquals(known?.uid, stored.uid, `the record does not know the UID of ${name}`);
  }
}

/** What is left of a sandbox whose DEL has succeeded is in doubt, and nobody else has lost anything. */
export async function auditDetached(lane: Lane, stage: Stage): Promise<void> {
  await auditOwn(lane, stage);
  for (const object of stage.sandbox.objects) {
    assert(isInDoubt(object, lane.now), `${object.name} stays in the record without a doubt`);
  }
}

async function auditOwn(lane: Lane, stage: Stage): Promise<{ name: string; uid: string }[]> {
  const { sandbox, heirs, others } = stage;
  const held = await lane.held(stage.space);
  for (const other of [...others, ...heirs]) {
    const [object] = other.objects;
    const now = held.find(({ name }) => name === object?.name);
    assertEquals([now?.containerID, now?.uid], [other.containerID, object?.uid], `${object?.name} of another is gone`);
  }
  const own = held.filter(({ containerID }) => containerID === sandbox.containerID);
  for (const { name } of own) {
    assert(sandbox.objects.some((object) => object.name === name), `the record does not name ${name}, which is held`);
  }
  return own;
}

/**
 * The time of all doubts goes by, and the sweep comes; then everybody goes who came for the scenario, and nothing is
 * left but what those hold who hold it all the time.
 */
export async function settle(lane: Lane, stage: Stage): Promise<void> {
  const { sandbox, older, heirs, others } = stage;
  lane.now += DOUBT_SECONDS + 1;
  const process = lane.directProcess();
  const signal = new AbortController().signal;
  for (const one of [sandbox, ...(older ? [older] : []), ...heirs]) {
    assertEquals(await one.release({ process, signal }), []);
    assertEquals(one.objects, [], "the record is never empty");
  }
  const left = (await lane.held(stage.space)).map(({ uid }) => uid);
  const known = others.flatMap(({ objects }) => objects.map(({ uid }) => uid));
  assertEquals(left.sort(), known.sort(), "addresses are left that nobody knows of");
}
