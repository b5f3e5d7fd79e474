import { assert } from "@std/assert";
import { messageOf } from "../../shared/errors.ts";
import { play } from "../support/faults/ipam_case.ts";
import { FAULT_KINDS, type FaultKind, kindsFor } from "../support/faults/ipam_kinds.ts";
import { ENDINGS, playKilled } from "../support/faults/ipam_killed.ts";
import { Lane, type PlannedFault } from "../support/faults/ipam_lane.ts";
import { begin, openPlace, type Place, type Scenario, SCENARIOS } from "../support/faults/ipam_scenarios.ts";
import { installCrds } from "../support/lab/install_crds.ts";
import type { SeenRequest } from "../support/lab/fault_rules.ts";
import { startLab } from "../support/lab/lab.ts";
import { labTest } from "../support/lab/lab_test_case.ts";
import { toStderr } from "../support/progress.ts";

const LANES = 6;

labTest("two faults in a row, or death, at every request of allocation and release", {}, async () => {
  await using lab = await startLab({ controllerManager: false });
  await installCrds(lab);
  const matrix = new Matrix();
  const work = SCENARIOS.flatMap((scenario) => [
    (lane: Lane) => matrix.kill(lane, scenario),
    ...FAULT_KINDS.map((kind) => (lane: Lane) => matrix.walk(lane, { scenario, kind })),
  ]);
  const began = performance.now();
  await Promise.all(Array.from({ length: LANES }, async (_, number) => {
    await using lane = await Lane.start(lab, `l${number}`);
    for (let next = work.shift(); next; next = work.shift()) await next(lane);
  }));
  toStderr(`${matrix.describe()} in ${Math.round((performance.now() - began) / 1000)} s`);
  matrix.assertGood();
});

/** A lane, and where in it cases take place. */
interface Course {
  readonly lane: Lane;
  place: Place;
}

/** All cases, and what went wrong in them: all of it is worth knowing, not the first alone. */
class Matrix {
  readonly #counts = new Map<string, number>();
  readonly #failures: string[] = [];

  /** Has a kind of fault at each request of a scenario, alone and then with each kind at the request behind it. */
  async walk(lane: Lane, { scenario, kind }: { scenario: Scenario; kind: FaultKind }): Promise<void> {
    const at = { lane, place: await openPlace(lane, scenario) };
    const undisturbed = await this.#try(at, []);
    for (const [index, { method }] of undisturbed.entries()) {
      if (!kind.methods.includes(method) || scenario.from?.includes(index + 1) === false) continue;
      const first = { at: index + 1, kind };
      const next = (await this.#try(at, [first]))[index + 1];
      for (const second of next && !kind.alone ? kindsFor(next) : []) {
        await this.#try(at, [first, { at: index + 2, kind: second }]);
      }
    }
  }

  /** Kills the caller at each request of a scenario in turn. */
  async kill(lane: Lane, scenario: Scenario): Promise<void> {
    const at = { lane, place: await openPlace(lane, scenario) };
    for (const ending of ENDINGS) {
      for (let step = 1, reached = true; reached; step++) {
        const what = `killed at request ${step}, which is ${ending}`;
        reached = await this.#record(at, { what, run: () => playKilled(lane, at.place, { at: step, ending }) }) ??
          false;
      }
    }
  }

  async #try(at: Course, faults: readonly PlannedFault[]): Promise<readonly SeenRequest[]> {
    const { lane } = at;
    const what = faults.map(({ at, kind }) => `${kind.name} at request ${at}`).join(", ");
    return await this.#record(at, { what, run: async () => await play(lane, await begin(lane, at.place), faults) }) ??
      [];
  }

  async #record<T>(at: Course, { what, run }: { what: string; run: () => Promise<T> }): Promise<T | undefined> {
    const { lane, place: { scenario } } = at;
    this.#counts.set(scenario.name, (this.#counts.get(scenario.name) ?? 0) + 1);
    try {
      return await run();
    } catch (error) {
      this.#failures.push(`${scenario.name}, ${what}: ${messageOf(error)}`);
      // What is left there would make the next case fail, too.
      at.place = await openPlace(lane, scenario);
      return undefined;
    }
  }

  /** The number of cases, in all and of each scenario. */
  describe(): string {
    const counts = [...this.#counts].map(([name, count]) => `${count} ${name}`);
    const total = [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
    return `${total} cases (${counts.join("; ")})`;
  }

  /** @throws {AssertionError} naming every case that went wrong */
  assertGood(): void {
    assert(this.#failures.length === 0, `${this.#failures.length} cases went wrong:\n${this.#failures.join("\n")}`);
  }
}
