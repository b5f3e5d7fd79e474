import { assert, assertEquals } from "@std/assert";
import { bootClock, elapsedSeconds } from "./boot_clock.ts";
import { createRun } from "./run.ts";

Deno.test("elapsedSeconds never says more than what has passed", () => {
  assertEquals(elapsedSeconds(100, 100), 0);
  assertEquals(elapsedSeconds(100, 130.5), 30.5);
  // Rebooted meanwhile: at least the time since then has passed.
  assertEquals(elapsedSeconds(5000, 12), 12);
});

Deno.test("the boot clock is the kernel's and does not go backwards", async () => {
  const [first, second] = [bootClock(), bootClock()];
  const uptime = Number((await createRun()(["cat", "/proc/uptime"])).split(" ")[0]);
  assert(first > 0 && second >= first);
  assert(Math.abs(uptime - first) < 60, `${first} is not the uptime ${uptime}`);
});
