import { assertEquals, assertThrows } from "@std/assert";
import { createHintFiles } from "./hint_files.ts";

async function withDir(test: (dir: string) => Promise<void> | void): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "danm-hints-" });
  try {
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("a hint is remembered by pool, over processes", () =>
  withDir((dir) => {
    const big = (1n << 128n) - 1n;
    const read = (pool: string): unknown => {
      let last: unknown = "not called";
      createHintFiles(dir).take(pool, (lastTaken) => {
        last = lastTaken;
        return undefined;
      });
      return last;
    };
    const hints = createHintFiles(dir);
    assertEquals(read("cn.a.4"), undefined);
    assertEquals(hints.take("cn.a.4", () => big), big);
    hints.remember("cn.b.4", 7n);
    assertEquals([read("cn.a.4"), read("cn.b.4"), read("__proto__")], [big, 7n, undefined]);
    hints.remember("cn.a.4", 5n);
    assertEquals(read("cn.a.4"), 5n);
    for (const text of ["x", "-5", "1e9", "\0\0\0", "5 6"]) {
      Deno.writeTextFileSync(`${dir}/cn.b.4`, text);
      assertEquals(read("cn.b.4"), undefined, text);
    }
  }));

Deno.test("a pool whose name is no name of a file is refused", () =>
  withDir((dir) => {
    for (const pool of ["../x", "a/b", "x".repeat(256)]) {
      assertThrows(() => createHintFiles(dir).remember(pool, 1n), TypeError);
    }
  }));

Deno.test("processes that ask at once are each told another address", () =>
  withDir(async (dir) => {
    const module = JSON.stringify(new URL("./hint_files.ts", import.meta.url).href);
    const script = `import { createHintFiles } from ${module};
      const hints = createHintFiles(${JSON.stringify(dir)});
      const got = [];
      for (let i = 0; i < 200; i++) got.push(hints.take("p", (last) => (last ?? 0n) + 1n));
      console.log(got.join(" "));`;
    const outputs = await Promise.all([1, 2, 3].map(async () => {
      const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["eval", "--no-lock", script] }).output();
      return new TextDecoder().decode(stdout).trim().split(" ").map(Number);
    }));
    const all = outputs.flat().sort((a, b) => a - b);
    assertEquals(all, Array.from({ length: 600 }, (_, index) => index + 1));
  }));
