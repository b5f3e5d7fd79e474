import { assertEquals, assertRejects } from "@std/assert";
import { DOUBT_SECONDS, isInDoubt, Ledger, type OwnedObject } from "./ledger.ts";

const A: OwnedObject = { kind: "DanmIp", name: "10.0.0.1.cn.n", interface: "eth0" };
const B: OwnedObject = { kind: "DanmEp", namespace: "default", name: "10.0.0.1.cn.n", interface: "eth0" };

interface Setup {
  readonly ledger: Ledger;
  readonly saved: (readonly OwnedObject[])[];
  readonly clock: { now: number };
}

function setup(objects: readonly OwnedObject[] = [], fail?: () => void): Setup {
  const clock = { now: 1000 };
  const saved: (readonly OwnedObject[])[] = [];
  const ledger: Ledger = new Ledger(objects, {
    save: () => {
      fail?.();
      saved.push(ledger.objects);
    },
    clock: () => clock.now,
  });
  return { ledger, saved, clock };
}

Deno.test("a request is on disk when it may be sent; those of one turn are written at once", async () => {
  const { ledger, saved } = setup();
  const both = [ledger.request(A), ledger.request(B)];
  assertEquals(saved.length, 0);
  await Promise.all(both);
  assertEquals(saved, [[{ ...A, unsettledAt: 1000 }, { ...B, unsettledAt: 1000 }]]);
  await ledger.request(A);
  assertEquals(saved.length, 2);
});

Deno.test("a request that cannot be written may not be sent; the next one is written again", async () => {
  let full = true;
  const { ledger, saved } = setup([], () => {
    if (full) throw new Error("no space left on device");
  });
  await assertRejects(() => ledger.request(A), Error, "no space");
  full = false;
  await ledger.request(B);
  assertEquals(saved.length, 1);
});

Deno.test("what was answered is certain; what was not stays in doubt for a while, whatever comes after", async () => {
  const { ledger, clock } = setup();
  await ledger.request(A);
  ledger.confirm(A, "u1");
  assertEquals(ledger.objects, [{ ...A, uid: "u1", unsettledAt: undefined }]);
  ledger.drop(A);
  assertEquals(ledger.objects, []);

  await ledger.request(A);
  ledger.doubt(A);
  assertEquals(ledger.isDoubtful(A), true);
  ledger.confirm(A, "u2");
  assertEquals(ledger.objects, [{ ...A, uid: "u2", unsettledAt: 1000 }]);
  ledger.drop(A);
  assertEquals(ledger.objects, [{ ...A, uid: undefined, unsettledAt: 1000 }]);
  clock.now += DOUBT_SECONDS;
  ledger.drop(A);
  assertEquals(ledger.objects, []);
});

Deno.test("what a ledger from disk does not know the end of is in doubt", () => {
  const { ledger } = setup([{ ...A, unsettledAt: 990 }, { ...B, uid: "u" }]);
  assertEquals([ledger.isDoubtful(A), ledger.isDoubtful(B)], [true, false]);
});

Deno.test("doubt ends after two minutes, and after a reboot not before the same time has passed", () => {
  const cases: [number | undefined, number, boolean][] = [
    [undefined, 0, false],
    [1000, 1000, true],
    [1000, 1119.9, true],
    [1000, 1120, false],
    [1000, 30, true],
    [1000, 120, false],
  ];
  for (const [unsettledAt, now, is] of cases) assertEquals(isInDoubt({ ...A, unsettledAt }, now), is);
});

Deno.test("what one interface is refused is not taken from the other that has it", async () => {
  const { ledger } = setup();
  const other = { ...A, interface: "eth1" };
  await Promise.all([ledger.request(A), ledger.request(other)]);
  ledger.confirm(A, "u1");
  ledger.drop(other);
  assertEquals(ledger.objects, [{ ...A, uid: "u1", unsettledAt: undefined }]);
});
