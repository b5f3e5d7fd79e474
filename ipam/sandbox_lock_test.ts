import { assert, assertEquals, assertRejects } from "@std/assert";
import { CniError } from "../shared/errors.ts";
import { lockSandbox, tryLockSandbox } from "./sandbox_lock.ts";

const clock = (): number => 1000;

async function withPath(test: (path: string) => Promise<void> | void): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "danm-lock-" });
  try {
    await test(`${dir}/c1~eth0`);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Another process that locks, says so, and keeps the lock until it is told or killed. */
async function startHolder(path: string): Promise<Deno.ChildProcess> {
  const script = `import { tryLockSandbox } from ${JSON.stringify(new URL("./sandbox_lock.ts", import.meta.url).href)};
    const lock = tryLockSandbox(${JSON.stringify(path)}, () => 1000);
    Deno.stdout.writeSync(new TextEncoder().encode(lock ? "locked" : "busy"));
    Deno.stdin.readSync(new Uint8Array(1));
    lock?.[Symbol.dispose]();`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-lock", script],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  assertEquals(new TextDecoder().decode(value), "locked");
  await reader.cancel();
  return child;
}

Deno.test("while one process holds a sandbox another waits, in the end in vain, or until it is released", () =>
  withPath(async (path) => {
    const holder = await startHolder(path);
    assertEquals(tryLockSandbox(path, clock), undefined);
    const error = await assertRejects(() => lockSandbox(path, { clock, signal: AbortSignal.timeout(50) }), CniError);
    assertEquals(error.code, 11);
    const waiting = lockSandbox(path, { clock, signal: AbortSignal.timeout(20_000) });
    await holder.stdin.close();
    using lock = await waiting;
    assertEquals(lock.detachedFor, undefined);
    assertEquals((await holder.status).success, true);
  }));

Deno.test("the lock of a process that is killed is free", () =>
  withPath(async (path) => {
    const holder = await startHolder(path);
    holder.kill("SIGKILL");
    await holder.status;
    await holder.stdin.close().catch(() => undefined);
    using lock = tryLockSandbox(path, clock);
    assert(lock);
  }));

Deno.test("who waited for a lock whose file was removed gets the new file's", () =>
  withPath(async (path) => {
    const first = tryLockSandbox(path, clock);
    const waiting = lockSandbox(path, { clock, signal: AbortSignal.timeout(20_000) });
    first?.remove();
    first?.[Symbol.dispose]();
    using second = await waiting;
    assertEquals(tryLockSandbox(path, clock), undefined);
    second.bury();
  }));

Deno.test("a tombstone is seen for five minutes, also over a reboot, and a damaged one is none", () =>
  withPath((path) => {
    const ageAt = (now: number): number | undefined => {
      using lock = tryLockSandbox(path, () => now);
      assert(lock);
      return lock.detachedFor;
    };
    assertEquals(ageAt(1000), undefined);
    {
      using lock = tryLockSandbox(path, clock);
      lock?.bury();
    }
    assertEquals([1000, 1010, 1299.5, 1300, 5000, 20, 299, 301].map(ageAt), [
      0,
      10,
      299.5,
      undefined,
      undefined,
      20,
      299,
      undefined,
    ]);
    for (const text of ["", "x", "NaN", "\0\0", "Infinity"]) {
      Deno.writeTextFileSync(path, text);
      assertEquals(ageAt(1000), undefined);
    }
  }));
