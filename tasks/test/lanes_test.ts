import { assertEquals, assertRejects } from "@std/assert";
import { lanesFor, runInLanes } from "./lanes.ts";

const never = new AbortController().signal;

Deno.test("jobs begin in their order, as many at once as there are lanes, and their results keep it", async () => {
  const begun: number[] = [];
  const doors = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const jobs = doors.map((door, index) => async (): Promise<string> => {
    begun.push(index);
    await door.promise;
    return `job ${index}`;
  });
  const running = runInLanes(jobs, { lanes: 2, signal: never });
  assertEquals(begun, [0, 1]);
  doors[1]?.resolve();
  await turn();
  assertEquals(begun, [0, 1, 2]);
  for (const door of doors) door.resolve();
  assertEquals(await running, ["job 0", "job 1", "job 2", "job 3"]);
});

Deno.test("after an interrupt no job begins, and what runs goes on to its end", async () => {
  const stop = new AbortController();
  const door = Promise.withResolvers<void>();
  const ended: string[] = [];
  const jobs = ["first", "second"].map((name) => async (): Promise<void> => {
    await door.promise;
    ended.push(name);
  });
  const running = runInLanes(jobs, { lanes: 1, signal: stop.signal });
  stop.abort(new Error("interrupted"));
  await turn();
  assertEquals(ended, []);
  door.resolve();
  await assertRejects(() => running, Error, "interrupted");
  assertEquals(ended, ["first"]);
});

Deno.test("a job that breaks lets the others that have begun end, and none begin", async () => {
  const door = Promise.withResolvers<void>();
  const ended: string[] = [];
  const job = (name: string) => async (): Promise<void> => {
    await door.promise;
    ended.push(name);
  };
  const broken = (): Promise<void> => Promise.reject(new Error("broken"));
  const running = runInLanes([broken, job("second"), job("third")], { lanes: 2, signal: never });
  await turn();
  door.resolve();
  await assertRejects(() => running, Error, "broken");
  assertEquals(ended, ["second"]);
});

Deno.test("without lanes nothing would run, and nobody notice", async () => {
  for (const lanes of [0, -1, 0.5, NaN]) {
    await assertRejects(() => runInLanes([() => Promise.resolve(1)], { lanes, signal: never }), RangeError);
  }
});

Deno.test("lanesFor", () => {
  const gib = 1024 ** 3;
  assertEquals(lanesFor({ processors: 2, memoryBytes: 20 * gib }), 4);
  assertEquals(lanesFor({ processors: 8, memoryBytes: 20 * gib }), 6);
  assertEquals(lanesFor({ processors: 2, memoryBytes: gib }), 1);
});

/** Lets what is ready go on. */
async function turn(): Promise<void> {
  for (let count = 0; count < 10; count++) await Promise.resolve();
}
