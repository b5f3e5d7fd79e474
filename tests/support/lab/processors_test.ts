import { assert, assertEquals, assertThrows } from "@std/assert";
import { allowedProcessors, processorFor } from "./processors.ts";

Deno.test("the kernel's list of processors", async (t) => {
  const lists: readonly [string, number[]][] = [["0", [0]], ["0-1", [0, 1]], ["2-4,7,9-10", [2, 3, 4, 7, 9, 10]]];
  for (const [list, numbers] of lists) {
    await t.step(list, () => {
      assertEquals(
        allowedProcessors(`Name:\tdeno\nCpus_allowed:\tff\nCpus_allowed_list:\t${list}\nMems:\t1\n`),
        numbers,
      );
    });
  }
  await t.step("none", () => void assertThrows(() => allowedProcessors("Name:\tdeno\n"), Error, "does not say"));
});

Deno.test("those that want a processor take turns on the allowed ones", () => {
  const allowed = allowedProcessors();
  assert(allowed.length > 0);
  assertEquals(Array.from({ length: allowed.length + 1 }, (_, index) => processorFor(index)), [
    ...allowed,
    allowed[0] ?? -1,
  ]);
});
