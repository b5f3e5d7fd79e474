import { assertEquals, assertRejects } from "@std/assert";
import { coalesce } from "./coalesce.ts";

/** A read whose every call is answered by hand. */
function byHand(): { read: () => Promise<number>; pending: PromiseWithResolvers<number>[] } {
  const pending: PromiseWithResolvers<number>[] = [];
  return {
    read: () => {
      const call = Promise.withResolvers<number>();
      pending.push(call);
      return call.promise;
    },
    pending,
  };
}

Deno.test("calls during a read share the next one, which begins when that one has ended", async () => {
  const { read, pending } = byHand();
  const shared = coalesce(read);
  const first = shared();
  const [second, third] = [shared(), shared()];
  assertEquals(pending.length, 1);
  pending[0]?.resolve(1);
  assertEquals(await first, 1);
  while (pending.length < 2) await Promise.resolve();
  const fourth = shared();
  pending[1]?.resolve(2);
  assertEquals(await Promise.all([second, third]), [2, 2]);
  while (pending.length < 3) await Promise.resolve();
  pending[2]?.resolve(3);
  assertEquals(await fourth, 3);
});

Deno.test("a read that fails is no concern of the next one", async () => {
  const { read, pending } = byHand();
  const shared = coalesce(read);
  const first = shared();
  const second = shared();
  pending[0]?.reject(new Error("unavailable"));
  await assertRejects(() => first, Error, "unavailable");
  while (pending.length < 2) await Promise.resolve();
  pending[1]?.resolve(2);
  assertEquals(await second, 2);
});
