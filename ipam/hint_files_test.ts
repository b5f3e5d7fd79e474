import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { MAX_FREED } from "./allocate_freed.ts";
import type { Hints } from "./allocator_deps.ts";
import { messageOf } from "../shared/errors.ts";
import { createHintFiles } from "./hint_files.ts";

async function withDir(test: (dir: string) => Promise<void> | void): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "danm-hints-" });
  try {
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Hints, and what was said of those that failed. */
function hintsOf(dir: string): Hints & { failures: string[] } {
  const failures: string[] = [];
  return { ...createHintFiles(dir, { onFailure: (error) => failures.push(messageOf(error)) }), failures };
}

/** The last address that was taken from a pool. */
function recall(hints: Hints, pool: string): unknown {
  let recalled: unknown = "not asked";
  hints.take(pool, (lastTaken) => {
    recalled = lastTaken;
    return undefined;
  });
  return recalled;
}

Deno.test("a hint is remembered by pool, over processes", () =>
  withDir((parent) => {
    const dir = `${parent}/made/when/needed`;
    const big = (1n << 128n) - 1n;
    const hints = hintsOf(dir);
    assertEquals(recall(hintsOf(dir), "cn.a.4"), undefined);
    assertEquals(hints.take("cn.a.4", () => big), big);
    hints.remember("cn.b.4", 7n);
    assertEquals(["cn.a.4", "cn.b.4", "__proto__"].map((pool) => recall(hintsOf(dir), pool)), [big, 7n, undefined]);
    hints.remember("cn.a.4", 5n);
    assertEquals(recall(hintsOf(dir), "cn.a.4"), 5n);
    for (let value = 0n; value < 20n; value++) hints.noteFreed("cn.a.4", big - value);
    const freed = Array.from({ length: MAX_FREED }, (_, index) => big - 19n + BigInt(index));
    assertEquals([hintsOf(dir).freed("cn.a.4"), hintsOf(dir).freed("cn.b.4")], [freed, []]);
    assertEquals(recall(hintsOf(dir), "cn.a.4"), 5n);
    for (const text of ["x", "-5", "1e9", "\0\0\0", "5 6", "5\n\n6", "5\nx", ""]) {
      Deno.writeTextFileSync(`${dir}/cn.b.4`, text);
      Deno.writeTextFileSync(`${dir}/cn.a.4.freed`, text);
      assertEquals([recall(hintsOf(dir), "cn.b.4"), hintsOf(dir).freed("cn.a.4")], [undefined, []], text);
    }
    assertEquals(hints.failures, []);
  }));

Deno.test("making hints touches no disk: what needs none does not fail of them", () =>
  withDir((dir) => {
    hintsOf(`${dir}/hints`);
    assertEquals([...Deno.readDirSync(dir)], []);
  }));

Deno.test("a hint that cannot be kept is reported and done without", async (t) => {
  const cases: [string, (dir: string) => { dir: string; pool: string }, string][] = [
    ["no directory can be made", (dir) => {
      Deno.writeTextFileSync(`${dir}/file`, "");
      return { dir: `${dir}/file/hints`, pool: "p" };
    }, "Not a directory"],
    ["no file can be opened", (dir) => {
      Deno.mkdirSync(`${dir}/p`);
      return { dir, pool: "p" };
    }, "Is a directory"],
    ["a name of another directory", (dir) => ({ dir, pool: "../x" }), "not the name of a pool"],
    ["a name that is too long", (dir) => ({ dir, pool: "x".repeat(256) }), "name too long"],
  ];
  for (const [name, arrange, message] of cases) {
    await t.step(name, () =>
      withDir((parent) => {
        const { dir, pool } = arrange(parent);
        const hints = hintsOf(dir);
        assertEquals(hints.take(pool, () => 1n), undefined);
        hints.remember(pool, 1n);
        assertEquals(hints.failures.length, 2);
        for (const failure of hints.failures) assertStringIncludes(failure, message);
      }));
  }
});

Deno.test("a process that is stopped while it has a hint locked stops nobody else", () =>
  withDir((dir) => {
    const hints = hintsOf(dir);
    hints.remember("p", 1n);
    using file = Deno.openSync(`${dir}/p`, { read: true });
    file.lockSync(true);
    const began = performance.now();
    assertEquals(recall(hints, "p"), "not asked");
    assertEquals(hints.take("p", () => 2n), undefined);
    hints.remember("p", 3n);
    assert(performance.now() - began < 1000, "it waits for the other");
    assertEquals(hints.failures, Array.from({ length: 3 }, () => `${dir}/p is locked by another process`));
    file.unlockSync();
    assertEquals(recall(hints, "p"), 1n);
  }));

Deno.test("processes that ask at once are each told another address, and seldom none", () =>
  withDir(async (dir) => {
    const module = JSON.stringify(new URL("./hint_files.ts", import.meta.url).href);
    const script = `import { createHintFiles } from ${module};
      const hints = createHintFiles(${JSON.stringify(dir)}, { onFailure: () => {} });
      const got = [];
      for (let i = 0; i < 200; i++) got.push(hints.take("p", (last) => (last ?? 0n) + 1n) ?? "none");
      console.log(got.join(" "));`;
    const outputs = await Promise.all([1, 2, 3].map(async () => {
      const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["eval", "--no-lock", script] }).output();
      return new TextDecoder().decode(stdout).trim().split(" ");
    }));
    assertEquals(outputs.flat().length, 600);
    const told = outputs.flat().filter((value) => value !== "none").map(Number).sort((a, b) => a - b);
    assertEquals(told, Array.from({ length: told.length }, (_, index) => index + 1));
    assert(told.length > 300, `${told.length} of 600 that ask all the time`);
  }));
