import { assertEquals } from "@std/assert";
import { Cooldown } from "./cooldown.ts";

Deno.test("a cooldown is over before its first and after its time", () => {
  let now = 0;
  const cooldown = new Cooldown(100, () => now);
  assertEquals(cooldown.isOver, true);
  cooldown.begin();
  assertEquals(cooldown.isOver, false);
  now = 100;
  assertEquals(cooldown.isOver, true);
});
