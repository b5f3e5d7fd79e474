import { SimulatedRun } from "../tests/support/ipam/simulated_run.ts";

/** To repeat the run of one seed: that seed, and 1. */
const [FIRST_SEED, RUNS] = [1, 3000];

Deno.test(`${RUNS} runs of Pods that come, die and go, and of lost, late and doubled writes`, async () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
    try {
      await new SimulatedRun(seed).play();
    } catch (error) {
      throw new Error(`seed ${seed}: write it to FIRST_SEED, and 1 to RUNS, to repeat this run alone`, {
        cause: error,
      });
    }
  }
});
