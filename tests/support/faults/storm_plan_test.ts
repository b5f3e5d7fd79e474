import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { seededRandom } from "../seeded_random.ts";
import { planStorm } from "./storm_plan.ts";

const SIZE = {
  sandboxes: 300,
  nodes: 2,
  dynamicTarget: 218,
  statics: Array.from({ length: 12 }, (_, index) => ({ ip: `10.0.0.${index + 1}`, ip6: `fd00::${index + 1}` })),
};

Deno.test("a storm is decided by its seed, and all of its Pods go", () => {
  const { pods, steps } = planStorm(SIZE, seededRandom(1));
  assertEquals(planStorm(SIZE, seededRandom(1)), { pods, steps });
  assertNotEquals(planStorm(SIZE, seededRandom(2)).pods, pods);

  const sandboxes = pods.flatMap((pod) => pod.sandboxes);
  assert(sandboxes.length >= SIZE.sandboxes && sandboxes.length < SIZE.sandboxes + 5, `${sandboxes.length} sandboxes`);
  const asked = pods.flatMap(({ interfaces }) => interfaces.map(({ ip }) => ip)).filter((ip) => ip !== "dynamic");
  assertEquals(new Set(asked).size, asked.length, "an address is asked for by one Pod only");
  for (const pod of pods) {
    const kinds = steps.filter((step) => step.pod === pod).map(({ kind }) => kind);
    const [last] = pod.sandboxes.slice(-1);
    const isDetached = kinds.slice(-1)[0] === "detach";
    assertEquals(isDetached, last?.addKill === undefined, `${pod.name} ends by DEL or in its last ADD: ${kinds}`);
  }
});
